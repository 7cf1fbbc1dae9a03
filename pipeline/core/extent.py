"""Extent: how much of a recording was there to read, and how much was read.

What a container declares is a claim. It is believed while it is plausible for the bytes and for
what was decoded; coverage then says how far the decoder came towards it.
"""

import math

from pipeline.core.model import Coverage

LEAST_BYTES_A_SECOND = 25
"""Below 200 bit/s nothing that sounds or moves can be stored: the sparest speech codecs need three times that."""

GRACE = 0.3
"""Seconds by which a declared end may differ from a decoded one: containers round to packets and count padding."""

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
    *, declared: float | None, decoded: float, size: int, clean: bool, errors: int = 0, grace: float = GRACE
) -> Coverage:
    """Return the coverage of one stream in seconds.

    A decoder that ends cleanly within ``grace`` of the promise has kept it. A shortfall is a gap
    from where decoding ended to where the promise ends.
    """
    decoded = round(decoded, 3)
    # An error behind the promised end is rubbish after the recording, not a loss.
    ended_badly = not clean and not (declared is not None and decoded >= declared)
    flags = ["decode_error"] if ended_badly else ["decode_warnings"] if errors or not clean else []
    if declared is None or not believable(declared, size, decoded):
        flags += ["declared_implausible"] if declared is not None else []
        return Coverage(unit="seconds", of=None, read=decoded, flags=tuple(flags))
    of = round(declared, 3)
    if abs(of - decoded) <= grace:
        return Coverage(unit="seconds", of=of, read=of, flags=tuple(flags))
    gaps = ((decoded, of, "E-MEDIA-007"),) if decoded < of else ()
    return Coverage(unit="seconds", of=of, read=min(decoded, of), gaps=gaps, flags=tuple(flags))


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
