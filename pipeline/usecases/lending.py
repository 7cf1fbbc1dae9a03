"""Lending: the files of an asset that a person may look at: its own bytes, and what was made of them to be shown."""

import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.core.among import STAFF
from pipeline.core.conditions import Classification
from pipeline.core.gate import Decision
from pipeline.core.model import AssetId, Kind, Media
from pipeline.core.ports.media import RATE
from pipeline.errors import CODES, Corrupt
from pipeline.usecases.access import Access, Denied
from pipeline.usecases.documents import fold
from pipeline.usecases.home import Home
from pipeline.usecases.making import made

ORIGINAL, PICTURE, SOUND = "original", "picture", "sound"
_KEPT = ("thumbnail", "contact_sheet", "proxy")
ROLES = (*_KEPT, PICTURE, SOUND, ORIGINAL)
"""What may be asked for. ``picture`` and ``sound`` are made when they are first asked for, from decoded pixels and
samples: they carry none of the original's tags, so that who may not know the source can look and listen."""

_LONGEST = 1600
"""Pixels of the longest side of a ``picture``."""
_HEADER = 44
_LARGEST_WAVE = 2**32 - 1 - _HEADER

_SAFE = frozenset({
    "image/jpeg", "image/png", "image/gif", "image/webp", "image/avif", "image/bmp", "video/mp4", "video/webm",
    "video/ogg", "video/quicktime", "audio/mpeg", "audio/ogg", "audio/wav", "audio/x-wav", "audio/vnd.wave",
    "audio/mp4", "audio/aac", "audio/flac", "audio/webm",
})  # fmt: skip
"""Types that a browser shows or plays and never runs; all other bytes are bytes to it."""
_BYTES = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lent:
    """A file that may be read now: ``head`` comes before what stands in it; ``size`` counts both.

    ``lasting``: nothing forbids whoever looks at it to keep it until they ask again.
    """

    asset: AssetId
    role: str
    sha256: str
    size: int
    media_type: str
    lasting: bool
    open: Callable[[], AbstractContextManager[Path]]
    head: bytes = b""


def check(home: Home, access: Access, asset: AssetId, decision: Decision, role: str, *, taken: bool) -> None:
    """Raise unless a person who may see an asset may look at this file of it now.

    ``taken``: a program asks, which keeps what it reads; then copies must be allowed.
    """
    if role not in ROLES:
        raise Denied(CODES["E-FIND-004"].meaning, code="E-FIND-004")
    if role == ORIGINAL and decision.withheld:  # its tags would tell what is withheld
        raise Denied(CODES["H-SOURCE-001"].meaning, code="H-SOURCE-001")
    if taken and (decision.terms is None or not decision.terms.copy_allowed):
        raise Denied(CODES["H-COPY-001"].meaning, code="H-COPY-001")
    if role == "thumbnail" and asset in access.rulings.held:
        # Also who may know of it is not to meet it by chance.
        raise Denied(CODES["H-HOLD-001"].meaning, code="H-HOLD-001")
    if home.quarantine.holds(asset):
        raise Corrupt("in quarantine", code="E-VAULT-009")


def lend(home: Home, asset: AssetId, decision: Decision, role: str) -> Lent:
    """Find a file of an asset, or make it; ``Denied`` (E-FIND-004) when there is none of this role."""
    document = fold(home, asset)
    if role == ORIGINAL:
        kind = document["media_type"] if document["media_type"] in _SAFE else _BYTES
        found = _Found(asset, home.vault.asset(asset).bytes, kind, lambda: home.vault.original(asset))
    elif role in _KEPT:
        found = _preview(home, asset, document, role)
    else:
        found = _picture(home, asset, document) if role == PICTURE else _sound(home, asset, document)
    head = _wave_header(found.size) if role == SOUND else b""
    lent = Lent(
        asset=asset, role=role, sha256=found.sha256, size=len(head) + found.size, media_type=found.media_type,
        lasting=False, open=found.open, head=head,
    )  # fmt: skip
    return again(lent, decision)


def again(lent: Lent, decision: Decision) -> Lent:
    """Return what was lent before as conditions have it now."""
    terms = decision.terms
    if lent.media_type == _BYTES and not (terms and terms.copy_allowed):  # it can only be taken along
        raise Denied(CODES["H-COPY-001"].meaning, code="H-COPY-001")
    lasting = (
        lent.role != ORIGINAL and terms is not None and terms.copy_allowed and terms.view == STAFF
        and terms.consent is None and terms.classification.rank <= Classification.RESTRICTED.rank
    )  # fmt: skip
    return replace(lent, lasting=lasting)


class _Found(NamedTuple):
    """A file as it lies on a disk."""

    sha256: str
    size: int
    media_type: str
    open: Callable[[], AbstractContextManager[Path]]


def _preview(home: Home, asset: AssetId, document: Mapping[str, Any], role: str) -> _Found:
    found = next((one for one in _current(document, Kind.PREVIEWS)["derivatives"] if one["role"] == role), None)
    if found is None:
        raise Denied(CODES["E-FIND-004"].meaning, code="E-FIND-004")
    sha256 = str(found["sha256"])
    return _Found(sha256, int(found["bytes"]), str(found["media_type"]), lambda: _kept(home, asset, sha256))


@contextmanager
def _kept(home: Home, asset: AssetId, sha256: str) -> Iterator[Path]:
    file = home.vault.kept(asset, sha256) or home.derivatives.get(sha256)
    if file is None:
        raise Denied(CODES["E-FIND-004"].meaning, code="E-FIND-004")
    yield file


def _picture(home: Home, asset: AssetId, document: Mapping[str, Any]) -> _Found:
    if document["media"] != Media.IMAGE:
        raise Denied(CODES["E-FIND-004"].meaning, code="E-FIND-004")

    def make(to: Path) -> None:
        with home.vault.original(asset) as path:
            home.tools.reduce(path, to, _LONGEST)

    return _made(home, asset, PICTURE, "image/jpeg", make)


def _sound(home: Home, asset: AssetId, document: Mapping[str, Any]) -> _Found:
    """Return the samples of the first stream of sound, as they were analysed."""
    streams = _current(document, Kind.AUDIO)["body"].get("streams", ())
    if document["media"] != Media.AUDIO or not streams:
        raise Denied(CODES["E-FIND-004"].meaning, code="E-FIND-004")

    def make(to: Path) -> None:
        with home.vault.original(asset) as path:
            home.tools.decode_audio(path, streams[0]["stream"], to)

    return _made(home, asset, SOUND, "audio/wav", make)


def _made(home: Home, asset: AssetId, role: str, media_type: str, make: Callable[[Path], object]) -> _Found:
    file, sha256 = made(home, asset, role, make)
    # Between two ranges it may have been swept: then it is made again.
    return _Found(
        sha256, file.stat().st_size, media_type, lambda: nullcontext(made(home, asset, role, make)[0])
    )  # fmt: skip


def _current(document: Mapping[str, Any], kind: Kind) -> Mapping[str, Any]:
    current: Iterator[dict[str, Any]] = (
        one for one in document["enrichments"] if one["kind"] == kind and one["current"]
    )  # fmt: skip
    return next(current, {"derivatives": [], "body": {}})


def _wave_header(size: int) -> bytes:
    """Return what makes samples a WAVE file; of more than it can count, it says the most that it can."""
    size = min(size, _LARGEST_WAVE)
    shape = struct.pack("<IHHIIHH", 16, 1, 1, RATE, RATE * 2, 2, 16)
    return b"RIFF" + struct.pack("<I", size + _HEADER - 8) + b"WAVEfmt " + shape + b"data" + struct.pack("<I", size)
