"""Read text: what stands written in a picture or in the keyframes of a recording, where, and in which language."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.core import captions, reading
from pipeline.core.body import Body, Fraction01, Score, Seconds
from pipeline.core.boxes import Box
from pipeline.core.captions import Sight
from pipeline.core.model import Kind, Media
from pipeline.core.ports import Pixels, Sought, Still, TextLanguage
from pipeline.core.reading import LOW_CONFIDENCE, MODELS, Line, Passage
from pipeline.core.script import ARABIC, LATIN, script
from pipeline.core.spelling import digits_doubtful, spelled
from pipeline.core.tongues import Tongue, tongues
from pipeline.errors import Refused
from pipeline.stages.base import LOOKING, Job, Result, done, empty, stage
from pipeline.stages.looking import covered, nothing_to_see

_NOTHING = "N-TEXT-001"
_NOT_OFFERED = "N-TEXT-002"
_MOST_REJECTED = 50
_LITTLE = 2.0
"""Evidence below which it is asked whether the picture lies on its side."""

_LOOKS = ((True, 1.0), (False, 1.0), (False, 1.5))
"""How a scene is looked at: for bright letters, and by how much larger than usual."""


Flag = Literal["low_confidence", "digits_doubt", "language_doubt", "language_by_context", "spelling"]


class Seen(Body):
    """One picture in which it was seen."""

    t: Seconds | None
    pts: int | None
    time_base: str | None
    frame: int | None


class WrittenLine(Body):
    """One line, in reading order."""

    text: str
    confidence: Score
    box: tuple[Fraction01, Fraction01, Fraction01, Fraction01]


class Region(Body):
    """A text. ``box``: left, top, width, height in fractions of the upright picture.

    ``t`` is when it was first seen and ``end`` when last, each in a keyframe, all of which ``seen`` lists; a
    photograph has no time. ``as_read`` is what the reader wrote where ``text`` spells it as its language does.
    ``turn``: by how many degrees, clockwise, the picture was turned for reading.
    """

    text: str
    language: str
    language_probability: Score | None
    script: str | None
    confidence: Score
    box: tuple[Fraction01, Fraction01, Fraction01, Fraction01]
    t: Seconds | None
    end: Seconds | None
    pts: int | None
    time_base: str | None
    turn: int
    engine: str
    model: str
    lines: tuple[WrittenLine, ...]
    as_read: str | None
    flags: tuple[Flag, ...]
    seen: tuple[Seen, ...]


class Rejected(Body):
    """What looked like letters, but not enough to be offered as text."""

    code: str
    reading: str
    confidence: Score
    box: tuple[Fraction01, Fraction01, Fraction01, Fraction01]
    t: Seconds | None
    frame: int | None


class Ocr(Body):
    """Texts from top to bottom in the order in which they appear. ``rejected_more``: how many were not kept."""

    regions: tuple[Region, ...]
    rejected: tuple[Rejected, ...]
    rejected_more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A passage of one still."""

    passage: Passage
    still: Still
    number: int
    turn: int


@stage(
    version=2, reads=(Kind.PROBE,), maybe=(Kind.KEYFRAMES,), writes=Kind.OCR, media=(Media.IMAGE, Media.VIDEO),
    task="tag_objects", also=(TextLanguage,), tools=("tesseract", "pillow"),
    limits=LOOKING,
)  # fmt: skip
def read_text(job: Job, languages: TextLanguage | None) -> Result:
    """Write down what is written; a picture without text gives an empty result, and what is doubtful says so."""
    stills = job.stills()
    if not stills:
        return nothing_to_see(job)
    found: list[_Found] = []
    gaps: list[tuple[float, float, str]] = []
    for number, still in enumerate(stills):
        try:
            found += _look(job, still, number)
        except Refused as err:  # one picture that takes too long says nothing of the others
            gaps.append((float(number), float(number + 1), err.code))
    if len(gaps) == len(stills):
        raise Refused("no picture of it could be read", code=gaps[0][2])
    regions = _regions(captions.merged(_sight(one) for one in found if one.passage.offered), languages)
    rejected = [_rejected(one) for one in found if not one.passage.offered and one.passage.worth_keeping]
    more = max(0, len(rejected) - _MOST_REJECTED)
    body = Ocr(regions=regions, rejected=tuple(rejected[:_MOST_REJECTED]), rejected_more=more)
    coverage = covered(job, stills, unread=gaps)
    if not regions:
        return empty(_NOTHING, "no text was found in it", body=body, coverage=coverage)
    return done(body, coverage=coverage)


# --- one picture


def _look(job: Job, still: Still, number: int) -> list[_Found]:
    """Read one picture; on its side or upside down only where that gives more, and little is sure upright."""
    turn, lines = 0, _read(job, still, 0)
    if reading.hints_at_text(lines) and not reading.sure(lines):
        wanted = job.tools.text_turn(still.full(), job.scratch)
        turned = _read(job, still, wanted) if wanted else ()
        if wanted and reading.evidence(turned) > max(_LITTLE, reading.evidence(lines)):
            turn, lines = wanted, turned
    upright = tuple(reading.turned_back(line, turn) for line in lines)
    return [_Found(passage=one, still=still, number=number, turn=turn) for one in reading.passages(upright)]


def _read(job: Job, still: Still, turn: int) -> tuple[Line, ...]:
    """Read it as a page, and where that gives little, as a scene with words here and there."""
    pixels = still.full()
    words = job.tools.read_text(pixels, Sought(script=ARABIC, turn=turn), job.scratch)
    page = reading.page_lines(words, ARABIC)
    if not reading.sure(page):
        return _scene(job, pixels, turn, page)
    if reading.has_latin(page):
        words = job.tools.read_text(pixels, Sought(script=LATIN, turn=turn), job.scratch)
        page = reading.with_latin(page, reading.page_lines(words, LATIN))
    return page


def _scene(job: Job, pixels: Pixels, turn: int, page: tuple[Line, ...]) -> tuple[Line, ...]:
    """Read bright captions and what stands here and there; where there is a hint of text, in two sizes.

    Letters too small or too large in one size are right in the other; textures give no hint.
    """
    readings = [page]
    for light, grown in _LOOKS:
        for alphabet in (ARABIC, LATIN):
            seen = [line for lines in readings for line in lines]
            if alphabet == LATIN and not (reading.hints_at_text(seen) and reading.has_latin(seen)):
                continue
            how = Sought(script=alphabet, scattered=not light, turn=turn, grown=grown, light=light)
            words = job.tools.read_text(pixels, how, job.scratch)
            readings.append(reading.scene_lines(words, alphabet, f"{alphabet} {grown} {light}"))
        if grown == 1 and not light and not any(map(reading.hints_at_text, readings)):
            break
    return reading.competing(readings)


def _sight(found: _Found) -> Sight[_Found]:
    one = found.passage
    return Sight(picture=found.number, text=one.text, confidence=one.confidence, box=one.box, source=found)


def _rejected(found: _Found) -> Rejected:
    one = found.passage
    return Rejected(
        code=_NOT_OFFERED, reading=one.text, confidence=one.confidence, box=_within(one.box), t=found.still.t,
        frame=found.still.frame,
    )  # fmt: skip


# --- texts


def _regions(groups: Sequence[tuple[Sight[_Found], ...]], languages: TextLanguage | None) -> tuple[Region, ...]:
    chosen = [captions.best(group) for group in groups]
    told = tongues([sight.text for sight in chosen], languages)
    return tuple(_region(group, sight, tongue) for group, sight, tongue in zip(groups, chosen, told, strict=True))


def _region(group: Sequence[Sight[_Found]], sight: Sight[_Found], tongue: Tongue) -> Region:
    found, first, last = sight.source, group[0].source.still, group[-1].source.still
    language = tongue.language
    text = spelled(sight.text, language)
    models = sorted({MODELS[name] for line in found.passage.lines for name in line.models})
    flags: dict[Flag, bool] = {
        "low_confidence": sight.confidence < LOW_CONFIDENCE,
        "digits_doubt": digits_doubtful(text),
        "spelling": text != sight.text,
    }
    return Region(
        text=text, language=language, language_probability=tongue.probability, script=script(text),
        confidence=sight.confidence, box=_within(sight.box), t=first.t, end=last.t, pts=first.pts,
        time_base=first.time_base, turn=found.turn, engine="tesseract", model="+".join(models),
        lines=tuple(
            WrittenLine(
                text=spelled(line.text, language), confidence=reading.confidence(line.words), box=_within(line.box)
            )
            for line in found.passage.lines
        ),
        as_read=sight.text if text != sight.text else None,
        flags=(*(name for name, there in flags.items() if there), *([tongue.doubt] if tongue.doubt else [])),
        seen=tuple(_seen(one.source.still) for one in group),
    )  # fmt: skip


def _seen(still: Still) -> Seen:
    return Seen(t=still.t, pts=still.pts, time_base=still.time_base, frame=still.frame)


def _within(box: Box) -> Box:
    left, top = min(1.0, max(0.0, box[0])), min(1.0, max(0.0, box[1]))
    return left, top, min(box[2], 1 - left), min(box[3], 1 - top)
