"""Parts of files: what RFC 9110 says, whatever is asked for; and no more bytes in memory than a block."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.model import AssetId
from pipeline.service.viewing import Lent
from pipeline.web.stretch import BLOCK, Part, _read, part_of, same_tag
from tests.web.conftest import Visitor
from tests.web.planted import Planted


@pytest.mark.parametrize(
    ("header", "size", "expected"),
    [
        (None, 100, None),
        ("bytes=0-", 100, Part(0, 100)),
        ("bytes=0-0", 100, Part(0, 1)),
        ("bytes=99-99", 100, Part(99, 100)),
        ("bytes=50-999999999999999999", 100, Part(50, 100)),
        ("bytes=-1", 100, Part(99, 100)),
        ("bytes=-999", 100, Part(0, 100)),
        ("bytes=10-5", 100, None),
        ("bytes=-", 100, None),
        ("bytes=--5", 100, None),
        ("bytes=+1-5", 100, None),
        ("bytes=1-2,3-4", 100, None),
        ("bytes=" + ",".join(["0-"] * 1000), 100, None),
        ("bytes=" + "9" * 5000 + "-", 100, None),
        ("seconds=0-1", 100, None),
        ("bytes=0x1-5", 100, None),
        ("bytes=١-٢", 100, None),
        ("", 100, None),
    ],
)
def test_what_is_asked_for(header: str | None, size: int, expected: Part | None) -> None:
    assert part_of(header, size) == expected


@pytest.mark.parametrize(("header", "size"), [("bytes=100-", 100), ("bytes=-0", 100), ("bytes=0-", 0), ("bytes=-1", 0)])
def test_what_is_not_there(header: str, size: int) -> None:
    with pytest.raises(LookupError):
        part_of(header, size)


@given(st.text(max_size=60) | st.from_regex(r"bytes=[0-9]{0,20}-[0-9]{0,20}(,[0-9]*-[0-9]*)?", fullmatch=True),
       st.integers(0, 10**13))  # fmt: skip
def test_whatever_is_asked_for_is_within_the_file(header: str, size: int) -> None:
    try:
        found = part_of(header, size)
    except LookupError:
        return
    assert found is None or 0 <= found.first < found.end <= size


@given(st.binary(max_size=60), st.integers(0, 44), st.data())
def test_a_head_and_a_file_read_as_one(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, head: int, draw: st.DataObject
) -> None:
    file = tmp_path_factory.mktemp("r") / "f"
    file.write_bytes(data)
    whole = b"h" * head + data
    first = draw.draw(st.integers(0, len(whole)))
    end = draw.draw(st.integers(first, len(whole)))
    with file.open("rb") as opened:
        assert b"".join(_read(b"h" * head, opened, Part(first, end))) == whole[first:end]


def test_no_block_is_larger_than_it_may_be(tmp_path: Path) -> None:
    file = tmp_path / "large"
    file.write_bytes(bytes(3 * BLOCK + 17))
    with file.open("rb") as opened:
        assert [len(one) for one in _read(b"", opened, Part(5, 3 * BLOCK + 17))] == [BLOCK, BLOCK, BLOCK, 12]


def test_a_file_that_shrank_is_no_whole_answer(tmp_path: Path) -> None:
    file = tmp_path / "short"
    file.write_bytes(b"12")
    with file.open("rb") as opened, pytest.raises(OSError, match="shorter"):
        list(_read(b"", opened, Part(0, 10)))


@pytest.mark.parametrize(
    ("header", "same"),
    [
        ('"abc"', True),
        ('W/"abc"', True),
        ('"x", "abc"', True),
        ("*", True),
        ("abc", False),
        ('"ab"', False),
        (None, False),
    ],
)
def test_tags(header: str | None, same: bool) -> None:
    assert same_tag(header, "abc") is same


class TestOverHttp:
    @pytest.fixture
    def path(self, vault: Planted) -> str:
        return f"/api/v1/assets/{vault.assets['talk.wav']}/media/original"

    @pytest.fixture
    def whole(self, vault: Planted) -> bytes:
        with vault.app.home.vault.original(AssetId(vault.assets["talk.wav"])) as file:
            return file.read_bytes()

    @pytest.mark.parametrize(("first", "last"), [(0, 0), (0, 99), (1000, 70_000), (128_043, 128_043), (44, None)])
    def test_a_part(self, signed_in: dict[str, Visitor], path: str, whole: bytes, first: int, last: int | None) -> None:
        answer = signed_in["custodian"].get(path, range=f"bytes={first}-{'' if last is None else last}")
        end = len(whole) if last is None else last + 1
        assert answer.status_code == 206
        assert answer.content == whole[first:end]
        assert answer.headers["content-range"] == f"bytes {first}-{end - 1}/{len(whole)}"
        assert answer.headers["content-length"] == str(end - first)

    @pytest.mark.parametrize("header", ["bytes=0-1,2-3", "bytes=5-1", "bytes=x", "items=0-1", "bytes=" + "0-," * 9000])
    def test_what_is_no_one_range_is_answered_whole(
        self, signed_in: dict[str, Visitor], path: str, whole: bytes, header: str
    ) -> None:
        answer = signed_in["custodian"].get(path, range=header)
        assert (answer.status_code, answer.content) == (200, whole)

    def test_what_is_beyond_the_end(self, signed_in: dict[str, Visitor], path: str, whole: bytes) -> None:
        answer = signed_in["custodian"].get(path, range=f"bytes={len(whole)}-")
        assert (answer.status_code, answer.content) == (416, b"")
        assert answer.headers["content-range"] == f"bytes */{len(whole)}"

    def test_the_head_alone(self, signed_in: dict[str, Visitor], path: str, whole: bytes) -> None:
        answer = signed_in["custodian"].client.head(path)
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["content-length"] == str(len(whole))

    def test_what_is_the_same_is_not_sent_again_and_what_is_another_is_sent_whole(
        self, signed_in: dict[str, Visitor], path: str, whole: bytes, vault: Planted
    ) -> None:
        mine = f'"{vault.assets["talk.wav"]}"'
        assert signed_in["custodian"].get(path, **{"if-none-match": mine}).status_code == 304
        assert signed_in["custodian"].get(path, range="bytes=0-9", **{"if-range": mine}).status_code == 206
        other = signed_in["custodian"].get(path, range="bytes=0-9", **{"if-range": '"other"'})
        assert (other.status_code, other.content) == (200, whole)

    def test_who_may_not_see_it_gets_no_304_either(self, signed_in: dict[str, Visitor], vault: Planted) -> None:
        hidden = vault.assets["secret.jpg"]
        answer = signed_in["reader"].asset(hidden, "/media/original", **{"if-none-match": f'"{hidden}"'})
        assert answer.status_code == 404


def test_what_is_lent_is_given_back(tmp_path: Path) -> None:
    from starlette.datastructures import Headers
    from starlette.testclient import TestClient

    from pipeline.web.stretch import Stretch

    file = tmp_path / "f"
    lent: list[int] = []
    file.write_bytes(b"x" * (2 * BLOCK))

    @contextmanager
    def lend() -> Iterator[Path]:
        lent.append(1)
        yield file
        lent.pop()

    one = Lent(
        asset=AssetId("a" * 64), role="original", sha256="a" * 64, size=2 * BLOCK, media_type="video/mp4",
        lasting=False, open=lend, head=b"",
    )  # fmt: skip
    answer = TestClient(Stretch(one, Headers())).get("/")
    assert len(answer.content) == 2 * BLOCK
    assert lent == []
