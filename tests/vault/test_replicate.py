"""Replication: what is new and no more, proven byte for byte, and a valid vault at every moment."""

import json
import os
import random
import re
import shutil
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.core.model import AssetId
from pipeline.errors import Misconfigured, PipelineError, Unavailable
from pipeline.vault import open_vault, series
from pipeline.vault.replica.folder import Folder
from pipeline.vault.replica.lag import lag_of
from tests.vault.conftest import CHECKOUT, objects, outside_verdict
from tests.vault.replicas import Pair, files, fill

MUTATING = ("rename", "mkdir", "fsync", "write", "fchmod", "ftruncate", "unlink", "rmdir")


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    made = Pair(vault=tmp_path / "vault", keys=tmp_path / "keys", replica=tmp_path / "replica")
    yield made
    if (made.replica / "vault.json").exists():
        assert all(outside_verdict(made.replica).values()), outside_verdict(made.replica)


def original(root: Path, asset: str) -> Path:
    (found,) = [one for one in objects(root / "objects") if one.name.endswith(asset)]
    return found / "v1/content/original"


def spoil(path: Path) -> bytes:
    """Flip a bit; return what was there."""
    data = path.read_bytes()
    path.chmod(0o644)
    at = len(data) // 2
    path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    return data


class TestWhatIsNew:
    def test_the_first_time_everything(self, pair: Pair, file: Callable[..., Path]) -> None:
        fill(pair, file, 3)
        done = pair.go()
        assert (done.findings, done.stopped, done.lag) == ((), None, 0)
        assert pair.same()
        assert pair.faults() == []

    def test_the_second_time_nothing(self, pair: Pair, file: Callable[..., Path]) -> None:
        fill(pair, file, 3)
        pair.go()
        before = {path: path.stat().st_mtime_ns for path in pair.replica.rglob("*") if path.is_file()}
        done = pair.go()
        assert (done.versions, done.bytes, done.log_bytes) == (0, 0, 0)
        after = {path: path.stat().st_mtime_ns for path in pair.replica.rglob("*") if path.is_file()}
        assert {one for one in after if before.get(one) != after[one]} == set()

    def test_then_only_what_came_since(self, pair: Pair, file: Callable[..., Path]) -> None:
        (asset, *_) = fill(pair, file, 3)
        pair.go()
        old = files(pair.vault)
        fill(pair, file, 1, word="two")
        parts = pair.open()
        parts.vault.write_back(AssetId(asset), "again", [{"n": 9}], {})
        parts.log.checkpoint()
        new = files(pair.vault)
        fresh = {path: len(data) for path, data in new.items() if path not in old}
        done = pair.go()
        assert sum(size for path, size in fresh.items() if "/v" in path) <= done.bytes <= sum(fresh.values())
        assert pair.same()
        assert pair.faults() == []

    @pytest.mark.slow
    def test_objects_that_nothing_new_is_said_of_are_not_even_looked_at(
        self, pair: Pair, file: Callable[..., Path], tmp_path: Path
    ) -> None:
        fill(pair, file, 3)
        pair.go()
        fill(pair, file, 1, word="two")
        trace = tmp_path / "trace"
        run(pair, "strace", "-f", "-qq", "-e", "trace=open,openat,stat,newfstatat", "-o", str(trace))
        old = {one.name for one in objects(pair.vault / "objects")} - {
            one.name
            for one in objects(pair.vault / "objects")
            if not (pair.replica / one.relative_to(pair.vault)).exists()
        }
        looked = {name for name in old if name in trace.read_text()}
        assert len(old) == 4
        assert len(looked) == 1

    def test_what_no_checkpoint_covers_waits(self, pair: Pair, file: Callable[..., Path]) -> None:
        fill(pair, file, 1)
        parts = pair.open()
        late = parts.vault.preserve(file(b"late")).id
        pair.go()
        assert not list(pair.replica.rglob(f"*{late}"))
        assert pair.faults() == []
        parts.log.checkpoint()
        pair.go()
        assert list(pair.replica.rglob(f"*{late}"))
        assert pair.faults() == []

    def test_a_long_history_goes_over(self, pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(series, "VERSIONS_PER_OBJECT", 3)
        registers = pair.open().registers
        for n in range(4):
            registers.append("people", [{"n": n}], key=str(n))
        pair.open().log.checkpoint()
        assert pair.go().findings == ()
        assert pair.same()
        registers.append("people", [{"n": 4}], key="4")
        pair.open().log.checkpoint()
        assert pair.go().versions == 1
        assert len(objects(pair.replica / "registers")) == 2
        assert pair.faults() == []

    @pytest.mark.slow
    def test_the_remains_of_a_killed_writer_go_over(self, pair: Pair, file: Callable[..., Path]) -> None:
        fill(pair, file, 1)
        done = subprocess.run([*worker(pair, "checkpoint")], env=environment(), check=True)
        assert done.returncode == 0
        segment = min((pair.vault / "log/segments").iterdir())
        with segment.open("ab") as log:
            log.write(b'{"act":"unfin')
        fill(pair, file, 1, word="two")
        pair.go()
        assert pair.faults() == []
        assert pair.go().log_bytes == 0

    def test_lag_is_told_in_checkpoints_and_bytes(self, pair: Pair, file: Callable[..., Path]) -> None:
        fill(pair, file, 1)
        pair.go()
        assert lag_of(Folder(pair.vault), Folder(pair.replica))["lag"] == {"checkpoints": 0, "bytes": 0}
        old = files(pair.vault)
        fill(pair, file, 2, word="two")
        told = lag_of(Folder(pair.vault), Folder(pair.replica))
        fresh = sum(len(data) for path, data in files(pair.vault).items() if path not in old and "/v" in path)
        assert told["lag"]["checkpoints"] == 1
        assert fresh < told["lag"]["bytes"] < fresh + 20_000

    def test_a_budget_ends_it_and_the_next_run_goes_on(self, pair: Pair, file: Callable[..., Path]) -> None:
        fill(pair, file, 1)
        pair.go()
        fill(pair, file, 12, word="two")
        done = pair.go(max_bytes=4000)
        assert done.stopped == "max_bytes"
        assert 4000 <= done.bytes < 30_000
        assert pair.faults() == []
        rest = pair.go()
        assert (rest.stopped, rest.lag) == (None, 0)
        assert pair.same()
        assert pair.faults() == []


class TestDamage:
    def test_what_is_damaged_at_the_source_never_goes_over(self, pair: Pair, file: Callable[..., Path]) -> None:
        bad, good = fill(pair, file, 2)
        data = spoil(original(pair.vault, bad))
        done = pair.go()
        (finding,) = done.findings
        assert (finding.code, finding.asset) == ("E-VAULT-001", bad)
        assert finding.path.endswith("v1/content/original")
        assert done.owed > 0
        assert not list(pair.replica.rglob(f"*{bad}"))
        assert original(pair.replica, good).read_bytes() == original(pair.vault, good).read_bytes()
        assert pair.go().findings == done.findings
        original(pair.vault, bad).write_bytes(data)
        healed = pair.go()
        assert (healed.findings, healed.owed) == ((), 0)
        assert pair.same()
        assert pair.faults() == []

    def test_nor_over_a_good_replica(self, pair: Pair, file: Callable[..., Path]) -> None:
        (asset,) = fill(pair, file, 1)
        pair.go()
        data = spoil(original(pair.vault, asset))
        fill(pair, file, 1, word="two")
        pair.go()
        assert original(pair.replica, asset).read_bytes() == data

    def test_a_consistent_rewrite_is_found(self, pair: Pair, file: Callable[..., Path]) -> None:
        (asset,) = fill(pair, file, 1)
        folder = original(pair.vault, asset).parents[2]
        body = json.loads((folder / "v2/inventory.json").read_bytes())
        body["versions"]["v2"]["created"] = "2001-01-01T00:00:00Z"
        from pipeline.vault.inventory import spelled

        inventory, sidecar, _ = spelled(body)
        for place in (folder, folder / "v2"):
            for name, content in (("inventory.json", inventory), ("inventory.json.sha512", sidecar)):
                (place / name).chmod(0o644)
                (place / name).write_bytes(content)
        (finding,) = pair.go().findings
        assert (finding.code, finding.asset) == ("E-VAULT-001", asset)

    def test_an_edited_segment_stops_it(self, pair: Pair, file: Callable[..., Path]) -> None:
        fill(pair, file, 1)
        pair.go()
        fill(pair, file, 1, word="two")
        segment = max((pair.vault / "log/segments").iterdir(), key=lambda one: one.stat().st_mtime_ns)
        segment.write_bytes(segment.read_bytes().replace(b'"run":"run-two"', b'"run":"run-twe"'))
        before = files(pair.replica)
        done = pair.go()
        assert done.stopped == "findings"
        assert {one.code for one in done.findings} == {"E-LOG-001"}
        assert files(pair.replica) == before
        assert pair.faults() == []


class TestTheWrongWay:
    def test_a_vault_turned_back_is_never_copied(self, pair: Pair, file: Callable[..., Path], tmp_path: Path) -> None:
        fill(pair, file, 1)
        shutil.copytree(pair.vault, tmp_path / "earlier")
        fill(pair, file, 1, word="two")
        pair.go()
        before = everything(pair.replica)
        shutil.rmtree(pair.vault)
        shutil.copytree(tmp_path / "earlier", pair.vault)
        done = pair.go()
        assert done.stopped == "findings"
        assert {"E-LOG-013", "E-LOG-007"} <= {one.code for one in done.findings}
        fill(pair, file, 1, word="three")  # it goes on another way
        assert {"E-LOG-009", "E-LOG-007"} <= {one.code for one in pair.go().findings}
        assert everything(pair.replica) == before

    def test_another_vaults_replica_is_left_alone(self, pair: Pair, file: Callable[..., Path], tmp_path: Path) -> None:
        other = Pair(vault=tmp_path / "other", keys=tmp_path / "keys", replica=pair.replica)
        fill(other, file, 1)
        other.go()
        before = everything(pair.replica)
        fill(pair, file, 1, word="two")
        with pytest.raises(Misconfigured) as caught:
            pair.go()
        assert caught.value.code == "E-REPLICA-001"
        assert everything(pair.replica) == before

    @pytest.mark.parametrize("what", ["vault", "files"])
    def test_so_is_whatever_else_lies_there(self, pair: Pair, file: Callable[..., Path], what: str) -> None:
        fill(pair, file, 1)
        if what == "vault":
            open_vault(pair.replica, pair.keys)
        else:
            pair.replica.mkdir()
            (pair.replica / "letters.txt").write_text("mine")
        before = everything(pair.replica)
        with pytest.raises(Misconfigured) as caught:
            pair.go()
        assert caught.value.code == "E-REPLICA-001"
        assert {path: data for path, data in everything(pair.replica).items() if data} == {
            path: data for path, data in before.items() if data
        }

    def test_a_replica_is_not_opened_for_work(self, pair: Pair, file: Callable[..., Path]) -> None:
        fill(pair, file, 1)
        pair.go()
        before = everything(pair.replica)
        with pytest.raises(Misconfigured) as caught:
            open_vault(pair.replica, pair.keys)
        assert caught.value.code == "E-REPLICA-004"
        assert everything(pair.replica) == before

    def test_a_note_by_a_key_that_is_not_held_stops_it(self, pair: Pair, file: Callable[..., Path]) -> None:
        fill(pair, file, 1)
        from pipeline.vault.replica.replicate import replicate

        vault_id = pair.open().vault_id
        done = replicate(Folder(pair.vault), Folder(pair.replica), vault_id=vault_id, trusted={})
        assert [one.code for one in done.findings] == ["E-LOG-003"]
        assert not (pair.replica / "vault.json").exists()


class TestSeveral:
    def test_two_at_once(self, pair: Pair, file: Callable[..., Path]) -> None:
        fill(pair, file, 3)
        with Folder(pair.replica).alone(), pytest.raises(Unavailable) as caught:
            pair.go()
        assert caught.value.code == "E-REPLICA-003"
        pair.go()
        assert pair.faults() == []

    def test_beside_writers(self, pair: Pair, file: Callable[..., Path]) -> None:
        fill(pair, file, 2)
        over, wrong = threading.Event(), []

        def write() -> None:
            try:
                parts = pair.open()
                for n in range(8):
                    asset = parts.vault.preserve(file(f"beside {n}".encode(), name=f"beside-{n}")).id
                    parts.vault.write_back(asset, "beside", [{"n": n}], {})
                    parts.log.checkpoint()
            except PipelineError as err:
                wrong.append(err)
            finally:
                over.set()

        writer = threading.Thread(target=write)
        writer.start()
        rounds = 0
        while not over.is_set() or rounds < 2:
            assert pair.go().findings == ()
            assert pair.faults() == []
            rounds += 1
        writer.join()
        assert wrong == []
        pair.go()
        assert pair.same()


class TestEndings:
    @pytest.mark.slow
    def test_killed_at_a_few_moments(self, pair: Pair, file: Callable[..., Path], tmp_path: Path) -> None:
        killed(pair, file, tmp_path, every=False, first=False)

    @pytest.mark.slow
    def test_killed_the_first_time(self, pair: Pair, file: Callable[..., Path], tmp_path: Path) -> None:
        killed(pair, file, tmp_path, every=False, first=True)

    @pytest.mark.slow
    @pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
    def test_a_failing_disk_is_no_success(
        self, pair: Pair, file: Callable[..., Path], tmp_path: Path, error: str
    ) -> None:
        fill(pair, file, 1)
        pair.go()
        fill(pair, file, 1, word="two")
        spare = tmp_path / "spare"
        shutil.copytree(pair.replica, spare)
        for call, n in random.Random(3).sample(points(pair, tmp_path, ("rename", "fsync", "write")), 3):
            code = run(pair, *inject(call, n, f"error={error}"))
            assert code != 0 or pair.same(), (call, n)
            assert pair.faults() == [], (call, n)
            pair.go()
            assert pair.same()
            shutil.rmtree(pair.replica)
            shutil.copytree(spare, pair.replica)

    def test_a_full_disk(self, pair: Pair, file: Callable[..., Path]) -> None:
        fill(pair, file, 1)
        pair.replica.mkdir()
        mount = f"mount -t tmpfs -o size=1m tmpfs '{pair.replica}' 2>/dev/null"
        if os.geteuid() != 0 or os.system(mount) != 0:
            pytest.skip("no small file system can be mounted here")
        try:
            pair.go()
            assert pair.faults() == []
            parts = pair.open()
            big = parts.vault.preserve(file(os.urandom(3 << 20))).id
            parts.log.checkpoint()
            with pytest.raises(Unavailable) as caught:
                pair.go()
            assert caught.value.code == "E-HOST-003"
            assert pair.faults() == []
            assert not list(pair.replica.rglob(f"*{big}"))
            os.system(f"mount -o remount,size=30m '{pair.replica}'")
            assert pair.go().findings == ()
            assert pair.same()
            assert pair.faults() == []
        finally:
            os.system(f"umount -l '{pair.replica}'")


def killed(pair: Pair, file: Callable[..., Path], tmp_path: Path, *, every: bool, first: bool) -> None:
    """Kill a replication at some or all of its mutating calls; the replica is valid, and the next run completes it."""
    fill(pair, file, 1)
    if not first:
        pair.go()
        fill(pair, file, 1, word="two")
        fill(pair, file, 1, word="three")
    spare = tmp_path / "spare"
    if pair.replica.exists():
        shutil.copytree(pair.replica, spare)
    there = points(pair, tmp_path, MUTATING)
    assert len(there) > 30
    for call, n in there if every else random.Random(7).sample(there, 3):
        assert run(pair, *inject(call, n, "signal=KILL")) != 0
        if not first or (pair.replica / "vault.json").exists():
            assert pair.faults() == [], (call, n)
        assert pair.go().findings == ()
        assert pair.same(), (call, n)
        assert pair.faults() == [], (call, n)
        shutil.rmtree(pair.replica)
        if spare.exists():
            shutil.copytree(spare, pair.replica)


def points(pair: Pair, tmp_path: Path, calls: tuple[str, ...]) -> list[tuple[str, int]]:
    """Count the calls of an undisturbed replication on a copy; those of its busiest thread, as strace counts."""
    copy, trace = tmp_path / "undisturbed", tmp_path / "trace"
    if pair.replica.exists():
        shutil.copytree(pair.replica, copy)
    other = Pair(vault=pair.vault, keys=pair.keys, replica=copy)
    assert run(other, "strace", "-f", "-qq", "-e", f"trace={','.join(calls)}", "-o", str(trace)) == 0
    counts = Counter(re.findall(r"^(\d+) +(\w+)\(", trace.read_text(), re.MULTILINE))
    shutil.rmtree(copy)
    most = {call: max((count for (_, name), count in counts.items() if name == call), default=0) for call in calls}
    return [(call, n + 1) for call in calls for n in range(most[call])]


def inject(call: str, n: int, how: str) -> tuple[str, ...]:
    return ("strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:{how}:when={n}")


def run(pair: Pair, *tracer: str) -> int:
    command = [
        sys.executable,
        "-B",
        str(Path(__file__).with_name("replicas.py")),
        str(pair.vault),
        str(pair.keys),
        str(pair.replica),
    ]
    return subprocess.run(
        [*tracer, *command], env=environment(), cwd=CHECKOUT, check=False, capture_output=True, timeout=120
    ).returncode  # fmt: skip


def worker(pair: Pair, *act: str) -> list[str]:
    return [sys.executable, "-B", str(Path(__file__).with_name("worker.py")), str(pair.vault), str(pair.keys), *act]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(CHECKOUT)}


def everything(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes() if path.is_file() else b""
        for path in sorted(root.rglob("*"))
        if not path.relative_to(root).as_posix().startswith(("locks", "staging"))
    }
