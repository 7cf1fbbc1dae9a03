"""Detect: things in the picture, each with its place, followed from keyframe to keyframe."""

from pipeline.core.body import Body, Fraction01, Score, Seconds
from pipeline.core.following import follow
from pipeline.core.model import Kind
from pipeline.core.ports import Detector, Found, Still
from pipeline.stages.base import LOOKING, Job, Result, done, empty, stage
from pipeline.stages.looking import LOOKS_AT, Names, covered, look, names_of, nothing_to_see

_Box = tuple[Fraction01, Fraction01, Fraction01, Fraction01]


class Thing(Body):
    """A thing seen. ``score`` is the model's own; ``calibrated`` a probability, where one was measured.

    ``box`` is left, top, width, height. Things with one ``track`` may be the same thing, seen in keyframes
    that follow one another. ``term`` is of the vocabulary, where the label stands for one.
    """

    label: str
    score: Score
    calibrated: Score | None
    box: _Box
    t: Seconds | None
    pts: int | None
    time_base: str | None
    frame: int | None
    track: int | None
    term: str | None
    names: Names | None


class Objects(Body):
    """What was seen, frame by frame, surest first. Nothing else is left out than what scores below the model's rule.

    ``calibration`` says where ``calibrated`` comes from; ``None``: nothing was measured. ``unseen`` are the
    terms of the vocabulary that this model cannot see: of them the result says nothing.
    """

    objects: tuple[Thing, ...]
    calibration: str | None
    unseen: tuple[str, ...]


@stage(
    version=2, reads=(Kind.PROBE,), maybe=(Kind.KEYFRAMES,), writes=Kind.OBJECTS, engine=Detector, media=LOOKS_AT,
    task="tag_objects", tools=("pillow",), limits=LOOKING,
)  # fmt: skip
def detect(job: Job, detector: Detector) -> Result:
    """Find things in the photograph, or in each keyframe; nothing found is an empty result."""
    stills = job.stills()
    if not stills:
        return nothing_to_see(job)
    seen = list(look(stills, detector.detect))
    tracks = follow([found for _, found in seen])
    things = tuple(
        _thing(still, one, track, detector)
        for (still, found), numbers in zip(seen, tracks, strict=True)
        for one, track in zip(found, numbers, strict=True)
    )
    body = Objects(objects=things, calibration=detector.calibration, unseen=detector.unseen)
    if not things:
        return empty("N-OBJECT-001", "nothing that the model knows was seen", body=body, coverage=covered(job, stills))
    return done(body, coverage=covered(job, stills))


def _thing(still: Still, found: Found, track: int | None, detector: Detector) -> Thing:
    term, names = names_of(detector.terms, found.label)
    return Thing(
        label=found.label, score=found.score, calibrated=found.calibrated, box=found.box, t=still.t, pts=still.pts,
        time_base=still.time_base, frame=still.frame, track=track, term=term, names=names,
    )  # fmt: skip
