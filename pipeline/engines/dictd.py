"""Dictd: dictionaries in the format of the DICT server, an index of headwords and a text read in pieces."""

import re
import struct
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path

from pipeline.errors import Misconfigured

_DIGITS = {
    char: number for number, char in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
}
"""Positions in an index are written in these, the most significant first."""

_MAGIC = b"\x1f\x8b\x08"
_HEADER = 10
_EXTRA, _NAME, _COMMENT, _CHECK = 4, 8, 16, 2
_KEPT = 8

_PHONETIC = re.compile(r"\s*/[^/]*/.*$", re.DOTALL)
_NOT_A_SENSE = re.compile(r"(?:see|note|synonyms?|antonyms?|compare|example)\s*:|[\"“„]", re.IGNORECASE)
_NUMBERED = re.compile(r"^\d+\.\s*")
_GRAMMAR = re.compile(r"<[^>]*>[^,;]*|\[[^\]]*\]|\{[^}]*\}|/[^/]*/")


class Dictionary:
    """One dictionary. Its index is read at once, its text where it is asked for."""

    def __init__(self, index: Path, text: Path, key: Callable[[str], str]) -> None:
        self._text = _Pieces(text)
        self._places: dict[str, str] = {}
        for line in index.read_text(encoding="utf-8").splitlines():
            headword, _, place = line.partition("\t")
            if headword.startswith("00") or " " in headword:
                continue  # what the dictionary says of itself, and phrases: a gloss goes word by word
            known = key(headword)
            if known:
                self._places[known] = f"{self._places[known]}\n{place}" if known in self._places else place

    def __contains__(self, key: str) -> bool:
        return key in self._places

    def senses(self, key: str, most: int) -> tuple[str, ...]:
        """Return what a headword means, the first sense of each of its articles before their others."""
        articles = [_senses(text) for text in self._articles(key)]
        longest = max(map(len, articles), default=0)
        found = (one[n] for n in range(longest) for one in articles if n < len(one))
        return tuple(dict.fromkeys(found))[:most]

    def headword(self, key: str) -> str:
        """Return how the dictionary itself spells the headword of a key that it has."""
        return _PHONETIC.sub("", next(self._articles(key)).partition("\n")[0]).strip()

    def _articles(self, key: str) -> Iterator[str]:
        for place in self._places.get(key, "").splitlines():
            start, _, size = place.partition("\t")
            yield self._text.read(_number(start), _number(size)).decode("utf-8")


def _senses(article: str) -> list[str]:
    headword, _, rest = article.partition("\n")
    if _PHONETIC.sub("", headword).endswith("…") or headword.startswith("-"):
        return []  # a part of words, not a word
    found = []
    for line in map(str.strip, rest.splitlines()):
        if line and not _NOT_A_SENSE.match(line):
            plain = _GRAMMAR.sub("", _NUMBERED.sub("", line))
            found += [" ".join(one.split()) for one in re.split("[,;]", plain)]
    return [one for one in found if one]


def _number(text: str) -> int:
    value = 0
    for char in text:
        value = value * 64 + _DIGITS[char]
    return value


class _Pieces:
    """A file compressed by dictzip: gzip whose header lists pieces, each of which can be unpacked alone."""

    def __init__(self, file: Path) -> None:
        self._data = file.read_bytes()
        try:
            self._length, self._starts = _pieces(self._data)
        except (struct.error, ValueError, IndexError) as err:
            raise Misconfigured(f"{file}: not a dictzip file: {err}", code="E-CONF-005") from err
        self._kept: OrderedDict[int, bytes] = OrderedDict()

    def read(self, start: int, size: int) -> bytes:
        """Return ``size`` bytes of the text from ``start`` on."""
        first, last = start // self._length, (start + size) // self._length
        joined = b"".join(self._piece(number) for number in range(first, min(last, len(self._starts) - 2) + 1))
        offset = start - first * self._length
        return joined[offset : offset + size]

    def _piece(self, number: int) -> bytes:
        kept = self._kept.pop(number, None)
        if kept is None:
            packed = self._data[self._starts[number] : self._starts[number + 1]]
            kept = zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, self._length)
        self._kept[number] = kept
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return kept


def _pieces(data: bytes) -> tuple[int, list[int]]:
    """Return how long a piece is when unpacked, and where each starts; the last number is where they end."""
    flags = data[3]
    if data[:3] != _MAGIC or not flags & _EXTRA:
        raise ValueError("no list of pieces")
    (extra,) = struct.unpack_from("<H", data, _HEADER)
    name, _size, version, length, count = struct.unpack_from("<2sHHHH", data, _HEADER + 2)
    if name != b"RA" or version != 1:
        raise ValueError("no list of pieces that is known")
    sizes = struct.unpack_from(f"<{count}H", data, _HEADER + 12)
    at = _HEADER + 2 + extra
    for flag in (_NAME, _COMMENT):
        if flags & flag:
            at = data.index(b"\0", at) + 1
    starts = [at + 2 if flags & _CHECK else at]
    for size in sizes:
        starts.append(starts[-1] + size)
    return length, starts
