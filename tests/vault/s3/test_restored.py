"""A vault brought back from its replica into a bucket: whole, or on its way and taken for nothing else."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import Misconfigured, PipelineError
from pipeline.vault.replica.folder import Folder
from pipeline.vault.replica.restore import Restored, restore
from pipeline.vault.s3.bucket import Bucket
from pipeline.vault.s3.place import Place
from tests.plugins.s3 import Fault, Store
from tests.service.conftest import Evidence, evidence
from tests.vault.replicas import Pair, fill
from tests.vault.s3.conftest import Open
from tests.vault.s3.test_whole import settings

__all__ = ["evidence", "settings"]

File = Callable[..., Path]


@pytest.fixture
def pair(tmp_path: Path, file: File) -> Pair:
    """A vault on a disk that is lost, and the replica of it that is left."""
    made = Pair(vault=tmp_path / "vault", keys=tmp_path / "keys", replica=tmp_path / "copied")
    fill(made, file, 2)
    parts = made.open()
    parts.registers.append("batch/b1", [{"n": 1, "name": "Gulan"}], key="1")
    parts.vault.rewrite("batch/b1", lambda one, stone: {**one, "name": None, "erased": stone}, {"reason": "ordered"})
    parts.log.checkpoint()
    made.go()
    shutil.rmtree(made.vault)
    return made


def again(pair: Pair, place: Place, tmp_path: Path, host: str = "host") -> Restored:
    return restore(
        Folder(pair.replica), tmp_path / host, keys=pair.keys, scratch=tmp_path / f"scratch {host}", bucket=place
    )  # fmt: skip


def sound(place: Place, at: Open, host: str) -> None:
    parts = at(place, host)
    assert parts.vault.audit().findings == ()
    assert parts.log.verify().findings == ()
    parts.log.checkpoint()


def test_it_is_whole_and_work_goes_on(
    pair: Pair, place: Place, bucket: Bucket, at: Open, *, file: File, tmp_path: Path
) -> None:
    done = again(pair, place, tmp_path)
    assert (done.complete, done.findings) == (True, ())
    assert bucket.get("replica.json") is None
    sound(place, at, "host")
    parts = at(place)
    assert len(list(parts.vault.assets())) == 2
    for asset in parts.vault.assets():
        with parts.vault.original(asset) as path:
            assert path.read_bytes()[:3] == b"one"
        assert len(list(parts.vault.records(asset))) == 1
    assert [one["name"] for one in parts.registers.read("batch/b1")] == [None]
    more = parts.vault.preserve(file(b"more")).id
    parts.log.checkpoint()
    assert at(place, "another host").vault.has(more)
    sound(place, at, "another host")


def test_not_over_anything_else(pair: Pair, place: Place, at: Open, file: File, tmp_path: Path) -> None:
    at(place, "theirs").vault.preserve(file())
    before = sorted(one.name for one in Bucket(place).keys())  # noqa: SIM118 - a bucket is no dictionary
    for host in ("theirs", "empty"):
        with pytest.raises(Misconfigured) as caught:
            again(pair, place, tmp_path, host)
        assert caught.value.code == "E-REPLICA-006"
    assert sorted(one.name for one in Bucket(place).keys()) == before  # noqa: SIM118


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault",
    [
        *(("PUT", "", n) for n in (0, 1, 30)),
        ("PUT", "parts", 0),
        ("PUT", "/vault.json", 0),
        ("DELETE", "/replica.json", 0),
    ],
    ids=str,
)
def test_interrupted_it_is_no_vault_and_another_host_goes_on(
    s3: Store, pair: Pair, once: Place, bucket: Bucket, at: Open, *, tmp_path: Path, fault: tuple[str, str, int]
) -> None:
    method, key, after = fault
    s3.faults = [Fault(how="500", method=method, key=key, after=after, times=1000)]
    with pytest.raises(PipelineError):
        again(pair, once, tmp_path)
    s3.faults = []
    if bucket.get("vault.json") is None and bucket.any("") is not None:
        with pytest.raises(Misconfigured) as caught:
            at(once, "somebody")
        assert caught.value.code == "E-REPLICA-004"
    for host in ("host", "another host"):
        if bucket.get("replica.json") is not None or bucket.any("") is None:
            shutil.rmtree(tmp_path / "host", ignore_errors=True)
            assert again(pair, once, tmp_path, host).complete
        sound(once, at, host)


@pytest.mark.slow
@pytest.mark.usefixtures("settings")
def test_the_command_brings_back_a_vault_that_was_lost_from_its_bucket(
    evidence: Evidence, place: Place, tmp_path: Path
) -> None:
    (tmp_path / "note.txt").write_text("what was written")
    (item,) = evidence("submit", tmp_path / "note.txt", "--batch", "b").json["items"]
    evidence("process", "b", "--stages", "identify")
    shown = evidence("show", item["asset"]).json
    assert evidence("replicate", "--to", tmp_path / "copy").code == 0
    shutil.rmtree(tmp_path / "home")
    Bucket(place).clear("")
    done = evidence("recover", "--from", tmp_path / "copy")
    assert (done.code, done.json["restored"]["complete"], done.json["findings"]) == (0, True, []), done.complaint
    assert evidence("rebuild", "catalogue").code == 0
    assert evidence("show", item["asset"]).json == shown
    assert evidence("audit").json["findings"] == []
    assert evidence("verify-log").json["findings"] == []
    assert evidence("replicate", "--to", tmp_path / "copy").code == 0
    assert not list((tmp_path / "home" / "vault").rglob("original"))
