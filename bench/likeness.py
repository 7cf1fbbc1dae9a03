"""Likeness: looking a picture up among many hashes, beside comparing it with each of them."""

import random
import statistics
import time
from contextlib import closing
from pathlib import Path

from bench.figure import Figure
from pipeline.core.ports import Print
from pipeline.index.database import Database, open_generation, transaction
from pipeline.index.hashes import candidates, keep_prints

_KEPT = 200_000
_ASKED = 40
_WRONG = 20
_ORIENTATIONS = 8


def measure(place: Path) -> list[Figure]:
    """Fill an index with random hashes, then look up worn copies of some in all orientations, both ways in turn."""
    import numpy as np

    rng = random.Random(1)  # noqa: S311 (figures to compare, no secrets)
    values = [rng.randbytes(32) for _ in range(_KEPT)]
    generation = Database(place / "index.sqlite", create=True).new_generation()
    with closing(open_generation(generation, bulk=True)) as connection:
        with transaction(connection):
            for n, value in enumerate(values):
                one = Print(enrichment="", sound=False, t=None, place=None, values=(value,))
                keep_prints(connection, f"{n:064x}", [one])
        table = np.frombuffer(b"".join(values), dtype=np.uint64).reshape(_KEPT, -1)
        ours: list[float] = []
        scan: list[float] = []
        found = 0
        for n in rng.sample(range(_KEPT), _ASKED):
            turned = (_worn(values[n], rng), *(rng.randbytes(32) for _ in range(_ORIENTATIONS - 1)))
            asked = Print(enrichment="", sound=False, t=None, place=None, values=turned)
            begin = time.perf_counter()
            near, _ = candidates(connection, asked, 2000)
            ours.append(time.perf_counter() - begin)
            found += any(asset == f"{n:064x}" for asset, _ in near)
            wanted = np.frombuffer(b"".join(turned), dtype=np.uint64).reshape(_ORIENTATIONS, -1)
            begin = time.perf_counter()
            for row in wanted:
                np.bitwise_count(table ^ row).sum(axis=1).argmin()
            scan.append(time.perf_counter() - begin)
    notes = f"{found} of {_ASKED} found, {_WRONG} bits wrong; {generation.stat().st_size / 1e6:.0f} MB"
    return [
        Figure(
            name=f"looking up one picture among {_KEPT} hashes", peer_is="comparing with each of them (NumPy)",
            ours=statistics.median(ours) * 1000, peer=statistics.median(scan) * 1000, unit="ms", better="lower",
            notes=notes,
        )
    ]  # fmt: skip


def _worn(value: bytes, rng: random.Random) -> bytes:
    number = int.from_bytes(value)
    for bit in rng.sample(range(256), _WRONG):
        number ^= 1 << bit
    return number.to_bytes(32)
