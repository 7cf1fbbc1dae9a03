"""Gazetteer index: the names of all settlements as sorted hashes and columns, made once, read in a moment."""

import json
import math
import tempfile
import unicodedata
import zipfile
from array import array
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.core.folding import VERSION as FOLDING
from pipeline.core.gazetteer import VERSION, loose_key, name_key
from pipeline.core.ports import Known
from pipeline.engines.exonyms import EXONYMS
from pipeline.engines.exonyms import VERSION as NAMES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Columns = dict[str, NDArray[np.generic]]

_CHUNK = 1 << 20
_SCRIPTS = ("LATIN", "ARABIC", "CYRILLIC", "GREEK", "HEBREW")
_VOWELS = frozenset("aeiouyäöü")
_ARTICLES = ("al", "el", "ar", "as", "at", "ad", "az", "an", "ash", "es", "ed", "de", "la", "le", "les", "d'", "'")
_CODE = 4
_VOWELLESS = 2
"""Letters that a part of a name may have without a vowel: *St*, *Ft*."""

# Where names are Arabic, Kurdish or Persian, and spelt in Latin letters as each writer pleases.
_TRANSLITERATED = frozenset(
    [
        "SY",
        "IQ",
        "LB",
        "JO",
        "PS",
        "EG",
        "TR",
        "IR",
        "YE",
        "SA",
        "KW",
        "AE",
        "QA",
        "BH",
        "OM",
        "LY",
        "TN",
        "DZ",
        "MA",
        "SD",
    ]
)
_COLUMNS = ("hash", "row", "main", "lat", "lon", "population", "country", "number", "names", "ends")
_MAIN, _ALIAS, _LOOSE = 2, 1, 0


def hashed(key: str) -> int:
    """Return 64 bits of a key: of a million names, one pair in a hundred million such sets would share them."""
    return int.from_bytes(blake2b(key.encode("utf-8", "replace"), digest_size=8).digest(), "big")


class GazetteerIndex:
    """Looks names up. Safe for several threads: nothing in it changes."""

    def __init__(self, columns: "Columns") -> None:
        self._columns = columns
        self._names = columns["names"].tobytes()

    def look_up(self, keys: Sequence[str]) -> dict[str, tuple[Known, ...]]:
        """Return the places of each key that is known, the likeliest first."""
        import numpy as np

        hashes = np.array([hashed(one) for one in keys], dtype=np.uint64)
        first = np.searchsorted(self._columns["hash"], hashes, side="left")
        last = np.searchsorted(self._columns["hash"], hashes, side="right")
        found = {}
        for key, start, end in zip(keys, first.tolist(), last.tolist(), strict=True):
            if end > start:
                places = {}
                for at in range(start, end):
                    one = self._known(int(self._columns["row"][at]), int(self._columns["main"][at]))
                    if one.id not in places or one.main:
                        places[one.id] = one
                found[key] = tuple(sorted(places.values(), key=lambda one: (-one.population, not one.main, one.id)))
        return found

    def _known(self, row: int, main: int) -> Known:
        columns = self._columns
        ends = columns["ends"]
        start = int(ends[row - 1]) if row else 0
        population = int(columns["population"][row])
        return Known(
            id=f"geonames:{int(columns['number'][row])}", name=self._names[start : int(ends[row])].decode(),
            kind="settlement", parent=None, country=bytes(columns["country"][row]).decode(),
            lat=float(columns["lat"][row]),
            lon=float(columns["lon"][row]), radius_m=settled_radius(population), population=population,
            main=main == _MAIN, own=False,
        )  # fmt: skip


def settled_radius(population: int) -> float:
    """Return metres from the middle of a settlement to its edge: it grows with the root of its area, as people do."""
    return round(min(25_000.0, max(1_500.0, 1_000.0 * math.cbrt(max(population, 1) / 1_000))), -2)


def open_index(file: Path, digest: str, folders: Sequence[Path]) -> GazetteerIndex:
    """Open what was made of the gazetteer ``file`` before, or make it, in the first folder that can be written."""
    name = f"names-{digest[:16]}-{VERSION}-{FOLDING}-{NAMES}.npz"
    for folder in folders:
        if columns := _read(folder / name):
            return GazetteerIndex(columns)
    columns = _make(file)
    for folder in folders:
        if _write(columns, folder / name):
            break
    return GazetteerIndex(columns)


def _read(file: Path) -> "Columns | None":
    import numpy as np

    try:
        with (
            file.open("rb") as stream,
            np.load(stream, allow_pickle=False) as stored,
        ):  # each column carries its own check sum
            return {name: stored[name] for name in _COLUMNS}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _write(columns: "Columns", file: Path) -> bool:
    import numpy as np

    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, suffix=".part", delete=False) as part:
            np.savez(part, allow_pickle=False, **columns)
        Path(part.name).chmod(0o644)  # temporary files are their maker's alone; the next reader may be another person
        Path(part.name).replace(file)
    except OSError:  # a folder that cannot be written: the next one, or making it again next time
        return False
    return True


def _make(file: Path) -> "Columns":
    import numpy as np

    hashes, rows, main = array("Q"), array("L"), array("B")
    lat, lon, population, number, ends = array("d"), array("d"), array("L"), array("L"), array("L")
    countries: list[bytes] = []
    names = bytearray()
    for row, one in enumerate(_rows(file)):
        for key, rank in _keys(one).items():
            hashes.append(hashed(key))
            rows.append(row)
            main.append(rank)
        lat.append(one["latitude"])
        lon.append(one["longitude"])
        population.append(max(0, int(one["population"] or 0)))
        number.append(int(one["geonameid"]))
        countries.append(str(one["countrycode"]).encode()[:2])
        names += str(one["name"]).encode()
        ends.append(len(names))
    order = np.argsort(np.asarray(hashes, dtype=np.uint64), kind="stable")
    return {
        "hash": np.asarray(hashes, dtype=np.uint64)[order], "row": np.asarray(rows, dtype=np.uint32)[order],
        "main": np.asarray(main, dtype=np.uint8)[order], "lat": np.asarray(lat), "lon": np.asarray(lon),
        "population": np.asarray(population, dtype=np.uint32), "number": np.asarray(number, dtype=np.uint32),
        "country": np.asarray(countries, dtype="S2"), "names": np.frombuffer(bytes(names), dtype=np.uint8),
        "ends": np.asarray(ends, dtype=np.uint32),
    }  # fmt: skip


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    """Read the objects of one large JSON object one by one: as a whole it would take most of a gigabyte."""
    decoder, buffer = json.JSONDecoder(), ""
    with file.open(encoding="utf-8") as stream:
        stream.read(1)  # the outer brace
        while chunk := stream.read(_CHUNK):
            buffer += chunk
            at = buffer.find("{")
            while at >= 0:
                try:
                    one, end = decoder.raw_decode(buffer, at)
                except json.JSONDecodeError:
                    break  # cut off by the end of what was read so far
                yield one
                buffer_from = end
                at = buffer.find("{", buffer_from)
                if at < 0 or len(buffer) - at < 4096:  # noqa: PLR2004 - objects are smaller; read on before trying
                    buffer = buffer[buffer_from:]
                    at = buffer.find("{") if len(buffer) >= _CHUNK else -1
        at = buffer.find("{")
        while at >= 0:
            one, end = decoder.raw_decode(buffer, at)
            yield one
            at = buffer.find("{", end)


def _keys(one: dict[str, Any]) -> dict[str, int]:
    """Return the keys of a place: its own name and plain spelling, its aliases, and loose spellings of them."""
    keys: dict[str, int] = {}
    own = name_key(one["name"])
    aliases = [name_key(alias) for alias in one["alternatenames"] if _serves(alias)]
    aliases += [name_key(alias) for alias in EXONYMS.get(one["geonameid"], ())]
    if one["countrycode"] in _TRANSLITERATED:
        keys |= {loose: _LOOSE for key in (own, *aliases) if (loose := loose_key(key))}
    keys |= dict.fromkeys((alias for alias in aliases if len(alias) > 1), _ALIAS)
    if own:
        keys[own] = _MAIN
    return keys


def _serves(alias: str) -> bool:
    """Tell whether an alias is a name: codes of airports and machine transliterations without vowels are none."""
    first = next((char for char in alias if char.isalpha()), "")
    script = unicodedata.name(first, "").partition(" ")[0] if first else ""
    if script not in _SCRIPTS:
        return False
    if script != "LATIN":
        return True
    if alias.isupper() and len(alias) <= _CODE:
        return False
    if first.islower() and not alias.startswith(_ARTICLES):
        return False
    return all(len(part) <= _VOWELLESS or not part.isascii() or _VOWELS & set(part) for part in name_key(alias).split())
