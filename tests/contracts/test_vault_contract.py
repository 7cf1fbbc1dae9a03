"""What every vault, register, custody log and store of derivatives promises (``pipeline.core.ports``)."""

import hashlib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.model import AssetId
from pipeline.core.ports import CustodyLog, Derivatives, Registers, Vault
from pipeline.errors import Corrupt, Misconfigured, PipelineError, Refused
from pipeline.vault import LocalDerivatives, open_vault
from pipeline.vault.s3.bucket import Bucket
from pipeline.vault.s3.derivatives import S3Derivatives
from pipeline.vault.series import VERSIONS_PER_OBJECT


@dataclass(frozen=True, kw_only=True)
class Ports:
    vault: Vault
    registers: Registers
    log: CustodyLog
    derivatives: Derivatives
    part: int
    """How many versions an object has before its history goes on in another."""
    flip: Callable[[str], None]
    """Changes a bit in the one file of an asset's object whose name ends so, behind the vault's back."""


def flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def local(place: Path, _: pytest.FixtureRequest) -> Ports:
    parts = open_vault(place / "vault", place / "keys")

    def flip(ending: str) -> None:
        (path,) = (one for one in (place / "vault" / "objects").rglob("*") if one.as_posix().endswith(ending))
        path.chmod(0o600)
        path.write_bytes(flipped(path.read_bytes()))

    return Ports(
        vault=parts.vault, registers=parts.registers, log=parts.log,
        derivatives=LocalDerivatives(keep_root=place / "kept", scratch_root=place / "scratch"), flip=flip,
        part=VERSIONS_PER_OBJECT,
    )  # fmt: skip


def s3(place: Path, request: pytest.FixtureRequest) -> Ports:
    where = request.getfixturevalue("place")
    for module in ("series", "registers"):  # a hundred would take a minute, and show the same
        request.getfixturevalue("monkeypatch").setattr(f"pipeline.vault.{module}.VERSIONS_PER_OBJECT", 10)
    parts = open_vault(place / "vault", place / "keys", bucket=where)
    here, bucket = LocalDerivatives(keep_root=place / "kept", scratch_root=place / "scratch"), Bucket(where)

    def flip(ending: str) -> None:
        (name,) = (one.name for one in bucket.keys("objects/") if one.name.endswith(ending))
        bucket.put(name, flipped(bucket.get(name) or b""))

    return Ports(
        vault=parts.vault, registers=parts.registers, log=parts.log, derivatives=S3Derivatives(here, bucket), flip=flip,
        part=10,
    )  # fmt: skip


@pytest.fixture(params=[local, pytest.param(s3, marks=pytest.mark.slow)], ids=lambda one: one.__name__)
def again(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Ports]:
    """Open the same place as another command would."""
    return lambda: request.param(tmp_path, request)


@pytest.fixture
def ports(again: Callable[[], Ports]) -> Ports:
    return again()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "IMG_0001.JPG"
    path.write_bytes(b"\xff\xd8\xff\xe0 what was seen")
    return path


class TestEveryVault:
    def test_bytes_come_back_under_their_digest(self, ports: Ports, source: Path) -> None:
        data = source.read_bytes()
        asset = ports.vault.preserve(source)
        assert asset.id == hashlib.sha256(data).hexdigest()
        assert asset.sha512 == hashlib.sha512(data).hexdigest()
        assert asset.bytes == len(data)
        with ports.vault.original(asset.id) as path:
            assert path.read_bytes() == data

    def test_the_same_bytes_are_one_asset(self, ports: Ports, source: Path, tmp_path: Path) -> None:
        twin = tmp_path / "another name"
        twin.write_bytes(source.read_bytes())
        assert ports.vault.preserve(source) == ports.vault.preserve(twin) == ports.vault.preserve(source)
        assert len(list(ports.vault.assets())) == 1

    def test_no_bytes_at_all_are_preserved_too(self, ports: Ports, tmp_path: Path) -> None:
        (tmp_path / "empty").touch()
        assert ports.vault.preserve(tmp_path / "empty").bytes == 0

    def test_the_source_is_left_untouched(self, ports: Ports, source: Path) -> None:
        source.chmod(0o640)
        before = source.stat()
        ports.vault.preserve(source)
        after = source.stat()
        assert (before.st_mode, before.st_mtime_ns, before.st_size, before.st_ino) == (
            after.st_mode, after.st_mtime_ns, after.st_size, after.st_ino,
        )  # fmt: skip

    def test_a_moved_source_is_gone(self, ports: Ports, source: Path) -> None:
        data = source.read_bytes()
        asset = ports.vault.preserve(source, move=True)
        assert not source.exists()
        with ports.vault.original(asset.id) as path:
            assert path.read_bytes() == data

    def test_a_moved_source_that_has_another_name_does_not_share_its_bytes(
        self, ports: Ports, source: Path, tmp_path: Path
    ) -> None:
        other = tmp_path / "second name"
        os.link(source, other)
        data = source.read_bytes()
        asset = ports.vault.preserve(source, move=True)
        other.write_bytes(b"overwritten")
        with ports.vault.original(asset.id) as path:
            assert path.read_bytes() == data

    def test_an_original_cannot_be_written_by_accident(self, ports: Ports, source: Path) -> None:
        asset = ports.vault.preserve(source)
        with ports.vault.original(asset.id) as path:
            assert path.stat().st_mode & 0o222 == 0
            assert path.stat().st_nlink == 1

    @pytest.mark.parametrize("name", ["0" * 64, "../../etc/passwd"])
    def test_what_is_not_here_is_the_custodians_and_never_the_materials_fault(
        self, ports: Ports, tmp_path: Path, name: str
    ) -> None:
        unknown = AssetId(name)
        (tmp_path / "thumb").write_bytes(b"small picture")
        assert not ports.vault.has(unknown)
        for ask in (
            lambda: ports.vault.asset(unknown),
            lambda: ports.vault.original(unknown).__enter__(),
            lambda: list(ports.vault.records(unknown)),
            lambda: ports.vault.kept(unknown, "0" * 64),
            lambda: ports.vault.write_back(unknown, "run", [{"n": 1}], {}),
            lambda: ports.vault.write_back(unknown, "run", [], {}),
        ):
            with pytest.raises(Corrupt) as caught:
                ask()
            assert caught.value.code == "E-VAULT-003"

    def test_what_was_disposed_of_is_gone_its_tombstone_stays_and_the_bytes_may_come_again(
        self, ports: Ports, source: Path
    ) -> None:
        asset = ports.vault.preserve(source).id
        ports.vault.write_back(asset, "run", [{"n": 1}], {})
        stone = ports.vault.dispose(asset, {"by": "p-1111", "reason": "ordered", "at": "now"})
        assert not ports.vault.has(asset)
        assert list(ports.vault.assets()) == []
        assert ports.vault.dispose(asset, {"by": "p-1111"}) == stone
        assert list(ports.registers.read("tombstones")) == [stone]
        assert (stone["asset"], stone["bytes"], stone["reason"]) == (asset, source.stat().st_size, "ordered")
        with pytest.raises(Corrupt):
            ports.vault.write_back(asset, "late", [{"n": 2}], {})
        assert ports.vault.audit().findings == ()
        assert ports.vault.preserve(source).id == asset
        assert list(ports.vault.records(asset)) == []
        assert ports.vault.audit().findings == ()

    def test_a_links_target_is_preserved_when_links_are_to_be_followed(
        self, ports: Ports, source: Path, tmp_path: Path
    ) -> None:
        data = source.read_bytes()
        (tmp_path / "link").symlink_to(source)
        asset = ports.vault.preserve(tmp_path / "link", follow=True)
        assert asset.id == hashlib.sha256(data).hexdigest()
        assert (tmp_path / "link").is_symlink()
        assert source.read_bytes() == data

    def test_what_a_followed_link_leads_to_must_be_a_regular_file(self, ports: Ports, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "fifo")
        targets = {"fifo": "E-SUBMIT-003", "missing": "E-SUBMIT-001", ".": "E-SUBMIT-004", "link": "E-SUBMIT-005"}
        for target, code in targets.items():
            (tmp_path / "link").unlink(missing_ok=True)
            (tmp_path / "link").symlink_to(tmp_path / target)
            with pytest.raises(Refused) as caught:
                ports.vault.preserve(tmp_path / "link", follow=True)
            assert caught.value.code == code

    def test_a_moved_link_gives_up_the_link_and_not_its_target(
        self, ports: Ports, source: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "link").symlink_to(source)
        ports.vault.preserve(tmp_path / "link", move=True, follow=True)
        assert not (tmp_path / "link").is_symlink()
        assert source.exists()

    def test_records_come_back_as_given_and_in_order(self, again: Callable[[], Ports], source: Path) -> None:
        ports = again()
        asset = ports.vault.preserve(source).id
        first: list[dict[str, Any]] = [{"z": 1.0, "a": "سڵاو", "n": None}, {"line": "one\ntwo\u2028three"}]
        second: list[dict[str, Any]] = [{"body": {"x": [0.1, -0.0, 1e300]}}]
        ports.vault.write_back(asset, "run-9", first, {})
        ports.vault.write_back(asset, "run-10", second, {})
        found = list(again().vault.records(asset))
        assert found == first + second
        assert [list(one) for one in found] == [["z", "a", "n"], ["line"], ["body"]]
        assert isinstance(found[0]["z"], float)

    def test_a_run_is_written_back_once(self, again: Callable[[], Ports], source: Path) -> None:
        asset = again().vault.preserve(source).id
        first = again().vault.write_back(asset, "run", [{"n": 1}], {})
        again().vault.write_back(asset, "later", [{"n": 2}], {})
        assert again().vault.write_back(asset, "run", [{"n": 1}], {}) == first
        assert [one["n"] for one in again().vault.records(asset)] == [1, 2]

    @pytest.mark.slow
    def test_eight_writers_of_one_asset_lose_nothing(self, ports: Ports, source: Path) -> None:
        asset = ports.vault.preserve(source).id

        def write(who: int) -> None:
            for n in range(2):
                ports.vault.write_back(asset, f"run-{who}-{n}", [{"who": who, "n": n}], {})

        threads = [threading.Thread(target=write, args=(who,)) for who in range(8)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        found = [(one["who"], one["n"]) for one in ports.vault.records(asset)]
        assert sorted(found) == [(who, n) for who in range(8) for n in range(2)]
        assert ports.vault.audit().findings == ()

    @pytest.mark.parametrize("ending", ["original", "run.jsonl", "v1/inventory.json", "v2/inventory.json.sha512"])
    def test_a_flipped_bit_is_found_and_named(self, ports: Ports, source: Path, ending: str) -> None:
        asset = ports.vault.preserve(source).id
        ports.vault.write_back(asset, "run", [{"n": 1}], {})
        assert ports.vault.audit().findings == ()
        ports.flip(ending)
        found = ports.vault.audit().findings
        assert any(one.path.endswith(ending) and one.asset == asset for one in found), found

    def test_damaged_records_are_never_given_out(self, ports: Ports, source: Path) -> None:
        asset = ports.vault.preserve(source).id
        ports.vault.write_back(asset, "run", [{"n": 1}], {})
        ports.flip("run.jsonl")
        with pytest.raises(Corrupt):
            list(ports.vault.records(asset))

    def test_what_is_no_file_is_refused_and_leaves_nothing(self, ports: Ports, source: Path, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(source)
        os.mkfifo(tmp_path / "fifo")
        odd = {"gone": "E-SUBMIT-001", "fifo": "E-SUBMIT-003", ".": "E-SUBMIT-004", "link": "E-SUBMIT-005"}
        for name, code in odd.items():
            with pytest.raises(Refused) as caught:
                ports.vault.preserve(tmp_path / name)
            assert caught.value.code == code
        assert list(ports.vault.assets()) == []
        assert ports.vault.audit().findings == ()

    @pytest.mark.slow
    def test_a_hundred_and_more_runs_keep_their_order(self, ports: Ports, source: Path) -> None:
        asset = ports.vault.preserve(source).id
        digests = [ports.vault.write_back(asset, f"run{n}", [{"n": n}], {}) for n in range(ports.part + 3)]
        assert [one["n"] for one in ports.vault.records(asset)] == list(range(ports.part + 3))
        assert ports.vault.write_back(asset, f"run{ports.part + 1}", [{"n": ports.part + 1}], {}) == digests[-2]
        assert len(set(digests)) == ports.part + 3
        assert list(ports.vault.assets()) == [asset]
        assert ports.vault.audit().findings == ()

    def test_kept_derivatives_come_back(self, ports: Ports, source: Path, tmp_path: Path) -> None:
        asset = ports.vault.preserve(source).id
        (tmp_path / "thumb").write_bytes(b"small picture")
        name = hashlib.sha256(b"small picture").hexdigest()
        ports.vault.write_back(asset, "run", [{"n": 1}], {name: tmp_path / "thumb"})
        ports.vault.write_back(asset, "run2", [{"n": 2}], {name: tmp_path / "thumb"})
        kept = ports.vault.kept(asset, name)
        assert kept is not None
        assert kept.read_bytes() == b"small picture"
        assert ports.vault.kept(asset, "0" * 64) is None

    def test_a_derivative_under_a_wrong_name_is_not_written(self, ports: Ports, source: Path, tmp_path: Path) -> None:
        asset = ports.vault.preserve(source).id
        (tmp_path / "thumb").write_bytes(b"something else")
        with pytest.raises(Corrupt):
            ports.vault.write_back(asset, "run", [{"n": 1}], {"0" * 64: tmp_path / "thumb"})
        assert list(ports.vault.records(asset)) == []

    def test_a_derivative_that_is_gone_is_our_fault(self, ports: Ports, source: Path, tmp_path: Path) -> None:
        asset = ports.vault.preserve(source).id
        with pytest.raises(PipelineError) as caught:
            ports.vault.write_back(asset, "run", [{"n": 1}], {"0" * 64: tmp_path / "gone"})
        assert not isinstance(caught.value, Refused)
        assert caught.value.code == "E-STAGE-001"
        assert list(ports.vault.records(asset)) == []

    def test_an_impossible_actor_changes_nothing(self, ports: Ports, source: Path) -> None:
        asset = ports.vault.preserve(source).id
        with pytest.raises(Misconfigured):
            ports.vault.write_back(asset, "run", [{"n": 1}], {}, actor="A Name")
        with pytest.raises(Misconfigured):
            ports.registers.append("people", [{"n": 1}], key="k", actor="A Name")
        assert list(ports.vault.records(asset)) == []
        assert not ports.registers.has("people")
        assert ports.vault.audit().findings == ()

    def test_nothing_new_makes_no_version(self, ports: Ports, source: Path) -> None:
        asset = ports.vault.preserve(source).id
        assert ports.vault.write_back(asset, "a", [], {}) == ports.vault.write_back(asset, "b", [], {})

    def test_an_untouched_vault_passes_its_audit(self, ports: Ports, source: Path) -> None:
        size = ports.vault.preserve(source).bytes
        report = ports.vault.audit()
        assert report.findings == ()
        assert report.checked == 1
        assert report.bytes == size

    def test_parts_of_an_audit_add_up(self, ports: Ports, source: Path) -> None:
        for n in range(12):
            source.write_bytes(b"picture %d" % n)
            ports.vault.preserve(source)
        whole = ports.vault.audit()
        thirds = [ports.vault.audit((n, 3)) for n in (1, 2, 3)]
        assert sum(one.checked for one in thirds) == whole.checked == 12
        assert sum(one.bytes for one in thirds) == whole.bytes
        assert not any(one.findings for one in thirds)


class TestEveryRegister:
    def test_records_come_back_in_order(self, again: Callable[[], Ports]) -> None:
        again().registers.append("batch/B.1", [{"n": 1}, {"n": 2}], key="a")
        again().registers.append("batch/B.1", [{"n": 3, "name": os.fsdecode(b"odd \xff.jpg")}], key="b")
        found = list(again().registers.read("batch/B.1"))
        assert [one["n"] for one in found] == [1, 2, 3]
        assert os.fsencode(found[2]["name"]) == b"odd \xff.jpg"

    def test_a_key_counts_once(self, again: Callable[[], Ports]) -> None:
        for key in ("a", "b", "a", "b"):
            again().registers.append("people", [{"key": key}], key=key)
        assert [one["key"] for one in again().registers.read("people")] == ["a", "b"]

    def test_a_mark_changes_with_every_append_and_only_then(self, again: Callable[[], Ports]) -> None:
        ports, marks = again(), []
        for key in ("a", "b", "b", "c"):
            marks.append(ports.registers.mark("people"))
            ports.registers.append("people", [{"key": key}], key=key)
        marks.append(again().registers.mark("people"))
        assert marks[2] == marks[3]
        assert len(set(marks)) == 4

    @pytest.mark.slow
    def test_a_long_register_goes_on(self, ports: Ports) -> None:
        for n in range(ports.part + 5):
            ports.registers.append("people", [{"n": n}], key=str(n))
        ports.registers.append("people", [{"n": 3}], key="3")
        assert [one["n"] for one in ports.registers.read("people")] == list(range(ports.part + 5))
        assert list(ports.registers.names()) == ["people"]

    def test_names_are_found_by_prefix(self, ports: Ports) -> None:
        for name in ("people", "batch/B", "batch/A", "batch/" + "L" * 64, "a" * 100 + "/" + "b" * 30):
            ports.registers.append(name, [{}], key="k")
        assert list(ports.registers.names("batch/")) == ["batch/A", "batch/B", "batch/" + "L" * 64]
        assert len(list(ports.registers.names())) == 5
        assert ports.registers.has("people")
        assert not ports.registers.has("batch/C")
        assert list(ports.registers.read("batch/C")) == []

    @pytest.mark.parametrize("name", ["", "/", "a//b", "../x", "a:2", "a b", "ü", "a/.hidden", "a" * 101])
    def test_an_impossible_name_is_refused(self, ports: Ports, name: str) -> None:
        with pytest.raises(Misconfigured):
            ports.registers.append(name, [{}], key="k")

    def test_threads_lose_nothing(self, ports: Ports) -> None:
        def append(who: int) -> None:
            for n in range(5):
                ports.registers.append("shared", [{"who": who, "n": n}], key=f"{who}-{n}")

        threads = [threading.Thread(target=append, args=(who,)) for who in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        found = [(one["who"], one["n"]) for one in ports.registers.read("shared")]
        assert sorted(found) == [(who, n) for who in range(4) for n in range(5)]
        for who in range(4):
            assert [n for one, n in found if one == who] == list(range(5))


class TestEveryLog:
    def test_entries_verify(self, again: Callable[[], Ports]) -> None:
        first, second = again(), again()
        digests = {first.log.append("submit", actor="person-1", subject="batch:B1", count=3, ok=True, codes=["A", "B"])}
        digests.add(second.log.append("submit", actor="person-2"))
        first.log.checkpoint()
        report = second.log.verify()
        assert len(digests) == 2
        assert report.findings == ()
        assert report.checkpoints == 1
        assert report.entries >= 4

    def test_nothing_new_makes_no_checkpoint(self, ports: Ports) -> None:
        ports.log.append("submit", actor="person-1")
        ports.log.checkpoint()
        ports.log.checkpoint()
        assert ports.log.verify().checkpoints == 1

    @pytest.mark.parametrize(
        "value",
        [
            "a name",
            "file.jpg/../x",
            "https://example.org/x",
            "",
            "é",
            1.5,
            {"a": 1},
            b"x",
            ["ok", "not ok"],
            2**60,
            "x" * 201,
        ],
    )
    def test_it_takes_no_names(self, ports: Ports, value: object) -> None:
        before = ports.log.verify().entries
        with pytest.raises(Misconfigured) as caught:
            ports.log.append("submit", actor="person-1", fact=value)
        assert not isinstance(value, str) or not value or value not in str(caught.value)
        assert ports.log.verify().entries == before

    def test_every_version_leaves_an_entry(self, ports: Ports, source: Path) -> None:
        before = ports.log.verify().entries
        asset = ports.vault.preserve(source).id
        ports.vault.write_back(asset, "run", [{"n": 1}], {})
        ports.vault.write_back(asset, "run", [{"n": 1}], {})
        ports.registers.append("people", [{"n": 1}], key="k")
        assert ports.log.verify().entries == before + 3


class TestEveryDerivatives:
    def test_a_file_is_taken_over(self, ports: Ports, tmp_path: Path) -> None:
        (tmp_path / "x").write_bytes(b"pcm")
        made = ports.derivatives.put(tmp_path / "x", role="pcm", media_type="audio/L16", keep=False)
        assert made.sha256 == hashlib.sha256(b"pcm").hexdigest()
        assert (made.role, made.bytes, made.media_type, made.keep) == ("pcm", 3, "audio/L16", False)
        assert not (tmp_path / "x").exists()
        path = ports.derivatives.get(made.sha256)
        assert path is not None
        assert path.read_bytes() == b"pcm"
        assert path.stat().st_mode & 0o222 == 0

    def test_the_same_content_twice_is_one_file(self, ports: Ports, tmp_path: Path) -> None:
        for name in ("x", "y"):
            (tmp_path / name).write_bytes(b"same")
        first = ports.derivatives.put(tmp_path / "x", role="a", media_type="b/c", keep=True)
        second = ports.derivatives.put(tmp_path / "y", role="a", media_type="b/c", keep=True)
        assert first == second
        assert not (tmp_path / "y").exists()

    def test_scratch_may_be_dropped_and_kept_stays(self, ports: Ports, tmp_path: Path) -> None:
        made = []
        for keep in (False, True):
            (tmp_path / "x").write_bytes(b"%d" % keep)
            made.append(ports.derivatives.put(tmp_path / "x", role="a", media_type="b/c", keep=keep).sha256)
        for sha256 in (*made, *made, "0" * 64, "../../x"):
            ports.derivatives.drop(sha256)
        assert ports.derivatives.get(made[0]) is None
        assert ports.derivatives.get(made[1]) is not None

    def test_a_workspace_is_empty_and_gone_afterwards(self, ports: Ports) -> None:
        with ports.derivatives.workspace() as one, ports.derivatives.workspace() as two:
            assert one != two
            assert list(one.iterdir()) == []
            (one / "left").write_bytes(b"x")
        assert not one.exists()
        assert not two.exists()

    def test_a_link_is_not_taken(self, ports: Ports, source: Path, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(source)
        with pytest.raises(PipelineError) as caught:
            ports.derivatives.put(tmp_path / "link", role="a", media_type="b/c", keep=True)
        assert not isinstance(caught.value, Refused)
        assert source.exists()

    def test_a_file_that_a_stage_did_not_write_is_our_fault(self, ports: Ports, tmp_path: Path) -> None:
        for name in ("gone", "."):
            with pytest.raises(PipelineError) as caught:
                ports.derivatives.put(tmp_path / name, role="a", media_type="b/c", keep=False)
            assert not isinstance(caught.value, Refused)
            assert caught.value.code == "E-STAGE-001"

    @pytest.mark.parametrize("keep", [False, True])
    def test_a_lent_file_outlives_its_being_dropped(self, ports: Ports, tmp_path: Path, keep: bool) -> None:
        (tmp_path / "x").write_bytes(b"pcm")
        made = ports.derivatives.put(tmp_path / "x", role="pcm", media_type="audio/L16", keep=keep)
        with ports.derivatives.workspace() as place:
            lent = ports.derivatives.lend(made.sha256, place)
            assert lent is not None
            assert lent.parent == place
            assert ports.derivatives.lend(made.sha256, place) == lent
            ports.derivatives.drop(made.sha256)
            ports.derivatives.sweep(-1)
            assert lent.read_bytes() == b"pcm"
            assert lent.stat().st_mode & 0o222 == 0
        assert (ports.derivatives.get(made.sha256) is not None) is keep

    def test_what_is_not_here_is_not_lent(self, ports: Ports) -> None:
        with ports.derivatives.workspace() as place:
            for name in ("0" * 64, "../../etc/passwd"):
                assert ports.derivatives.lend(name, place) is None
            assert list(place.iterdir()) == []

    def test_a_lent_file_may_be_handed_in_again(self, ports: Ports, tmp_path: Path) -> None:
        (tmp_path / "x").write_bytes(b"pcm")
        made = ports.derivatives.put(tmp_path / "x", role="pcm", media_type="audio/L16", keep=False)
        with ports.derivatives.workspace() as place:
            lent = ports.derivatives.lend(made.sha256, place)
            assert lent is not None
            assert ports.derivatives.put(lent, role="pcm", media_type="audio/L16", keep=False) == made
        assert ports.derivatives.get(made.sha256) is not None

    def test_sweeping_takes_scratch_that_is_old_and_nothing_else(self, ports: Ports, tmp_path: Path) -> None:
        made = {}
        for name, keep in (("old", False), ("used", False), ("new", False), ("lasting", True)):
            (tmp_path / name).write_bytes(name.encode())
            made[name] = ports.derivatives.put(tmp_path / name, role="a", media_type="b/c", keep=keep).sha256
        for name in ("old", "used", "lasting"):
            path = ports.derivatives.get(made[name])
            assert path is not None
            os.utime(path, (1e9, 1e9))
        with ports.derivatives.workspace() as place:
            assert ports.derivatives.lend(made["used"], place)
            (place / "mine").write_bytes(b"x")
            os.utime(place / "mine", (1e9, 1e9))
            assert ports.derivatives.sweep(3600) == 1
            assert ports.derivatives.sweep(3600) == 0
            assert (place / "mine").exists()
        assert {name for name, sha256 in made.items() if ports.derivatives.get(sha256)} == {"used", "new", "lasting"}
