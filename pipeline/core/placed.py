"""Placed: the body of a places enrichment: claims, tracks, and which claim to show first."""

from pipeline.core.body import Body, Degrees, Metres, Score, Seconds
from pipeline.core.position import Source


class Acquisition(Body):
    """One way in which the asset came: what is known only through it is shown only with it."""

    batch: str
    n: int


class OnTrack(Body):
    """One fix of a track."""

    lat: Degrees
    lon: Degrees
    t: Seconds | None


class Leap(Body):
    """Two fixes that follow each other farther apart than anything moves; ``t`` is the second one's."""

    t: Seconds | None
    metres: Metres


class Way(Body):
    """A track, thinned. ``count``: all fixes; ``strays``: those left out beyond jumps; ``extent``: S, W, N, E."""

    count: int
    strays: int
    length_m: Metres
    extent: tuple[Degrees, Degrees, Degrees, Degrees]
    fixes: tuple[OnTrack, ...]
    jumps: tuple[Leap, ...]


class Claim(Body):
    """One claim: WGS 84, a radius in metres, the nearest settlement's name. ``agrees_with``: indices of claims.

    ``text``: the words that carry it; ``times``: every second at which they are said or seen, ``t`` the first.
    ``found_in``: metadata, tags, track, sidecar, filename, transcript, translation or ocr. ``acquisition``: set
    for what only a file name or a side-car says. ``track``: the way on which ``lat`` and ``lon`` are one end.
    """

    lat: Degrees
    lon: Degrees
    radius_m: Metres
    source: Source
    name: str | None
    admin: str | None
    country: str | None
    text: str
    confidence: Score
    t: Seconds | None
    times: tuple[Seconds, ...]
    found_in: str | None
    acquisition: Acquisition | None
    track: Way | None
    agrees_with: tuple[int, ...]
    conflicts_with: tuple[int, ...]
    notes: tuple[str, ...]


class Best(Body):
    """The claim to show first, and why."""

    claim: int
    reasons: tuple[str, ...]


class Places(Body):
    """Claims side by side; ``best`` is null where nothing decides between those that conflict.

    ``left_out``: how many of the least trusted claims are not listed.
    """

    claims: tuple[Claim, ...]
    best: Best | None
    left_out: int
