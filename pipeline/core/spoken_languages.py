"""Spoken languages: in which language each window of a recording is read, and where none is."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from pipeline.core.doubt import told
from pipeline.core.ports import Region, WindowTongues

_BRIEF = 3.0
"""Seconds of speech below which a window tells too little of its language to stand against the rest of its stream."""

_POSSIBLE = 0.1
_BREATH = 1.0


def groups(regions: Sequence[Region], reach: float) -> Iterable[list[Region]]:
    """Take as much speech at a time as the engine reaches: what it computed for the language serves for the words."""
    group: list[Region] = []
    seconds = 0.0
    for one in regions:
        if group and seconds + one.end - one.start > reach:
            yield group
            group, seconds = [], 0.0
        group.append(one)
        seconds += one.end - one.start
    yield group


def without_breaths(spans: Iterable[Region]) -> Iterable[Region]:
    """Join what only a breath keeps apart."""
    joined: list[Region] = []
    for one in spans:
        if joined and one.start - joined[-1].end <= _BREATH:
            joined[-1] = Region(start=joined[-1].start, end=one.end)
        else:
            joined.append(one)
    return joined


def seconds_of(spans: Iterable[Region]) -> float:
    """Return how long is spoken in all of them."""
    return sum(one.end - one.start for one in spans)


def choose(
    windows: Sequence[WindowTongues], spoken: Sequence[float], so_far: Counter[str], reliability: Mapping[str, str]
) -> list[str | None]:
    """Say in which language to read each window; ``None`` where it is untold, or none that the card lists.

    ``spoken`` is how many seconds are spoken in each; ``so_far`` counts the milliseconds of each language in the
    stream, and goes on.
    """
    chosen_for: list[str | None] = []
    for window, lasts in zip(windows, spoken, strict=True):
        name = window.candidates[0][0] if window.candidates else ""
        reads = reliability.get(name)
        chosen_for.append(name if reads and told(window.candidates, reads) else None)
        if language := chosen_for[-1]:
            so_far[language] += round(lasts * 1000)
    if not so_far:
        return chosen_for
    (usual, _), *_rest = so_far.most_common(1)
    return [
        usual if language is None and lasts < _BRIEF and _may_be(window, usual, reliability) else language
        for window, lasts, language in zip(windows, spoken, chosen_for, strict=True)
    ]


def _may_be(window: WindowTongues, language: str, reliability: Mapping[str, str]) -> bool:
    """Tell whether a brief window whose language is untold may be in the language of the rest."""
    if outside(window, reliability):
        return False
    return dict(window.candidates).get(language, 0.0) >= _POSSIBLE


def outside(window: WindowTongues, reliability: Mapping[str, str]) -> str | None:
    """Return the language that is heard where the card does not list it; ``None`` when none can be told."""
    name = window.candidates[0][0] if window.candidates else ""
    return name if name not in reliability and told(window.candidates, None) else None
