"""Mutations: files changed as chance and malice change them, each the same again for the same seed."""

import random
import re
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

LARGEST = 500_000
"""Sources above that many bytes are left out: what breaks parsers is structure, not size."""

FOLDERS = ("audio_formats", "hostile", "neardup", "ocr", "photo_exif", "photo_objects", "speech/en", "video")

_MOVING = frozenset({
    ".wav", ".mp3", ".mp4", ".mov", ".ogg", ".opus", ".amr", ".webm", ".avi", ".mkv", ".flac", ".m4a",
})  # fmt: skip
_SIZES = (0, 1, 7, 8, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF)
_NAMES = re.compile(
    rb"moov|mdat|trak|mdia|minf|stbl|stsd|stts|stsz|stco|stsc|elst|udta|meta|ilst|mvhd|tkhd|ftyp|uuid|iloc|iinf"
    rb"|RIFF|LIST|fmt |data|INFO|IHDR|IDAT|tEXt|eXIf|iCCP|OggS|fLaC|Exif|VP8 |VP8X|ANIM"
)
_INSERTED = (
    b"\x00\x00\x00\x08moov", b"\xff\xff\xff\xffudta" + b"A" * 64, b"\x00\x00\x00\x01mdat" + b"\xff" * 8,
    b"LIST\xff\xff\xff\xffINFO", b"\x00\x00\x00\x10elst" + b"\xff" * 8, b"\xff\xe1\x00\x02",
    b"\xff\xfe\xff\xff" + b"B" * 32,
    b"\x7f\xff\xff\xfftEXt" + b"C" * 16, b"#EXTM3U\nfile:///etc/passwd\n", b"<svg/>", b"PK\x03\x04" + b"\x00" * 26,
    b"ID3\x04\x00\xff\x7f\x7f\x7f\x7f", b"OggS\x00\x04" + b"\xff" * 20, b"\x1a\x45\xdf\xa3\xff", b"%PDF-1.7\n",
)  # fmt: skip

Data = bytearray
Change = Callable[[random.Random, Data, Data], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One changed file: what was done to which source, and the bytes."""

    number: int
    how: str
    source: str
    data: bytes

    @property
    def name(self) -> str:
        """A file name that says what it is; the suffix is the source's."""
        return f"{self.number:05d}-{self.how}{Path(self.source).suffix}"


def sources(testdata: Path, *others: Path) -> list[Path]:
    """Return the files to change, in one order: of the test media, good and bad, and of other folders."""
    found = [one for name in FOLDERS for one in (testdata / name).rglob("*") if one.is_file()]
    found += [one for folder in others if folder.is_dir() for one in folder.rglob("*") if one.is_file()]
    return sorted(one for one in found if 0 < one.stat().st_size <= LARGEST)


def mutants(files: Sequence[Path], count: int, *, seed: int) -> Iterator[Mutant]:
    """Yield so many changed files, at least half of them of sound and film; seed, number and sources decide each."""
    hows, moving = sorted(CHANGES), [one for one in files if one.suffix.lower() in _MOVING]
    for number in range(count):
        chance = random.Random(f"{seed} {number}")
        how = hows[number % len(hows)]
        source, other = chance.choice(moving if number % 2 else files), chance.choice(files)
        data = CHANGES[how](chance, bytearray(source.read_bytes()), bytearray(other.read_bytes()))
        yield Mutant(number=number, how=how, source=source.name, data=data)


def _bits(chance: random.Random, data: Data, _: Data) -> bytes:
    return _flipped(chance, data, len(data), chance.choice((1, 3, 10, 40)))


def _head(chance: random.Random, data: Data, _: Data) -> bytes:
    return _flipped(chance, data, min(len(data), 600), chance.choice((1, 4, 16)))


def _flipped(chance: random.Random, data: Data, within: int, times: int) -> bytes:
    for _ in range(times):
        data[chance.randrange(within)] ^= 1 << chance.randrange(8)
    return bytes(data)


def _cut(chance: random.Random, data: Data, _: Data) -> bytes:
    return bytes(data[: max(1, int(len(data) * chance.random()))])


def _swap(chance: random.Random, data: Data, _: Data) -> bytes:
    """Swap two pieces of the same length."""
    length = max(1, min(len(data) // 4, chance.choice((16, 512, 4096, 60_000))))
    one, other = sorted(chance.randrange(len(data) - length + 1) for _ in range(2))
    first, second = bytes(data[one : one + length]), bytes(data[other : other + length])
    data[one : one + length], data[other : other + length] = second, first
    return bytes(data)


def _length(chance: random.Random, data: Data, _: Data) -> bytes:
    """Write a wrong size where a container keeps one: before a box's name, after a chunk's."""
    size = chance.choice((*_SIZES, len(data), len(data) + 1, chance.randrange(1 << 32)))
    for place in chance.sample(places := _places(data), min(len(places), 2)):
        little = bytes(data[place : place + 4]) in {b"RIFF", b"LIST", b"fmt ", b"data", b"VP8 ", b"VP8X"}
        at = place + 4 if little else place - 4
        if 0 <= at <= len(data) - 4:
            data[at : at + 4] = struct.pack("<I" if little else ">I", size)
    if not places:  # JPEG segments and the like: two bytes, somewhere in the head
        data[chance.randrange(min(len(data), 600))] = chance.choice((0, 1, 0xFF))
    return bytes(data)


def _places(data: Data) -> list[int]:
    return [one.start() for one in _NAMES.finditer(data)]


def _insert(chance: random.Random, data: Data, _: Data) -> bytes:
    """Insert a box, chunk or segment that was not there, before one that is."""
    starts = [max(0, one - 4) for one in _places(data)] or [chance.randrange(len(data))]
    at = chance.choice(starts)
    data[at:at] = chance.choice(_INSERTED) * chance.choice((1, 1, 1, 300))
    return bytes(data)


def _double(chance: random.Random, data: Data, _: Data) -> bytes:
    """Put the head there twice."""
    head = chance.choice((8, 44, 512, 4096))
    return bytes(data[:head] + data)


def _splice(chance: random.Random, data: Data, other: Data) -> bytes:
    """Go on as another file somewhere."""
    return bytes(data[: chance.randrange(1, len(data) + 1)] + other[chance.randrange(len(other)) :])


def _blank(chance: random.Random, data: Data, _: Data) -> bytes:
    """Overwrite a run with one value, as a bad sector reads."""
    length = max(1, min(len(data) // 3, chance.choice((64, 4096, 65_536))))
    at = chance.randrange(len(data) - length + 1)
    data[at : at + length] = bytes([chance.choice((0, 0xFF))]) * length
    return bytes(data)


CHANGES: dict[str, Change] = {
    "bits": _bits, "head": _head, "cut": _cut, "swap": _swap, "length": _length, "insert": _insert,
    "double": _double, "splice": _splice, "blank": _blank,
}  # fmt: skip
