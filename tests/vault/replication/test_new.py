"""Replication takes what is new and no more, also beside writers and beside itself."""

import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.core.model import AssetId
from pipeline.errors import PipelineError, Unavailable
from pipeline.vault import series
from pipeline.vault.replica.folder import Folder
from pipeline.vault.replica.lag import lag_of
from tests.vault.conftest import objects
from tests.vault.replicas import Pair, files, fill
from tests.vault.replication.killing import environment, run, worker


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
