"""Tag: names for what a picture shows as a whole, in the words that investigators search with."""

from pipeline.core.body import Body, Score, Seconds
from pipeline.core.model import Kind
from pipeline.core.ports import Named, Still, Tagger
from pipeline.stages.base import LOOKING, Job, Result, done, empty, stage
from pipeline.stages.looking import LOOKS_AT, Names, covered, look, names_of, nothing_to_see


class Tag(Body):
    """A name for a picture. ``score`` is the model's own; ``calibrated`` a probability, where one was measured."""

    label: str
    score: Score
    calibrated: Score | None
    t: Seconds | None
    pts: int | None
    time_base: str | None
    frame: int | None
    term: str | None
    names: Names | None


class Tags(Body):
    """The names of each frame, surest first; ``calibration`` and ``unseen`` as of objects."""

    tags: tuple[Tag, ...]
    calibration: str | None
    unseen: tuple[str, ...]


@stage(
    version=2, reads=(Kind.PROBE,), maybe=(Kind.KEYFRAMES,), writes=Kind.TAGS, engine=Tagger, media=LOOKS_AT,
    task="tag_objects", tools=("pillow",), limits=LOOKING,
)  # fmt: skip
def tag(job: Job, tagger: Tagger) -> Result:
    """Name the photograph, or each keyframe; nothing sure enough to be told is an empty result."""
    stills = job.stills()
    if not stills:
        return nothing_to_see(job)
    tags = tuple(_tag(still, one, tagger) for still, named in look(stills, tagger.tag) for one in named)
    body = Tags(tags=tags, calibration=tagger.calibration, unseen=tagger.unseen)
    if not tags:
        return empty("N-TAG-001", "no name is sure enough to be told", body=body, coverage=covered(job, stills))
    return done(body, coverage=covered(job, stills))


def _tag(still: Still, named: Named, tagger: Tagger) -> Tag:
    term, names = names_of(tagger.terms, named.label)
    return Tag(
        label=named.label, score=named.score, calibrated=named.calibrated, t=still.t, pts=still.pts,
        time_base=still.time_base, frame=still.frame, term=term, names=names,
    )  # fmt: skip
