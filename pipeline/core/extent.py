"""Extent: how much of a recording was there to read, and how much was read.

What a container declares is a claim. It is believed while it is plausible for the bytes and for
what was decoded; coverage then says how far the decoder came towards it.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import BinaryIO

from pipeline.core.model import Coverage, Enrichment, Outcome
from pipeline.core.ogg_pages import closed

LEAST_BYTES_A_SECOND = 25
"""Below 200 bit/s nothing that sounds or moves can be stored: the sparest speech codecs need three times that."""

GRACE = 0.3
"""Seconds by which a declared end may differ from a decoded one: containers round to packets and count padding."""

UNREAD = frozenset({Outcome.REFUSED, Outcome.UNSUPPORTED, Outcome.FAILED, Outcome.HELD})
"""Outcomes of an input that had something to give, and did not."""

_LOST = "E-MEDIA-007"
_OVERRUN = 1.1
_ESTIMATED = frozenset({"aac", "ac3", "eac3", "amr", "amrnb", "amrwb", "dts", "h264", "hevc", "m4v", "mpegvideo"})
"""Streams without a container: their duration is the prober's estimate, not anybody's promise."""


def believable(declared: float | None, size: int, decoded: float) -> bool:
    """Tell whether ``size`` bytes that gave ``decoded`` seconds can hold what is declared.

    No when nothing sensible is declared, when the bytes could not carry it even as the sparest
    speech, or when more than a tenth (and more than a second) beyond it was decoded.
    """
    if declared is None or not math.isfinite(declared) or declared <= 0:
        return False
    if declared > max(size / LEAST_BYTES_A_SECOND, decoded):
        return False
    return decoded <= max(declared * _OVERRUN, declared + 1)


def promised(container: str) -> bool:
    """Tell whether a container (ffprobe's format name) states its duration, rather than having it guessed."""
    return container.partition(",")[0] not in _ESTIMATED


def seconds_covered(
    *,
    declared: float | None,
    decoded: float,
    size: int,
    clean: bool,
    errors: int = 0,
    grace: float = GRACE,
    holes: Iterable[tuple[float, float]] = (),
    flags: Iterable[str] = (),
) -> Coverage:
    """Return the coverage of one stream in seconds; ``decoded`` counts the ``holes`` within.

    A decoder that ends cleanly within ``grace`` of the promise has kept it. A shortfall is a gap
    from where decoding ended to where the promise ends; where decoding stumbled before and then
    went well to the end, what is missing may as well lie before: ``place_unknown``.
    """
    decoded = round(decoded, 3)
    gaps = [(round(start, 3), round(end, 3), _LOST) for start, end in holes]
    lost = sum(end - start for start, end, _ in gaps)
    # An error behind the promised end is rubbish after the recording, not a loss.
    ended_badly = not clean and not (declared is not None and decoded >= declared)
    notes = {*flags, *(["decode_error"] if ended_badly else ["decode_warnings"] if errors or not clean else [])}
    of = None if declared is None or not believable(declared, size, decoded) else round(declared, 3)
    reached = decoded
    if of is None:
        notes |= {"declared_implausible"} if declared is not None else set()
    elif decoded < of - grace:
        gaps.append((decoded, of, _LOST))
        notes |= {"place_unknown"} if errors and clean else set()
    else:
        reached = of
    read = round(max(reached - lost, 0.0), 3)
    return Coverage(unit="seconds", of=of, read=read, gaps=tuple(sorted(gaps)), flags=tuple(sorted(notes)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """How a stream decoded: its seconds with the holes in them, or nothing; the frames, where it is picture."""

    lasted: float | None
    errors: int
    clean: bool
    holes: tuple[tuple[float, float], ...] = ()
    frames: int = 0

    @property
    def sounding(self) -> float:
        """The seconds without the holes."""
        return (self.lasted or 0.0) - sum(end - start for start, end in self.holes)

    def covered(
        self, *, declared: float | None, size: int, rate: float | None, frames: int | None, flags: Iterable[str]
    ) -> Coverage:
        """Return the coverage; ``rate`` and ``frames`` are a picture's frames, each second and in all, as promised."""
        covered = seconds_covered(
            declared=declared, decoded=self.lasted or 0.0, size=size, clean=self.clean, errors=self.errors,
            grace=max(GRACE, 2 / rate) if rate else GRACE, holes=self.holes, flags=flags,
        )  # fmt: skip
        # A container that counts no frames promises those that fit its duration, but for the last.
        expected = frames or (int(covered.of * rate) - 1 if covered.of and rate else 0)
        if not self.errors or not 0 < self.frames < expected:
            return covered
        notes = tuple(sorted({*covered.flags, "decode_error"} - {"decode_warnings"}))
        if covered.of is None:
            return replace(covered, flags=notes)
        read = round(covered.of * self.frames / expected, 3)
        return replace(covered, read=read, flags=notes) if read < covered.read else covered


def cut_short(container: str, file: BinaryIO) -> tuple[str, ...]:
    """Return the flags of a file whose own end is missing: then what it declares is only what is left of it."""
    return ("decode_error", "end_missing") if container == "ogg" and not closed(file) else ()


def together(parts: tuple[Coverage, ...]) -> Coverage:
    """Add up the coverage of several streams: all their seconds, promised and read."""
    promises = [one.of for one in parts if one.of is not None]
    return Coverage(
        unit="seconds",
        of=round(sum(promises), 3) if len(promises) == len(parts) else None,
        read=round(sum(one.read for one in parts), 3),
        gaps=tuple(sorted({gap for one in parts for gap in one.gaps})),
        flags=tuple(sorted({flag for one in parts for flag in one.flags})),
    )


def missed(one: Enrichment) -> tuple[str, ...]:
    """Return the codes of what an input left unread: of all of it where it gave nothing, else of its gaps."""
    if one.outcome in UNREAD:
        return (one.code or _LOST,)
    if one.coverage is None or not one.coverage.partial:
        return ()
    return tuple(sorted({code for *_, code in one.coverage.gaps})) or (_LOST,)
