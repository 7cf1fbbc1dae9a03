"""Group commit: threads wait for the disk together; nobody is told of success before it is on disk."""

import errno
import json
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.errors import Unavailable
from pipeline.vault import custody
from pipeline.vault.custody import LocalLog, Segment
from pipeline.vault.files import write_all
from tests.vault.conftest import Home

THREADS, EACH = 8, 25


class Disk:
    """A disk that takes its time to sync: it counts, and remembers how far each file was durable."""

    def __init__(self) -> None:
        self.syncs = 0
        self.durable: dict[int, int] = {}
        self.fails: Callable[[int], bool] = lambda _n: False
        self._sync = os.fdatasync

    def fdatasync(self, fd: int) -> None:
        size = os.fstat(fd).st_size
        time.sleep(0.003)
        self.syncs += 1
        if self.fails(self.syncs):
            raise OSError(errno.EIO, "Input/output error")
        self._sync(fd)
        self.durable[os.fstat(fd).st_ino] = size


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    made = Disk()
    monkeypatch.setattr("pipeline.vault.custody.os.fdatasync", made.fdatasync)
    return made


def together(log: LocalLog, act: Callable[[int, int], None]) -> None:
    gate = threading.Barrier(THREADS)

    def run(who: int) -> None:
        gate.wait()
        for n in range(EACH):
            act(who, n)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(run, range(THREADS)))
    assert log


def segment_files(home: Home) -> list[Path]:
    return sorted((home.root / "log/segments").iterdir())


def test_threads_share_the_waiting_and_the_chain_stays_whole(home: Home, disk: Disk) -> None:
    log = home.open().log
    log.append("show", actor="person-1")
    disk.syncs = 0
    late: list[int] = []
    inode = segment_files(home)[0].stat().st_ino

    def append(who: int, n: int) -> None:
        digest = log.append("show", actor="person-1", who=who, n=n)
        data = segment_files(home)[0].read_bytes()[: disk.durable[inode]]
        if digest.encode() not in data and not _is_last(data, who, n):
            late.append(n)

    together(log, append)
    assert late == [], "an entry was acknowledged before it was on disk"
    assert disk.syncs < THREADS * EACH / 2
    entries = [json.loads(line) for line in segment_files(home)[0].read_bytes().splitlines()]
    for who in range(THREADS):
        assert [one["facts"]["n"] for one in entries if one["facts"].get("who") == who] == list(range(EACH))
    log.checkpoint()
    report = log.verify()
    assert (report.segments, report.findings) == (1, ())


def _is_last(data: bytes, who: int, n: int) -> bool:
    """Whether what is durable ends with the entry itself: only the next one would name its digest."""
    facts = json.loads(data.splitlines()[-1])["facts"]
    return (facts.get("who"), facts.get("n")) == (who, n)


def test_a_failed_sync_fails_everyone_who_waited_for_it(home: Home, disk: Disk) -> None:
    log = home.open().log
    log.append("show", actor="person-1")
    disk.syncs = 0
    disk.fails = lambda n: n == 3
    kept: list[tuple[int, int]] = []
    failed: list[tuple[int, int]] = []

    def append(who: int, n: int) -> None:
        try:
            log.append("show", actor="person-1", who=who, n=n)
        except Unavailable:
            failed.append((who, n))
        else:
            kept.append((who, n))

    together(log, append)
    assert failed
    assert len(kept) + len(failed) == THREADS * EACH
    assert len(segment_files(home)) == 2, "after a failed sync another chain begins"
    there = [json.loads(line)["facts"] for file in segment_files(home) for line in file.read_bytes().splitlines()]
    assert {(one["who"], one["n"]) for one in there if "who" in one} >= set(kept)
    disk.fails = lambda _n: False
    log.checkpoint()
    assert log.verify().findings == ()


def test_a_full_disk_ends_the_chain_and_not_what_others_wrote(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = home.open()
    segment = Segment(home.root, parts.vault_id)
    whole = write_all

    def full(fd: int, data: bytes) -> None:
        if b'"n":7' in data:
            os.write(fd, data[:30])
            raise OSError(errno.ENOSPC, "No space left on device")
        whole(fd, data)

    monkeypatch.setattr(custody, "write_all", full)
    done: list[int] = []

    def append(n: int) -> None:
        try:
            segment.append("show", "person-1", None, {"n": n})
        except (OSError, custody.Ended):
            return
        done.append(n)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(append, range(20)))
    segment.close()
    assert 7 not in done
    parts.log.checkpoint()
    assert parts.log.verify().findings == ()
    data = (home.root / f"log/segments/{segment.name}.jsonl").read_bytes()
    assert {json.loads(line)["facts"].get("n") for line in data.splitlines()} >= set(done)
