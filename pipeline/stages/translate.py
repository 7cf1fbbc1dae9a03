"""Translate: what is said and written, in another language beside its source, with what speaks against each piece."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.core.alignment import Run, Unit, sentence_units, spoken_runs, whole_units, written_units
from pipeline.core.model import Coverage, Kind, Outcome
from pipeline.core.ports import Glossary, Region, SpeechTranslator, TextLanguage, TextTranslator
from pipeline.core.reliability import Pair, judged, weigh
from pipeline.core.tongues import UNTOLD
from pipeline.core.translation import Failed, Of, OneGloss, Segment, Translation
from pipeline.core.translators import Desk, Told, confidence_of
from pipeline.stages.base import Job, Result, done, stage

_SAME = "N-LANG-001"
_SILENT = "N-LANG-002"
_UNDECIDED = "U-LANG-002"
_UNCOVERED = "U-LANG-003"
_REASONS = {
    _UNDECIDED: "the language of the text could not be told with enough certainty",
    _UNCOVERED: "no configured model translates from this language",
    _SILENT: "the model wrote no translation of it",
}
_GRAVEST = (Outcome.FAILED, Outcome.HELD, Outcome.UNSUPPORTED, Outcome.REFUSED, Outcome.EMPTY)
_SENSES = 2


@stage(
    version=3, writes=Kind.TRANSLATION, maybe=(Kind.AUDIO, Kind.TRANSCRIPT, Kind.OCR), task="translate",
    heeds=(Kind.TRANSCRIPT, Kind.OCR), also=(SpeechTranslator, TextTranslator, Glossary, TextLanguage),
    limits=("translation_target",),
)  # fmt: skip
def translate(
    job: Job, speech: SpeechTranslator | None, text: TextTranslator | None, glossary: Glossary | None,
    languages: TextLanguage | None,
) -> Result:  # fmt: skip
    """Say in another language what is said and written; what no model covers is glossed at most, and says so."""
    target = job.limits["translation_target"]
    desk = Desk(target=target, speech=speech, text=text, glossary=glossary, languages=languages)
    said, written = job.body(Kind.TRANSCRIPT).get("segments", ()), job.body(Kind.OCR).get("regions", ())
    runs, units = spoken_runs(said), list(written_units(written))
    same = any(run.language == target for run in runs) or any(one.language == target for one in units)
    told: list[Told | Unit] = []
    for run in (one for one in runs if one.language != target):
        told += _spoken(job, desk, run)
    # Beside text in a known language, letters that tell nothing are house numbers and scraps.
    left = [one for one in units if one.language != target and not (same and one.language == UNTOLD)]
    told += _from_text(desk, left)
    body = Translation(target=target, segments=tuple(sorted(_segments(desk, told), key=_place)))
    unread = [one["code"] for one in said if not one["text"] and (one["code"] or "").startswith("U-")]
    if not body.segments and not unread:
        return _nothing(job, same=same)
    return _result(job, body, unread)


def _place(one: Segment) -> tuple[bool, int, int]:
    return one.of.kind == "ocr", one.of.index, one.of.at


def _spoken(job: Job, desk: Desk, run: Run) -> list[Told | Unit]:
    way = desk.way(run.language, spoken=True)
    if way is None or way[0] == "text" or desk.speech is None:
        return _from_text(desk, list(sentence_units(run)))
    sound = next(one for one in job.body(Kind.AUDIO)["streams"] if one["stream"] == run.stream)
    offset = sound["start"]
    spans = [
        Region(start=max(one["start"] - offset, 0.0), end=max(one["end"] - offset, 0.0)) for _, one in run.passages
    ]
    heard = desk.speech.translate(job.derivative(Kind.AUDIO, f"pcm/{run.stream}"), spans, run.language)
    return [
        Told(
            unit=unit, text=" ".join(one.text for one in mine), confidence=confidence_of(mine),
            engine=desk.speech.engine, model=desk.speech.model, trust=way[1],
        )
        for unit, mine in whole_units(run, heard, offset)
    ]  # fmt: skip


def _from_text(desk: Desk, units: Sequence[Unit]) -> list[Told | Unit]:
    """Translate units whose language a text model covers, equal ones once; the others come back as they are."""
    found: list[Told | Unit] = []
    for language in dict.fromkeys(one.language for one in units):
        mine = [one for one in units if one.language == language]
        way = desk.way(language, spoken=False)
        if way is None or desk.text is None:
            found += mine
            continue
        texts = list(dict.fromkeys(one.text for one in mine))
        answers = dict(zip(texts, desk.text.translate(texts, language, desk.target), strict=True))
        found += [
            Told(
                unit=one, text=answers[one.text].text, confidence=answers[one.text].score, engine=desk.text.engine,
                model=desk.text.model, trust=way[1],
            )
            for one in mine
        ]  # fmt: skip
    return found


# --- pieces


def _segments(desk: Desk, told: Sequence[Told | Unit]) -> Iterator[Segment]:
    written = [one for one in told if isinstance(one, Told)]
    tongues = desk.languages.languages([one.text for one in written]) if desk.languages and written else None
    heard_as = dict(zip(map(id, written), tongues or (), strict=False))
    for one in told:
        if isinstance(one, Told) and one.text.strip():
            yield _translated(desk, one, heard_as.get(id(one)))
        elif isinstance(one, Told):
            yield _untranslated(desk, one.unit, _SILENT)
        else:
            yield _untranslated(desk, one, _UNDECIDED if one.language == UNTOLD else _UNCOVERED)


def _translated(desk: Desk, told: Told, heard_as: Sequence[tuple[str, float]] | None) -> Segment:
    unit = told.unit
    checks = weigh(Pair(
        source=unit.text, text=told.text, language=unit.language, target=desk.target, confidence=told.confidence,
        source_reliable=unit.reliable, glosses=desk.glosses(unit.text, unit.language), heard_as=heard_as,
    ))  # fmt: skip
    return _segment(
        unit, kind="translation", text=told.text.strip(), engine=told.engine, model=told.model,
        confidence=told.confidence, reliability=judged(checks, told.trust),
        checks=tuple(Failed(name=one.name, grave=one.grave, found=one.found) for one in checks if not one.passed),
        checked=tuple(check.name for check in checks),
    )  # fmt: skip


def _untranslated(desk: Desk, unit: Unit, code: str) -> Segment:
    glosses = desk.glosses(unit.text, unit.language) or ()
    if not glosses or desk.glossary is None:
        return _segment(unit, code=code)
    return _segment(
        unit, kind="gloss", code=code, engine=desk.glossary.engine, model=desk.glossary.model, reliability="gloss",
        gloss_text=" · ".join("/".join(one.senses[:_SENSES]) for one in glosses),
        glosses=tuple(
            OneGloss(start=one.start, end=one.end, word=one.word, lemma=one.lemma, senses=one.senses) for one in glosses
        ),
    )  # fmt: skip


def _segment(unit: Unit, **members: Any) -> Segment:
    empty: Mapping[str, Any] = {
        "kind": None, "text": None, "code": None, "engine": None, "model": None, "confidence": None,
        "reliability": None, "checks": (), "checked": (), "gloss_text": None, "glosses": (),
    }  # fmt: skip
    return Segment(
        of=Of(kind=unit.origin, index=unit.first, last=unit.last, at=unit.at), start=unit.start, end=unit.end,
        source_language=unit.language, source=unit.text, **{**empty, **members},
    )  # fmt: skip


# --- outcomes


def _result(job: Job, body: Translation, unread: Sequence[str]) -> Result:
    """A translation makes it done; glosses and sources alone leave it unsupported, with all of them in the body."""
    translated = [one for one in body.segments if one.text]
    without = [one for one in body.segments if not one.text]
    heard = job.known.get(Kind.TRANSCRIPT)
    before = heard.coverage if heard else None
    timed = {(one.start, one.end, one.code) for one in without if one.start is not None and one.end is not None}
    coverage = Coverage(
        unit="passages", of=len(body.segments) + len(unread), read=len(translated),
        gaps=tuple(sorted({*(before.gaps if before else ()), *((a, b, c) for a, b, c in timed if c)})),
        flags=before.flags if before else (),
    )  # fmt: skip
    if translated:
        return done(body, coverage=coverage)
    codes = Counter([*(one.code or _UNCOVERED for one in without), *unread])
    (code, _), *_others = codes.most_common(1)
    outcome = Outcome.EMPTY if code == _SILENT else Outcome.UNSUPPORTED
    reason = _REASONS.get(code, "no configured model reads the language spoken")
    return Result(outcome=outcome, code=code, reason=reason, body=body, coverage=coverage)


def _nothing(job: Job, *, same: bool) -> Result:
    """Nothing to translate: because of its language, or as the stages say that looked for words."""
    sources = [job.known[kind] for kind in (Kind.TRANSCRIPT, Kind.OCR) if kind in job.known]
    if same:
        target = job.limits["translation_target"]
        return Result(outcome=Outcome.NOT_APPLICABLE, code=_SAME, reason=f"all of it is in the language {target!r}")
    for outcome in _GRAVEST:
        if found := next((one for one in sources if one.outcome is outcome), None):
            return Result(
                outcome=outcome, code=found.code, reason=found.reason,
                coverage=found.coverage or Coverage(unit="passages", of=0, read=0),
            )  # fmt: skip
    coverage = Coverage(unit="passages", of=0, read=0)
    return Result(outcome=Outcome.EMPTY, code="N-TEXT-001", reason="there is nothing to translate", coverage=coverage)
