"""Looking: what the stages that look at pictures share: which stills, how many of them, and what is known of a term."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from pipeline.core.body import Body
from pipeline.core.model import Coverage, Kind, Media
from pipeline.core.ports import Pixels, Still
from pipeline.core.streams import still as stays
from pipeline.core.vocabulary import Term
from pipeline.errors import Refused
from pipeline.stages.base import Job, Result, not_applicable

LOOKS_AT = frozenset({Media.IMAGE, Media.VIDEO})

_AT_ONCE = 16
_BEYOND, _LOST = "E-MEDIA-004", "E-MEDIA-007"
Seen = TypeVar("Seen")


class Names(Body):
    """What a term is called, in English and Arabic."""

    en: str
    ar: str


def names_of(terms: Mapping[str, Term], label: str) -> tuple[str | None, Names | None]:
    """Return the id and the names of the term that a label stands for, if it stands for one."""
    term = terms.get(label)
    return (term.id, Names(en=term.en, ar=term.ar)) if term else (None, None)


def look(stills: Sequence[Still], ask: Callable[[Sequence[Pixels]], Sequence[Seen]]) -> Iterator[tuple[Still, Seen]]:
    """Show an engine all stills, some at a time, and yield each with its answer."""
    for at in range(0, len(stills), _AT_ONCE):
        some = stills[at : at + _AT_ONCE]
        yield from zip(some, ask([one.small for one in some]), strict=True)


def covered(
    job: Job, stills: Sequence[Still], *, unread: Sequence[tuple[float, float, str]] = (), left_out: bool = True
) -> Coverage:  # fmt: skip
    """Say how many pictures were looked at, of how many: keyframes beyond the ceiling count as not read.

    A photograph that was decoded in part counts for that part, and so does what moves: its gaps stand at the end.
    ``unread`` are the stills that the stage itself could not read; ``left_out`` tells whether the ceiling counts.
    """
    beyond = int(job.body(Kind.KEYFRAMES).get("left_out", 0)) if left_out else 0
    of, gaps, missing = len(stills) + beyond, list(unread), 0.0
    if job.body(Kind.FORMAT).get("media") == Media.IMAGE:
        probed = job.known[Kind.PROBE].coverage
        if stills and probed and probed.partial:
            share = probed.read / probed.of if probed.of else 0.0
            missing = 1 - share if (0.0, 1.0) not in {one[:2] for one in unread} else 0.0
            gaps += [(round(share, 3), 1.0, _LOST)] if missing else []
    watched = job.known[Kind.KEYFRAMES].coverage if Kind.KEYFRAMES in job.known else None
    if watched and watched.partial:
        codes = {code for *_, code in watched.gaps if code != _BEYOND} or ({_LOST} if not watched.gaps else set())
        gaps += [(float(of), float(of), code) for code in sorted(codes)]
    read = round(len(stills) - len(unread) - missing, 3)
    return Coverage(unit="frames", of=of, read=read, gaps=tuple(sorted(gaps)))


def nothing_to_see(job: Job) -> Result:
    """Settle material without a picture: sound alone does not concern us; a film that shows none is refused."""
    streams = job.body(Kind.PROBE).get("streams", ())
    if any(one["type"] == "video" and not stays(one["disposition"]) for one in streams):
        raise Refused("no picture of it could be decoded", code="E-MEDIA-002")
    return not_applicable("N-MEDIA-001", "there is no picture in it")
