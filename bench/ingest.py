"""Ingest: files preserved, beside the same files copied, digested and waited for."""

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median

from bench.figure import Figure
from pipeline.vault import VaultParts, open_vault

ROUNDS = 3
LARGE, LARGE_EACH = 2, 256 << 20
SMALL, SMALL_EACH = 100, 1 << 20
BLOCK = 1 << 20


def measure(place: Path) -> list[Figure]:
    """Preserve a few large files and many of a mebibyte; copied and moved; with the limit of each taken in between."""
    return [
        _figure(place / "large", LARGE, LARGE_EACH, move=False, bar=0.80),
        _figure(place / "moved", LARGE, LARGE_EACH, move=True, bar=0.95),
        _figure(place / "small", SMALL, SMALL_EACH, move=False, bar=0.5),
    ]


def _figure(place: Path, count: int, size: int, *, move: bool, bar: float) -> Figure:
    """Let ours and the limit take turns, each upon files that nobody has seen before."""
    place.mkdir()
    parts = open_vault(place / "vault", place / "keys")
    parts.vault.preserve(_files(place / "first", 1, 1)[0])  # what a process pays once
    ours, limits = [], []
    for n in range(ROUNDS):
        ours.append(_rate(_files(place / f"ours {n}", count, size), partial(_preserve, parts, move=move)))
        (aim := place / f"limit {n}").mkdir()
        limit = partial(_digest if move else _copy, aim)
        limits.append(_rate(_files(place / f"theirs {n}", count, size), limit))
    shutil.rmtree(place)
    how = "moved" if move else "preserved"
    return Figure(
        name=f"{count} files of {size >> 20} MiB {how}",
        peer_is="the same, digested (SHA-256 and SHA-512 in one reading) and waited for" if move
        else "the same, copied, digested on the way (SHA-256 and SHA-512) and waited for, one fsync a file and folder",
        ours=median(ours), peer=median(limits), unit="MB/s", bar=bar,
        notes=f"{ROUNDS} turns each, {min(ours):.0f} to {max(ours):.0f} and {min(limits):.0f} to {max(limits):.0f}; "
        f"{count / (count * size / 1e6 / median(ours)):.1f} objects/s",
    )  # fmt: skip


def _files(folder: Path, count: int, size: int) -> list[Path]:
    """Write fresh files, all different, and wait until the disk has nothing else to do."""
    folder.mkdir()
    found = []
    for n in range(count):
        path = folder / f"{n}.bin"
        with path.open("wb") as file:
            for left in range(size, 0, -BLOCK):
                file.write(os.urandom(min(BLOCK, left)))
        found.append(path)
    os.sync()
    return found


def _rate(files: Sequence[Path], work: Callable[[Sequence[Path]], None]) -> float:
    """Return megabytes a second."""
    size = sum(one.stat().st_size for one in files)
    began = time.perf_counter()
    work(files)
    seconds = time.perf_counter() - began
    shutil.rmtree(files[0].parent)
    return size / 1e6 / seconds


def _preserve(parts: VaultParts, files: Sequence[Path], *, move: bool) -> None:
    for file in files:
        parts.vault.preserve(file, move=move)


def _copy(aim: Path, files: Sequence[Path]) -> None:
    """Copy each with both digests, one file and its folder durable after the other: the least that is honest."""
    for file in files:
        with file.open("rb", buffering=0) as source, (aim / file.name).open("xb", buffering=0) as target:
            _read(source.fileno(), target.fileno())
            os.fsync(target.fileno())
        _wait(aim)


def _digest(aim: Path, files: Sequence[Path]) -> None:
    """Digest each where it lies, then rename it."""
    for file in files:
        with file.open("rb", buffering=0) as source:
            _read(source.fileno(), None)
            os.fsync(source.fileno())
        file.rename(aim / file.name)
        _wait(aim)


def _read(source: int, target: int | None) -> None:
    view = memoryview(bytearray(BLOCK))
    both = hashlib.sha256(), hashlib.sha512()
    while count := os.readv(source, [view]):
        for one in both:
            one.update(view[:count])
        if target is not None:
            os.write(target, view[:count])


def _wait(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY)
    os.fsync(fd)
    os.close(fd)
