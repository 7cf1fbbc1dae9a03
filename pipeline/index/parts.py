"""Parts: an index in the making, read part by part and kept beside the old one, so that a killed rebuild goes on.

Each part is one file of lines below ``index-build/``: an asset with its folded passages and its
prints. It appears under its name whole, in one rename, and ends with a line that says what is in
it. Several processes may read parts at once; one puts them together.
"""

import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline.core.model import AssetId
from pipeline.core.ports import IndexRow, Print
from pipeline.errors import Unavailable
from pipeline.index.database import Database
from pipeline.index.hashes import read_print, spell_print
from pipeline.index.passages import Tally, digest_of, stored_of
from pipeline.index.rebuild import Laid, Rebuilt, Since, alone, build, state
from pipeline.index.schema import VERSION

_BEGUN = "begun.json"
_TAIL = 1 << 12
Searchable = Iterable[tuple[AssetId, Sequence[IndexRow], Sequence[Print]]]


class Building:
    """An index in the making, of ``of`` parts, filled from one vault."""

    def __init__(self, database: Database, *, vault: str, of: int) -> None:
        self._database = database
        self._vault = vault
        self._of = of
        self._folder = database.path.with_name(f"{database.path.stem}-build")

    def begin(self) -> None:
        """Go on with what is there, if it is of the same kind; else begin anew. May be repeated."""
        with self._database.lock(fcntl.LOCK_EX, ".begin"):
            if self._begun() is not None:
                return
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder.mkdir(mode=0o700, parents=True)
            begun = {**self._kind(), "since": state(self._database)}
            _put(self._folder / _BEGUN, [json.dumps(begun)])

    def kept(self, n: int) -> str | None:
        """Return the listing of what part ``n`` was read from; ``None`` when it is not there."""
        try:
            with (self._folder / self._name(n)).open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
                end = json.loads(file.read().split(b"\n")[-2])
        except (FileNotFoundError, IndexError, ValueError):
            return None
        return str(end["listing"]) if isinstance(end, dict) else None

    def keep(self, n: int, source: Searchable, *, listing: Callable[[], str]) -> None:
        """Read part ``n`` into its file; ``listing`` is asked for when all is read."""
        try:
            _put(self._folder / self._name(n), self._lines(source, listing))
        except FileNotFoundError as err:
            raise Unavailable("another process put its index in place", code="E-INDEX-002") from err

    def missing(self) -> list[int]:
        """Return the parts that are not there."""
        return [n for n in range(1, self._of + 1) if self.kept(n) is None]

    def finish(self) -> Rebuilt:
        """Put all parts together beside the old index, compare, and put the new one in its place.

        ``Unavailable``: E-INDEX-002 when another rebuild was first, E-INDEX-003 when a part does not
        hold what was read.
        """
        with alone(self._database):
            begun = self._begun()
            if begun is None or self.missing():
                raise Unavailable("the parts of the new index are not, or no longer, there", code="E-INDEX-002")
            since: Since | None = (begun["since"][0], begun["since"][1]) if begun["since"] else None
            laid = (one for n in range(1, self._of + 1) for one in self._read(n))
            done = build(self._database, laid, since=since, vault=self._vault)
            shutil.rmtree(self._folder, ignore_errors=True)
            return done

    def _kind(self) -> dict[str, Any]:
        current = self._database.path
        generation = current.readlink().name if current.is_symlink() else None
        return {"vault": self._vault, "of": self._of, "version": VERSION, "beside": generation}

    def _begun(self) -> dict[str, Any] | None:
        try:
            begun = json.loads((self._folder / _BEGUN).read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        kind = self._kind()
        return dict(begun) if {name: begun.get(name) for name in kind} == kind else None

    def _name(self, n: int) -> str:
        return f"{n:04}-of-{self._of:04}.jsonl"

    def _lines(self, source: Searchable, listing: Callable[[], str]) -> Iterator[str]:
        tally = Tally()
        for asset, rows, prints in source:
            stored = stored_of(asset, rows)
            tally.add(len(stored), digest_of(asset, stored))
            yield json.dumps([asset, stored, sorted(spell_print(one) for one in prints)], separators=(",", ":"))
        yield json.dumps({"listing": listing(), **asdict(tally.contents())})

    def _read(self, n: int) -> Iterator[Laid]:
        """Yield a part's lines, and hold them against its last."""
        tally, path = Tally(), self._folder / self._name(n)
        with path.open(encoding="utf-8") as file:
            for line in file:
                one = json.loads(line)
                if isinstance(one, dict):
                    if {**asdict(tally.contents()), "listing": one["listing"]} == one:
                        return
                    break
                asset, stored, prints = one
                laid = [tuple(row) for row in stored]
                tally.add(len(laid), digest_of(asset, laid))
                yield asset, laid, [read_print(text) for text in prints]
        path.unlink()  # it is read anew the next time
        raise Unavailable(f"part {n} of the new index is damaged", code="E-INDEX-003")


def _put(path: Path, lines: Iterable[str]) -> None:
    """Write a file that appears whole and durable, or not at all."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with fresh.open("x", encoding="utf-8") as file:
            for line in lines:
                file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
