"""Screen: how far a picture may shock, so that it is shown blurred first. Nothing is filtered by it."""

from collections.abc import Mapping, Sequence

from pipeline.core.body import Body, Score, Seconds
from pipeline.core.model import Kind
from pipeline.core.ports import GraphicScreener, NudityScreener, Still
from pipeline.core.sensitivity import GRAPHIC, KINDS, NUDITY
from pipeline.stages.base import LOOKING, Job, Result, done, stage
from pipeline.stages.looking import LOOKS_AT, covered, look, nothing_to_see


class Moment(Body):
    """The frame with the highest score; all ``None`` for a photograph."""

    t: Seconds | None
    frame: int | None


class Frame(Body):
    """The scores of one frame, so that each thumbnail can be blurred by itself."""

    t: Seconds | None
    frame: int | None
    scores: dict[str, Score]


class Sensitivity(Body):
    """The highest score of all frames, by kind; ``None``: nobody screened for it, and it counts as present.

    ``screened`` names the kinds that were looked for; ``worst`` says in which frame the highest score is.
    """

    scores: dict[str, Score | None]
    screened: tuple[str, ...]
    worst: dict[str, Moment]
    frames: tuple[Frame, ...]


@stage(
    version=2, reads=(Kind.PROBE,), maybe=(Kind.KEYFRAMES,), writes=Kind.SENSITIVITY, engine=NudityScreener,
    also=(GraphicScreener,), media=LOOKS_AT, task="tag_objects", tools=("pillow",), limits=LOOKING,
)  # fmt: skip
def screen(job: Job, nudity: NudityScreener, graphic: GraphicScreener | None) -> Result:
    """Score the photograph, or each keyframe, for nakedness and, where a model is there, for injury and death."""
    stills = job.stills()
    if not stills:
        return nothing_to_see(job)
    scored: list[dict[str, float]] = [dict(found) for _, found in look(stills, nudity.screen)]
    if graphic:
        for scores, (_, found) in zip(scored, look(stills, graphic.screen), strict=True):
            scores.update(found)
    screened = (NUDITY, GRAPHIC) if graphic else (NUDITY,)
    names = sorted({name for scores in scored for name in scores})
    worst = {name: _worst(name, scored) for name in names}
    highest: Mapping[str, float | None] = {name: scored[at][name] for name, at in worst.items()}
    body = Sensitivity(
        scores={**dict.fromkeys(KINDS), **highest},
        screened=screened,
        worst={name: Moment(t=stills[at].t, frame=stills[at].frame) for name, at in worst.items()},
        frames=_frames(stills, scored),
    )
    return done(body, coverage=covered(job, stills))


def _worst(name: str, scored: Sequence[Mapping[str, float]]) -> int:
    return max(range(len(scored)), key=lambda at: (round(scored[at][name], 3), -at))


def _frames(stills: Sequence[Still], scored: Sequence[dict[str, float]]) -> tuple[Frame, ...]:
    return tuple(
        Frame(t=still.t, frame=still.frame, scores=scores) for still, scores in zip(stills, scored, strict=True)
    )
