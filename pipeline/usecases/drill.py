"""Drill: the disaster rehearsed: a vault from its replica, all else made again, and the time to the first search.

It works in a folder of its own that is removed at the end, and with the keys as they are. Nothing
that lives is changed; where the living home is there, both are asked the same and compared.
"""

import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from pipeline.catalogue.dump import dump_of_all
from pipeline.core.canonical import digest
from pipeline.core.people import Permission
from pipeline.errors import Misconfigured
from pipeline.settings import Settings
from pipeline.usecases import searching
from pipeline.usecases.access import Access
from pipeline.usecases.documents import fold
from pipeline.usecases.home import Home, open_home
from pipeline.usecases.ledger import status
from pipeline.usecases.rebuild import rebuild_catalogue, rebuild_index
from pipeline.usecases.recovery import rehearsed

_ASSETS, _WORDS = 500, 20


def drill(settings: Settings, replica: Path, *, live: Home | None = None, place: Path | None = None) -> dict[str, Any]:
    """Restore and rebuild in a folder below ``place``; tell the seconds of each step, and whether answers are equal.

    The acting person must be one who may audit, by the register of persons that the replica holds.
    """
    if not (replica / "vault.json").is_file():
        raise Misconfigured("the replica holds no vault.json", code="E-CONF-009")
    clock = _Clock()
    with _room(settings, place) as folder:
        there = settings.model_copy(update=_elsewhere(folder))
        with clock.step("restore"):
            rehearsed(settings, replica, there.vault)
            if settings.models_lock.is_file():
                shutil.copyfile(settings.models_lock, there.models_lock)
        with clock.step("open"):
            home = open_home(there)
        with closing(home):
            return _rehearsed(home, clock, live)


def _elsewhere(folder: Path) -> dict[str, Any]:
    database = f"sqlite:///{folder / 'catalogue.sqlite'}"
    return {"home": folder, "scratch": folder / "scratch", "database": database, "vault_s3": None}


def _rehearsed(home: Home, clock: "_Clock", live: Home | None) -> dict[str, Any]:
    Access(home).need(Permission.AUDIT)
    with clock.step("catalogue"):
        catalogue = rebuild_catalogue(home)
    with clock.step("index"):
        index = rebuild_index(home)
    words = list(islice(home.index.some_words(), _WORDS))
    with clock.step("search"):
        found = searching.search(home, Access(home), words[0])["total"] if words else 0
    mine, theirs = answers(home, words), answers(live, words) if live else {}
    digests = {name: {"restored": one, "live": theirs.get(name)} for name, one in mine.items()}
    return {
        "vault": home.vault_id, "assets": catalogue["assets"], "batches": catalogue["batches"],
        "passages": index["passages"], "seconds": clock.seconds, "seconds_to_first_search": clock.total,
        "found": found, "digests": digests, "same": mine == theirs if live else None,
    }  # fmt: skip


def answers(home: Home, words: Sequence[str]) -> Mapping[str, str]:
    """Digest what a home answers: all of catalogue and index, and what is shown of batches and assets and found."""
    access = Access(home)
    assets = islice(home.vault.assets(), _ASSETS)
    return {
        "catalogue": dump_of_all(home.catalogue.database).digest,
        "index": home.index.contents().digest,
        "status": digest([status(home, batch) for batch in home.catalogue.batches()]),
        "show": digest([fold(home, asset) for asset in assets]),
        "search": digest([searching.search(home, access, word) for word in words]),
    }


class _Clock:
    """Seconds of each step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measure a step."""
        began = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - began, 3)

    @property
    def total(self) -> float:
        """All of them."""
        return round(sum(self.seconds.values()), 3)


@contextmanager
def _room(settings: Settings, place: Path | None) -> Iterator[Path]:
    """Lend an empty folder; what lies in it is evidence, and is gone afterwards."""
    place = place or settings.scratch
    place.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="drill-", dir=place))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
