"""A replica in a bucket: the same files under the same names, the same promises; and what it brings back."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.ports import Budget
from pipeline.errors import PipelineError, Unavailable
from pipeline.vault import audit_root, open_vault
from pipeline.vault.replica.checking import check_replica
from pipeline.vault.replica.folder import Folder
from pipeline.vault.replica.in_bucket import InBucket
from pipeline.vault.replica.lag import lag_of
from pipeline.vault.replica.repair import mend_frame, mend_objects
from pipeline.vault.replica.replicate import Replicated, replicate
from pipeline.vault.replica.restore import restore
from pipeline.vault.replica.split import Split
from pipeline.vault.s3.bucket import Bucket
from pipeline.vault.s3.place import Place
from tests.plugins.s3 import Fault, Store
from tests.vault.replicas import Pair, files, fill
from tests.vault.spoiling import original, spoil

pytestmark = pytest.mark.slow


@pytest.fixture
def pair(tmp_path: Path, file: Callable[..., Path]) -> Pair:
    made = Pair(vault=tmp_path / "vault", keys=tmp_path / "keys", replica=tmp_path / "copied")
    fill(made, file, 2)
    return made


@pytest.fixture
def side(place: Place, tmp_path: Path) -> InBucket:
    return InBucket(Bucket(replace(place, prefix="kept/here")), scratch=tmp_path / "scratch")


def go(pair: Pair, side: InBucket, **given: Any) -> Replicated:
    parts = open_vault(pair.vault, pair.keys, signing=False)
    return replicate(
        Folder(pair.vault), side, vault_id=parts.vault_id, trusted=parts.log.trusted(), budget=Budget(**given)
    )  # fmt: skip


def copied(side: InBucket, pair: Pair) -> Pair:
    """Bring every key to disk, as a stranger would."""
    shutil.rmtree(pair.replica, ignore_errors=True)
    for key in side._bucket.keys():  # noqa: SIM118 - a bucket is no dictionary
        path = pair.replica / key.name
        path.parent.mkdir(parents=True, exist_ok=True)
        side._bucket.fetch(key.name, path)
    return pair


def test_what_lies_there_is_a_vault(pair: Pair, side: InBucket, file: Callable[..., Path]) -> None:
    done = go(pair, side)
    assert (done.findings, done.lag) == ((), 0)
    assert copied(side, pair).same()
    assert pair.faults() == []
    again = go(pair, side)
    assert (again.versions, again.bytes, again.log_bytes) == (0, 0, 0)
    fill(pair, file, 1, word="two")
    assert lag_of(Folder(pair.vault), side)["lag"]["checkpoints"] == 1
    assert go(pair, side).versions == 4
    assert copied(side, pair).same()
    assert pair.faults() == []


def test_nothing_is_asked_of_the_store_about_what_is_old(
    pair: Pair, side: InBucket, s3: Store, file: Callable[..., Path]
) -> None:
    go(pair, side)
    old = [one.name for one in (pair.vault / "objects").glob("???/???/???/*")]
    fill(pair, file, 1, word="two")
    watch = Fault(how="500", method=".*", key="/objects/", after=10**9)
    s3.faults.append(watch)
    go(pair, side)
    assert watch.seen
    assert [one for one in watch.seen for name in old if name.rpartition("3a")[2] in one] == []


@pytest.mark.parametrize("fault", [("500", 15), ("cut", 7), ("lost", 0)], ids=str)
def test_a_store_that_fails_is_no_success(
    pair: Pair, place: Place, tmp_path: Path, s3: Store, fault: tuple[str, int]
) -> None:
    once = InBucket(Bucket(replace(place, tries=1)), scratch=tmp_path / "scratch")
    s3.faults.append(Fault(how=fault[0], after=fault[1], times=3))
    with pytest.raises(Unavailable):
        go(pair, once)
    assert once.read("vault.json") is None
    s3.faults.clear()
    assert go(pair, once).findings == ()
    assert copied(once, pair).same()
    assert pair.faults() == []


def test_damage_there_is_found_and_mended(pair: Pair, side: InBucket, tmp_path: Path) -> None:
    go(pair, side)
    name = next(one for one in sorted(files(pair.vault)) if one.endswith("original"))
    data = side.read(name)
    assert data is not None
    side._bucket.put(name, data[:5] + b"x" + data[6:])
    parts = open_vault(pair.vault, pair.keys, signing=False)
    trusted = parts.log.trusted()
    assert trusted is not None
    given: dict[str, Any] = {"vault_id": parts.vault_id, "trusted": trusted, "scratch": tmp_path / "scratch"}
    done = check_replica(Folder(pair.vault), pair.vault, side, **given)
    assert (done.mended, [one.path for one in done.findings]) == (1, [name])
    assert side.read(name) == data
    assert check_replica(Folder(pair.vault), pair.vault, side, **given).findings == ()
    (aside,) = [key.name for key in side._bucket.keys("damaged/")]
    assert aside.endswith(name)


def test_it_repairs_a_vault_and_brings_a_lost_one_back(pair: Pair, side: InBucket, tmp_path: Path) -> None:
    go(pair, side)
    before = files(pair.vault)
    asset = next(str(one) for one in open_vault(pair.vault, pair.keys, signing=False).vault.assets())
    spoil(original(pair.vault, asset))
    (pair.vault / "log/checkpoints/00000001.leaves").unlink()
    shutil.rmtree(next((pair.vault / "registers").glob("???/???/???/*")))
    assert mend_frame(pair.vault, side, keys=pair.keys, scratch=tmp_path / "scratch").findings == ()
    findings = audit_root(pair.vault, None, pair.keys).findings
    assert mend_objects(pair.vault, Folder(pair.vault), side, findings).findings == ()
    assert files(pair.vault) == before
    assert audit_root(pair.vault, None, pair.keys).findings == ()
    shutil.rmtree(pair.vault)
    done = restore(side, pair.vault, keys=pair.keys, scratch=tmp_path / "scratch")
    assert (done.complete, done.findings) == (True, ())
    assert files(pair.vault) == before
    assert audit_root(pair.vault, None, pair.keys).findings == ()
    assert list((tmp_path / "scratch" / "staging").glob("*")) == []


def test_what_was_disposed_of_is_erased_there_too(pair: Pair, side: InBucket) -> None:
    go(pair, side)
    parts = pair.open()
    asset = next(iter(parts.vault.assets()))
    parts.vault.dispose(asset, {"reason": "consent was withdrawn"})
    parts.log.checkpoint()
    assert go(pair, side).erased == 1
    assert [key.name for key in side._bucket.keys() if asset in key.name] == []  # noqa: SIM118 - as above
    copied(side, pair)
    assert pair.faults() == []


def test_a_vault_that_lies_in_a_bucket_is_no_replica(place: Place, pair: Pair, tmp_path: Path) -> None:
    open_vault(tmp_path / "other", tmp_path / "keys", bucket=place)
    with pytest.raises(PipelineError) as caught:
        go(pair, InBucket(Bucket(place), scratch=tmp_path / "scratch"))
    assert caught.value.code == "E-REPLICA-001"


def test_a_vault_in_a_bucket_has_its_replica_on_disk(place: Place, tmp_path: Path, file: Callable[..., Path]) -> None:
    root, keys, replica = tmp_path / "host", tmp_path / "keys", tmp_path / "replica"
    parts = open_vault(root, keys, bucket=place)
    asset = parts.vault.preserve(file(b"what was seen" * 100)).id
    parts.vault.write_back(asset, "run", [{"n": 1}], {})
    parts.registers.append("people", [{"n": 1}], key="a")
    parts.log.checkpoint()
    source = Split(Folder(root), InBucket(Bucket(place), scratch=tmp_path / "scratch"))
    done = replicate(source, Folder(replica), vault_id=parts.vault_id, trusted=parts.log.trusted())
    assert (done.findings, done.versions) == ((), 3)
    assert audit_root(replica, None, keys).findings == ()
    name = next(key.name for key in Bucket(place).keys("objects/") if key.name.endswith("original"))
    Bucket(place).put(name, b"other bytes")
    findings = parts.vault.audit().findings
    assert [one.path for one in findings] == [name]
    assert mend_objects(root, source, Folder(replica), findings).replaced == (name,)
    assert parts.vault.audit().findings == ()
