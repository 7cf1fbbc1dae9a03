"""Audit: preserved bytes read and digested, beside what the disk gives and what OpenSSL digests on as many cores."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

from bench.figure import Figure, NotMeasured
from pipeline.vault import VaultParts, open_vault

ASKED = 0.80
ROUNDS = 3
FILES, EACH = 8, 96 << 20
SMALL, SMALL_EACH = 300, 64 << 10
BLOCK = 1 << 20


def measure(place: Path) -> list[Figure]:
    """Audit large files and many small ones; read and digest the same files bare in between."""
    if shutil.which("openssl") is None:
        raise NotMeasured("the program openssl is not here")
    return [
        _figure(place / "large", FILES, EACH, bar=ASKED),
        _figure(place / "small", SMALL, SMALL_EACH, bar=None),
    ]


def _figure(place: Path, count: int, size: int, *, bar: float | None) -> Figure:
    place.mkdir()
    parts, files = _filled(place, count, size)
    ours, reads, digests = [], [], []
    for _ in range(ROUNDS):
        ours.append(_rate(files, lambda: _audited(parts, count)))
        reads.append(_rate(files, lambda: _together(_read, files)))
        digests.append(max(_openssl(one, files) for one in ("sha512", "sha256")))
    limits = [min(pair) for pair in zip(reads, digests, strict=True)]
    shutil.rmtree(place)
    return Figure(
        name=f"audit of {count} files of {size // 1024} KiB",
        peer_is="the lesser of a cold read of the same files and openssl's faster digest of them, one process a core",
        ours=median(ours), peer=median(limits), unit="MB/s", bar=bar,
        notes=f"{ROUNDS} turns from the disk; read {median(reads):.0f}, openssl {median(digests):.0f}; "
        "the audit's time holds the log, the inventories and the search for what is foreign",
    )  # fmt: skip


def _openssl(digest: str, files: Sequence[Path]) -> float:
    return _rate(files, lambda: _digested(digest, files))


def _filled(place: Path, count: int, size: int) -> tuple[VaultParts, list[Path]]:
    parts = open_vault(place / "vault", place / "keys")
    for _ in range(count):
        fresh = place / "fresh"
        with fresh.open("wb") as file:
            for left in range(size, 0, -BLOCK):
                file.write(os.urandom(min(BLOCK, left)))
        parts.vault.preserve(fresh, move=True)
    os.sync()
    return parts, sorted((place / "vault/objects").rglob("original"))


def _rate(files: Sequence[Path], work: Callable[[], object]) -> float:
    """Return megabytes a second of something that reads all files, from the disk and not from memory."""
    for file in files:
        fd = os.open(file, os.O_RDONLY)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(fd)
    began = time.perf_counter()
    work()
    return sum(one.stat().st_size for one in files) / 1e6 / (time.perf_counter() - began)


def _audited(parts: VaultParts, count: int) -> None:
    report = parts.vault.audit()
    assert (report.checked, report.findings) == (count, ())


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _together(work: Callable[[Path], None], files: Sequence[Path]) -> None:
    with ThreadPoolExecutor(_cores()) as pool:
        list(pool.map(work, files))


def _read(file: Path) -> None:
    view = memoryview(bytearray(BLOCK))
    with file.open("rb", buffering=0) as raw:
        while raw.readinto(view):
            pass


def _digested(digest: str, files: Sequence[Path]) -> None:
    """Let one process a core digest its share."""
    cores = _cores()
    shares = [share for n in range(cores) if (share := files[n::cores])]
    running = [
        subprocess.Popen([str(shutil.which("openssl")), "dgst", f"-{digest}", *share], stdout=subprocess.DEVNULL)
        for share in shares
    ]
    assert [one.wait() for one in running] == [0] * len(shares)
