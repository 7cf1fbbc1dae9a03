"""Places: the test media, and homes of their own in which benchmarks work."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bench.figure import NotMeasured

if TYPE_CHECKING:
    from pipeline.usecases.home import Home

CHECKOUT = Path(__file__).resolve().parent.parent


def testdata() -> Path:
    """Return the folder of real media with known truth; ``NotMeasured`` where there is none."""
    folder = Path(os.environ.get("EVIDENCE_TESTDATA") or CHECKOUT.parent / "shared" / "testdata")
    if not (folder / "MANIFEST.json").is_file():
        raise NotMeasured("no test media; set EVIDENCE_TESTDATA")
    return folder


@contextmanager
def home_at(folder: Path, **settings: object) -> Iterator["Home"]:
    """Open a new home with the machine's models and nothing else of the user's."""
    from pipeline.settings import read_settings
    from pipeline.usecases.home import open_home

    place = {
        "home": folder, "keys": folder / "keys", "scratch": folder / "scratch", "actor": "bench",
        "database": f"sqlite:///{folder / 'catalogue.sqlite'}",
    }  # fmt: skip
    home = open_home(read_settings().model_copy(update={**place, **settings}))
    try:
        yield home
    finally:
        home.close()
