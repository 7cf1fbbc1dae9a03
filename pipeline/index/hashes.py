"""Hashes: what copies are found by, laid out so that a look-up costs the same in a thousand and in many millions.

A hash of 256 bits is cut into bands, its bits dealt out in turn. Two hashes that differ in few bits agree in one
band at least, or differ there in a single bit: so a look-up asks for each band as it is, and with each of its
bits changed. A value of sound (32 bits) is one band.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pipeline.core.model import Kind, Outcome
from pipeline.core.ports import Print
from pipeline.core.prints import CHROMAPRINT, FLAT, PDQ, WINDOWS, read_sound, read_windows

SCHEMA = """
CREATE TABLE printed (asset TEXT PRIMARY KEY, digest TEXT NOT NULL, change INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX printed_by_change ON printed (change);
CREATE TABLE prints (id INTEGER PRIMARY KEY, asset TEXT NOT NULL, print TEXT NOT NULL);
CREATE INDEX prints_by_asset ON prints (asset);
CREATE TABLE bands (key INTEGER NOT NULL, print INTEGER NOT NULL, PRIMARY KEY (key, print)) WITHOUT ROWID;
"""

_BANDS = 11
"""Of a whole picture: one of 31 wrong bits at most falls into one of them thrice or less, mostly once."""
_WINDOW_BANDS = 4
"""Of a window: a picture has many, and one that is found is enough."""
_WHOLE, _WINDOW, _SOUND = 0, 1, 2
_COMMON = 1000
"""What more prints share than this tells nothing of any of them."""

_LANES = tuple(tuple(range(band, 256, _BANDS)) for band in range(_BANDS))

Json = Mapping[str, Any]


def prints_of(document: Json) -> list[Print]:
    """Return what copies of a document's asset are found by: current fingerprints, without what is flat."""
    found: list[Print] = []
    for one in document["enrichments"]:
        if one["kind"] == Kind.FINGERPRINT and one["current"] and one["outcome"] == Outcome.DONE:
            acquisition = one.get("of_acquisition")
            common = {"enrichment": one["id"], "of_acquisition": tuple(acquisition) if acquisition else None}
            found += _of_pictures(one["body"]["hashes"], common)
            found += [
                Print(**common, sound=True, t=it["t"], place=it["stream"], values=_bytes_of_sound(it["value"]))
                for it in one["body"]["hashes"]
                if it["algorithm"] == CHROMAPRINT and FLAT not in it["flags"]
            ]
    return found


def _of_pictures(hashes: Sequence[Json], common: dict[str, Any]) -> Iterator[Print]:
    windows = {it["frame"]: it["value"] for it in hashes if it["algorithm"] == WINDOWS}
    for it in hashes:
        if it["algorithm"] != PDQ:
            continue
        told = FLAT not in it["flags"]
        if told or it["frame"] in windows:
            values = (it["value"], *it["turned"].values()) if told else ()
            yield Print(
                **common, sound=False, t=it["t"], place=it["frame"], width=it["width"], height=it["height"],
                values=tuple(bytes.fromhex(value) for value in values), windows=windows.get(it["frame"], ""),
            )  # fmt: skip


def _bytes_of_sound(text: str) -> tuple[bytes, ...]:
    return tuple(value.to_bytes(4) for value in read_sound(text))


# --- keeping


def keep_prints(connection: sqlite3.Connection, asset: str, prints: Sequence[Print]) -> None:
    """Make these the only prints of an asset, within the caller's transaction; equal ones write nothing."""
    spelled = sorted(spell_print(one) for one in prints)
    digest = hashlib.sha256("\n".join(spelled).encode()).hexdigest()
    known = connection.execute("SELECT digest FROM printed WHERE asset = ?", (asset,)).fetchone()
    if known == (digest,) or (known is None and not spelled):
        return
    for number, text in connection.execute("SELECT id, print FROM prints WHERE asset = ?", (asset,)).fetchall():
        connection.executemany(
            "DELETE FROM bands WHERE key = ? AND print = ?", ((key, number) for key in _kept_under(read_print(text)))
        )
        connection.execute("DELETE FROM prints WHERE id = ?", (number,))
    for text in spelled:
        number = connection.execute("INSERT INTO prints (asset, print) VALUES (?, ?)", (asset, text)).lastrowid
        connection.executemany(
            "INSERT OR IGNORE INTO bands (key, print) VALUES (?, ?)",
            ((key, number) for key in _kept_under(read_print(text))),
        )
    connection.execute(
        "INSERT OR REPLACE INTO printed (asset, digest, change) SELECT ?, ?, coalesce(max(change), 0) + 1 FROM printed",
        (asset, digest),
    )


def prints_in(connection: sqlite3.Connection, asset: str) -> list[Print]:
    """Return what copies of an asset are found by."""
    rows = connection.execute("SELECT print FROM prints WHERE asset = ? ORDER BY print", (asset,))
    return [read_print(text) for (text,) in rows]


def prints_changed_since(connection: sqlite3.Connection, change: int) -> Iterator[str]:
    """Name the assets whose prints were changed after a change."""
    for (asset,) in connection.execute("SELECT asset FROM printed WHERE change > ? ORDER BY change", (change,)):
        yield asset


def last_print_change(connection: sqlite3.Connection) -> int:
    """Return the number of the last change."""
    return int(connection.execute("SELECT coalesce(max(change), 0) FROM printed").fetchone()[0])


def spell_print(one: Print) -> str:
    """Spell a print as it is kept."""
    place = [one.enrichment, one.sound, one.t, one.place, one.width, one.height, one.of_acquisition]
    # Of a whole picture one orientation is enough: who looks brings the others.
    values = one.values if one.sound else one.values[:1]
    return json.dumps([*place, b"".join(values).hex(), one.windows], separators=(",", ":"))


def read_print(text: str) -> Print:
    """Read a print that was kept."""
    enrichment, sound, t, place, width, height, acquisition, values, windows = json.loads(text)
    data, size = bytes.fromhex(values), 4 if sound else 32
    return Print(
        enrichment=enrichment, sound=sound, t=t, place=place, width=width, height=height,
        values=tuple(data[at : at + size] for at in range(0, len(data), size)), windows=windows,
        of_acquisition=tuple(acquisition) if acquisition else None,
    )  # fmt: skip


# --- looking up


def candidates(connection: sqlite3.Connection, mine: Print, most: int) -> tuple[list[tuple[str, Print]], bool]:
    """Return the prints that may be copies, likeliest first, and whether that is all of them."""
    hits: dict[int, int] = {}
    keys = json.dumps(sorted(set(_asked_under(mine))))
    sharing = connection.execute(
        "SELECT (SELECT group_concat(print) FROM (SELECT print FROM bands WHERE key = asked.value LIMIT ?)) "
        "FROM json_each(?) AS asked",
        (_COMMON + 1, keys),
    )
    for (some,) in sharing:
        numbers = some.split(",") if some else ()
        if len(numbers) <= _COMMON:
            for number in map(int, numbers):
                hits[number] = hits.get(number, 0) + 1
    best = sorted(hits, key=lambda number: (-hits[number], number))
    found = connection.execute(
        "SELECT prints.asset, prints.print FROM json_each(?) AS wanted JOIN prints ON prints.id = wanted.value",
        (json.dumps(best[:most]),),
    )
    return [(asset, read_print(text)) for asset, text in found], len(best) <= most


def _kept_under(one: Print) -> set[int]:
    if one.sound:
        return {_key(_SOUND, 0, int.from_bytes(value)) for value in one.values}
    keys = {key for value in one.values[:1] for key in _bands(_WHOLE, value, _BANDS)}
    return keys.union(*(_bands(_WINDOW, it.value, _WINDOW_BANDS) for it in read_windows(one.windows)))


def _asked_under(one: Print) -> Iterator[int]:
    if one.sound:
        yield from _kept_under(one)
        return
    for value in one.values:
        yield from _around(_WHOLE, value, _BANDS)
    for window in read_windows(one.windows):
        for value in (window.value, window.mirrored):
            yield from _around(_WINDOW, value, _WINDOW_BANDS)


def _bands(sort: int, value: bytes, most: int) -> Iterable[int]:
    bits = f"{int.from_bytes(value):0256b}"
    for band, lane in enumerate(_LANES[:most]):
        yield _key(sort, band, int("".join(bits[bit] for bit in lane), 2))


def _around(sort: int, value: bytes, most: int) -> Iterator[int]:
    for band, key in enumerate(_bands(sort, value, most)):
        yield key
        for bit in range(len(_LANES[band])):
            yield key ^ (1 << bit)


def _key(sort: int, band: int, value: int) -> int:
    return sort << 40 | band << 32 | value
