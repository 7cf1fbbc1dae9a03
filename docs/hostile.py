"""Hostile: puts every harmful file of the test media and seeded mutants through the line; writes docs/hostile.md.

python docs/hostile.py [--mutants N] [TESTDATA]
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

_CHECKOUT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(_CHECKOUT))
# Some libraries install a package of this name; ours is a folder of the checkout.
(_tests := ModuleType("tests")).__path__ = [str(_CHECKOUT / "tests")]
sys.modules["tests"] = _tests

from pipeline.core.model import AssetId  # noqa: E402 (needs the line above when run as a script)
from pipeline.core.text import printable  # noqa: E402 (as above)
from tests.hostile.campaign import NEIGHBOURS, STAGES, Tally, alone, installation, run, written  # noqa: E402 (as above)
from tests.hostile.mutations import mutants, sources  # noqa: E402 (as above)

OUT = _CHECKOUT / "docs" / "hostile.md"
SEED = 20261123
SHARD = 125

HEAD = """# Hostile files

What became of files that were made to harm, and of mutants: files of the test media changed as chance and malice change
them (bits flipped, cut, pieces swapped, sizes falsified, boxes inserted, heads doubled, files spliced). Written by
`python docs/hostile.py`; the figures are of the run named here, on a machine that may have had other work. Every
original stays preserved, whatever the outcome. What the codes mean: [reference/codes.md](reference/codes.md).
"""

MIXED = """{count} mutants of seed {seed}, the files above, and files that point to others, in shards with sound files.
Beside them lay secret texts, another case's film, and an address that was listened on.
"""

MEANT = """
`decodable` counts the mutants of which bare ffmpeg, under the same limits, decodes a second; `decodable with results`
is the share of them whose sound or picture gave results with their coverage.
"""

Row = tuple[str, str, int]


def outcomes(files: Sequence[Path], folder: Path) -> Iterator[Row]:
    """Yield for each file, processed alone, its outcomes by stage and the milliseconds that they took."""
    with installation(folder) as (app, _):
        for number, file in enumerate(files):
            item = app.line.submit([file], batch=f"h{number}")["items"][0]
            began = time.perf_counter()
            app.line.process(f"h{number}", stages=STAGES)
            took = round((time.perf_counter() - began) * 1000)
            said: dict[str, list[str]] = {}
            for one in app.home.vault.records(AssetId(item["asset"])):
                reached = f"{one['outcome']} {one['code'] or ''}".strip()
                if one["outcome"] != "not_applicable":
                    said.setdefault(reached, []).append(one["maker"]["stage"])
            yield file.name, "; ".join(f"{reached}: {', '.join(names)}" for reached, names in said.items()), took


def page(rows: Sequence[Row], tally: Tally, count: int, day: str) -> str:
    """Return the page."""
    told: Mapping[str, Any] = tally.report()
    lines = [HEAD, f"Measured on {day}.\n", "## Harmful files\n", "| file | outcomes by stage | ms |", "|---|---|---|"]
    lines += [f"| {_cell(name)} | {what} | {took} |" for name, what, took in rows]
    lines += ["\n## Mutants and canaries\n", MIXED.format(count=count, seed=SEED), "| what | count |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in told.items() if name != "outcomes"]
    lines += [MEANT, "| outcome | count |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in told["outcomes"].items()]
    return "\n".join(lines) + "\n"


def _cell(name: str) -> str:
    return printable(name).replace("|", "\\|").replace("`", "'").replace("<", "&lt;")


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mutants", type=int, default=250, metavar="N")
    usual = os.environ.get("EVIDENCE_TESTDATA") or _CHECKOUT.parent / "shared" / "testdata"
    parser.add_argument("testdata", nargs="?", type=Path, default=Path(usual))
    given = parser.parse_args(argv)
    hostile = sorted(one for one in (given.testdata / "hostile").rglob("*") if one.is_file())
    neighbours = [given.testdata / one for one in NEIGHBOURS]
    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="hostile-") as place:
        folder = Path(place)
        rows = list(outcomes(hostile, folder / "each"))
        known = alone(folder / "alone", neighbours)
        run(tally, folder / "hostile", hostile, neighbours, known)
        every = mutants(sources(given.testdata), given.mutants, seed=SEED)
        number = 0
        while shard := list(islice(every, SHARD)):
            number += 1
            files = written(folder / f"changed{number}", shard)
            run(tally, folder / f"shard{number}", files, neighbours, known, changed=True)
    OUT.write_text(page(rows, tally, given.mutants, f"{datetime.now(UTC):%Y-%m-%d}"), encoding="utf-8")
    for one in (*tally.escapes, *tally.deaths, *tally.unsettled, *tally.strangers, *tally.damaged):
        print(one, file=sys.stderr)


if __name__ == "__main__":
    main()
