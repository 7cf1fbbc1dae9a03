"""The custody log of a vault in a bucket: one order of parts and checkpoints for all hosts."""

import json
import shutil
import threading
from pathlib import Path

import pytest

from pipeline.errors import Corrupt, Unavailable
from pipeline.vault import verify_root
from pipeline.vault.s3.bucket import Bucket
from pipeline.vault.s3.feed import PARTS, opened
from pipeline.vault.s3.place import Place
from tests.plugins.s3 import Fault, Store
from tests.vault.s3.conftest import Open

pytestmark = pytest.mark.slow


def log_of(root: Path) -> dict[str, bytes]:
    return {one.relative_to(root).as_posix(): one.read_bytes() for one in (root / "log").rglob("*") if one.is_file()}


def replayed(bucket: Bucket) -> dict[str, bytes]:
    """Put the parts together as a stranger would."""
    found: dict[str, bytes] = {}
    for key in bucket.keys(PARTS):
        head, _, rest = (bucket.get(key.name) or b"").partition(b"\n")
        for one in json.loads(head)["files"]:
            data, rest = rest[: one["bytes"]], rest[one["bytes"] :]
            assert len(found.get(one["path"], b"")) == one["at"]
            found[one["path"]] = found.get(one["path"], b"") + data
    return found


def test_the_parts_are_the_log(place: Place, doomed: Bucket, at: Open, tmp_path: Path) -> None:
    parts = at(place)
    for n in range(3):
        parts.log.append("submit", actor="person-1", count=n)
        parts.log.checkpoint()
    here, there = log_of(tmp_path / "host"), replayed(doomed)
    assert here.keys() == there.keys()
    assert all(data.startswith(there[path]) for path, data in here.items())
    left = b"".join(data[len(there[path]) :] for path, data in here.items())
    assert left.count(b"\n") == 1  # the log's own note of the newest checkpoint goes with the next


def test_hosts_take_turns_at_checkpoints(place: Place, at: Open, tmp_path: Path) -> None:
    one, other = at(place, "one"), at(place, "other")
    for n in range(3):
        for parts in (one, other):
            parts.log.append("submit", actor="person-1", count=n)
            parts.log.checkpoint()
    one.log.append("submit", actor="person-1")
    one.log.checkpoint()
    report = one.log.verify()
    assert report.findings == ()
    assert report.checkpoints == 7
    assert at(place, "third").log.verify().entries >= report.entries - 1
    assert verify_root(tmp_path / "third").findings == ()


def test_hosts_that_come_at_once_lose_nothing(place: Place, at: Open) -> None:
    hosts = [at(place, "first"), *(at(place, f"host{n}") for n in range(3))]

    def act(who: int) -> None:
        for n in range(3):
            hosts[who].log.append("submit", actor="person-1", who=who, n=n)
            hosts[who].log.checkpoint()

    threads = [threading.Thread(target=act, args=(who,)) for who in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    hosts[0].log.append("submit", actor="person-1")
    hosts[0].log.checkpoint()
    report = hosts[0].log.verify()
    assert report.findings == ()
    assert report.segments == 4


def test_a_checkpoint_that_nobody_saw_is_made_anew(s3: Store, place: Place, at: Open, tmp_path: Path) -> None:
    one, other = at(place, "one"), at(place, "other")
    one.log.append("submit", actor="person-1")
    s3.faults[:] = [Fault(how="cut", key="log/parts", times=99)]
    with pytest.raises(Unavailable):
        one.log.checkpoint()
    s3.faults.clear()
    other.log.append("submit", actor="person-2")
    other.log.checkpoint()
    one.log.checkpoint()
    assert one.log.verify().findings == ()
    assert one.log.verify().checkpoints == 2
    names = {path for path in log_of(tmp_path / "one") if path.endswith(".note")}
    assert len(names) == 2


def test_a_host_that_is_lost_is_replaced(place: Place, at: Open, tmp_path: Path) -> None:
    parts = at(place)
    (tmp_path / "x").write_bytes(b"what was seen")
    asset = parts.vault.preserve(tmp_path / "x").id
    parts.log.checkpoint()
    entries = parts.log.verify().entries
    shutil.move(tmp_path / "host", tmp_path / "gone")
    again = at(place)
    assert again.log.verify().entries >= entries - 1
    assert again.vault.audit().findings == ()
    assert list(again.vault.assets()) == [asset]


@pytest.mark.parametrize("harm", ["flip", "gone", "between", "stranger"])
def test_a_harmed_part_is_found(place: Place, doomed: Bucket, at: Open, harm: str) -> None:
    parts = at(place)
    for n in range(3):
        parts.log.append("submit", actor="person-1", count=n)
        parts.log.checkpoint()
    name = f"{PARTS}0000000002"
    data = doomed.get(name) or b""
    if harm == "flip":
        doomed.put(name, data[:-2] + bytes([data[-2] ^ 1]) + data[-1:])
        with pytest.raises(Corrupt):
            at(place, "other")
    elif harm == "gone":
        doomed.delete(name)
        with pytest.raises(Corrupt):
            at(place, "other")
    elif harm == "between":
        doomed.put(name, data.replace(b"person-1", b"person-2"))
    else:
        doomed.put("log/parts/x", b"x")
    code = {"flip": "E-LOG-001", "gone": "E-LOG-006", "between": "E-LOG-001", "stranger": "E-VAULT-004"}[harm]
    assert {one.code for one in parts.vault.audit().findings} == {code}


def test_a_part_says_what_it_holds(place: Place, doomed: Bucket, at: Open) -> None:
    at(place).log.checkpoint()
    for key in doomed.keys(PARTS):
        assert all(one.data for one in opened(key.name, doomed.get(key.name) or b""))
    with pytest.raises(Corrupt):
        opened("x", b'{"files":[{"path":"../x","at":0,"bytes":0,"sha256":"e3b0"}]}\n')
