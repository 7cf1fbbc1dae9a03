"""Custody: a million log entries verified, and threads that append together, beside the least that either takes."""

import hashlib
import os
import resource
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.figure import Figure
from pipeline.vault import VaultParts, open_vault, verify_root
from pipeline.vault.entry import GENESIS, Entry, line_digest
from pipeline.vault.process import host, utc_now, writer_name
from pipeline.vault.segments import OPENING, SEGMENTS, segment_files

ENTRIES, SEGMENTS_OF = 1_000_000, 8
_APPENDED, _THREADS, _ROUNDS = 1500, 32, 3


def measure(place: Path) -> list[Figure]:
    """Write a log, sign for it, verify it; then append to another from many threads, both ways in turn."""
    parts = open_vault(place / "vault", place / "keys")
    for _ in range(SEGMENTS_OF):
        _segment(place / "vault", parts.vault_id, ENTRIES // SEGMENTS_OF)
    parts.log.checkpoint()
    begin = time.perf_counter()
    report = verify_root(place / "vault", place / "keys")
    seconds = time.perf_counter() - begin
    if report.findings or report.entries < ENTRIES:
        raise RuntimeError(f"{report.entries} entries, {report.findings[:3]}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    size = sum(path.stat().st_size for path in segment_files(place / "vault").values())
    least = _digested(place / "vault")
    ours, peer = _appended(open_vault(place / "other", place / "keys"))
    return [
        Figure(
            name="1 million log entries verified", peer_is="30 s, as asked for", ours=seconds, peer=30.0, unit="s",
            better="lower", bar=1.0, notes=f"{size / 1e6:.0f} MB in {SEGMENTS_OF + 1} segments; one core; {peak} MB",
        ),
        Figure(
            name="log entries verified in a second", peer_is="SHA-256 of the same lines, in the same loop",
            ours=report.entries / seconds, peer=report.entries / least, unit="entries/s",
            notes="ours checks form, sum, order and chain of each entry, and every leaf",
        ),
        Figure(
            name=f"durable appends of {_THREADS} threads", peer_is="each waiting for the disk by itself", ours=ours,
            peer=peer, unit="entries/s", bar=1.5, notes="group commit: one fdatasync for all that wait",
        ),
    ]  # fmt: skip


def _segment(root: Path, vault_id: str, count: int) -> None:
    """Write the segment of a writer that has ended, without waiting for the disk."""
    name, prev = writer_name(), GENESIS
    with (root / SEGMENTS / f"{name}.jsonl").open("wb") as file:
        for seq in range(count):
            opening = seq == 0
            line = Entry(
                seq=seq, prev=prev, at=utc_now(), act=OPENING if opening else "vault.create",
                actor="log" if opening else "p-0123456789abcdef",
                subject=None if opening else f"urn:evidence:asset:{seq:064x}",
                facts={"segment": name, "vault": vault_id, "host": host(), "pid": os.getpid()} if opening
                else {"root": "objects", "version": 1, "inventory": f"{seq:0128x}"},
            ).line()  # fmt: skip
            prev = line_digest(line)
            file.write(line + b"\n")


def _digested(root: Path) -> float:
    """Return how long it takes to digest every line, and do nothing else."""
    begin = time.perf_counter()
    for path in segment_files(root).values():
        with path.open("rb", buffering=1 << 20) as file:
            for line in file:
                hashlib.sha256(line[:-1]).hexdigest()
    return time.perf_counter() - begin


def _appended(parts: VaultParts) -> tuple[float, float]:
    """Return entries per second of threads that share the waiting, and of threads that queue for it."""
    alone = threading.Lock()

    def together(n: int) -> None:
        parts.log.append("show", actor="p-0123456789abcdef", n=n)

    def in_turn(n: int) -> None:
        with alone:
            together(n)

    ours, peer = [], []
    for _ in range(_ROUNDS):
        ours.append(_rate(together))
        peer.append(_rate(in_turn))
    return sorted(ours)[_ROUNDS // 2], sorted(peer)[_ROUNDS // 2]


def _rate(act: Callable[[int], None]) -> float:
    with ThreadPoolExecutor(_THREADS) as pool:
        begin = time.perf_counter()
        list(pool.map(act, range(_APPENDED)))
        return _APPENDED / (time.perf_counter() - begin)
