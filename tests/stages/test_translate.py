"""Translate: each outcome, what stands beside what, and real French and German speech in English."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.model import Asset, AssetId, Coverage, Derivative, Enrichment, Kind, Maker, Outcome
from pipeline.core.ports import Gloss, Heard, Region, TextTranslator, Translated
from pipeline.index.rows import rows_of
from pipeline.stages.base import Job, Result
from pipeline.stages.translate import translate
from tests.stages.conftest import Line


@dataclass(kw_only=True)
class _Named:
    engine: str = "scripted"
    model: str = "none"
    weights_sha256: str = ""
    provenance: str = "none"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(kw_only=True)
class Ear(_Named):
    """A speech translator that says what it is told, by where a region starts."""

    says: Mapping[float, str]
    target: str = "en"
    sources: Mapping[str, str] = field(default_factory=lambda: {"fr": "usable"})
    asked: list[tuple[str, str, tuple[Region, ...]]] = field(default_factory=list)

    def translate(self, pcm: Path, regions: Sequence[Region], language: str) -> tuple[Heard, ...]:
        self.asked.append((pcm.name, language, tuple(regions)))
        return tuple(
            Heard(
                start=one.start, end=one.end, text=self.says[one.start], language=language, language_probability=1.0,
                confidence=0.8, no_speech=0.0, compression=1.0, words=(),
            )
            for one in regions if self.says.get(one.start)
        )  # fmt: skip


@dataclass(kw_only=True)
class Pen(_Named):
    """A text translator that knows a few sentences."""

    knows: Mapping[str, str]
    pairs: Mapping[str, Mapping[str, str]]
    asked: list[str] = field(default_factory=list)

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[Translated]:
        assert target in self.pairs[source]
        self.asked += texts
        return [Translated(text=self.knows.get(one, ""), score=0.9) for one in texts]


@dataclass(kw_only=True)
class Book(_Named):
    """A dictionary of a few words."""

    knows: Mapping[str, tuple[str, ...]]
    target: str = "en"
    sources: tuple[str, ...] = ("ar", "tr")

    def gloss(self, text: str, source: str) -> tuple[Gloss, ...]:
        assert source in self.sources
        return tuple(
            Gloss(start=text.find(word), end=text.find(word) + len(word), word=word, lemma=word, senses=senses)
            for word, senses in self.knows.items() if word in text
        )  # fmt: skip


def _known(kind: Kind, body: dict[str, Any], **other: Any) -> Enrichment:
    return Enrichment(
        asset=AssetId("0" * 64), kind=kind, maker=Maker(stage="test", version=1), basis=(),
        made_at="2026-01-01T00:00:00Z", body=body, **{"outcome": Outcome.DONE, **other},
    )  # fmt: skip


def _said(start: float, end: float, text: str | None, language: str, **other: Any) -> dict[str, Any]:
    return {
        "stream": 0, "channel": 0, "start": start, "end": end, "text": text, "code": None, "language": language,
        "reliability": "usable", "flags": [], "words": [],
    } | other  # fmt: skip


def _written(text: str, language: str | None, t: float | None = None) -> dict[str, Any]:
    return {"text": text, "language": language, "t": t, "end": t, "flags": []}


def _refuse(*_: Any, **__: Any) -> Derivative:
    raise AssertionError


def _translate(
    line: Line, said: list[dict[str, Any]] | Enrichment | None = None, written: list[dict[str, Any]] | None = None,
    *, speech: Any = None, text: Any = None, glossary: Any = None, languages: Any = None, target: str = "en",
    start: float = 0.0,
) -> Result:  # fmt: skip
    known = {Kind.AUDIO: _known(Kind.AUDIO, {"streams": [{"stream": 0, "start": start}]})}
    if isinstance(said, list):
        coverage = Coverage(unit="seconds", of=60.0, read=60.0, gaps=((50.0, 51.0, "E-MEDIA-007"),))
        known[Kind.TRANSCRIPT] = _known(Kind.TRANSCRIPT, {"language": "mul", "segments": said}, coverage=coverage)
    elif said:
        known[Kind.TRANSCRIPT] = said
    if written is not None:
        known[Kind.OCR] = _known(Kind.OCR, {"regions": written})
    job = Job(
        asset=Asset(id=AssetId("0" * 64), sha512="", bytes=1), path=line.folder, tools=line.tools, scratch=line.folder,
        limits={"translation_target": target}, put=_refuse, known=known,
        derivative=lambda _kind, role: line.folder / hashlib.sha256(role.encode()).hexdigest(),
    )  # fmt: skip
    return translate(job, speech, text, glossary, languages)


def _segments(result: Result) -> list[dict[str, Any]]:
    assert result.body is not None
    segments: list[dict[str, Any]] = result.body.model_dump(mode="json")["segments"]
    return segments


IL_PLEUT = {"Il pleut.": "It is raining.", "Nous sommes rentrés.": "We went home.", "Danger de mort": "Danger of death"}
FRENCH = {"fr": {"en": "usable"}}


def test_sentences_are_translated_beside_their_source(line: Line) -> None:
    words = [{"start": 1.0 + n, "end": 1.5 + n, "text": one, "confidence": 1.0}
             for n, one in enumerate(["Il", "pleut.", "Nous", "sommes", "rentrés."])]  # fmt: skip
    said = [
        _said(0, 1, "Hello there.", "en"), _said(1, 9, "Il pleut. Nous sommes rentrés.", "fr", words=words),
        _said(9, 10, None, "fr", code="N-SPEECH-002"),
    ]  # fmt: skip
    pen = Pen(knows=IL_PLEUT, pairs=FRENCH)
    result = _translate(line, said, [_written("Danger de mort", "fr", 3.0)] * 2, text=pen)
    assert (result.outcome, result.code) == (Outcome.DONE, None)
    assert [(one["of"]["kind"], one["of"]["index"], one["source"], one["text"], one["start"], one["end"])
            for one in _segments(result)] == [
        ("transcript", 1, "Il pleut.", "It is raining.", 1.0, 2.5),
        ("transcript", 1, "Nous sommes rentrés.", "We went home.", 3.0, 5.5),
        ("ocr", 0, "Danger de mort", "Danger of death", 3.0, 3.0),
        ("ocr", 1, "Danger de mort", "Danger of death", 3.0, 3.0),
    ]  # fmt: skip
    assert {(one["kind"], one["reliability"], one["engine"], one["source_language"]) for one in _segments(result)} == {
        ("translation", "usable", "scripted", "fr")
    }
    assert pen.asked.count("Danger de mort") == 1  # what is written twice is translated once
    assert result.coverage == Coverage(unit="passages", of=4, read=4, gaps=((50.0, 51.0, "E-MEDIA-007"),))


def test_speech_is_translated_from_its_sound_in_the_time_of_its_stream(line: Line) -> None:
    ear = Ear(says={0.0: "It is raining.", 5.0: "We went home."})
    said = [_said(2, 4, "Il pleut.", "fr"), _said(4.5, 6, "Hi!", "en"), _said(7, 9, "Nous sommes rentrés.", "fr")]
    segments = _segments(_translate(line, said, speech=ear, start=2.0))
    assert [(one["of"]["index"], one["text"], one["start"], one["end"]) for one in segments] == [
        (0, "It is raining.", 2, 4), (2, "We went home.", 7, 9)
    ]  # fmt: skip
    # No call holds sound of two languages.
    assert [regions for _, _, regions in ear.asked] == [(Region(start=0, end=2),), (Region(start=5, end=7),)]


@pytest.mark.parametrize(
    ("text", "speech", "by"),
    [("usable", "usable", "pen"), ("low", "usable", "ear"), ("low", "low", "pen"), (None, "low", "ear")],
)
def test_the_more_trusted_way_is_taken(line: Line, text: str | None, speech: str, by: str) -> None:
    ear = Ear(says={0.0: "It is raining."}, sources={"fr": speech}, engine="ear")
    pen = Pen(knows=IL_PLEUT, pairs={"fr": {"en": text}} if text else {}, engine="pen")
    (segment,) = _segments(_translate(line, [_said(0, 2, "Il pleut.", "fr")], speech=ear, text=pen))
    assert (segment["engine"], segment["reliability"]) == (by, (speech if by == "ear" else text))


def test_what_is_in_the_target_language_needs_nothing(line: Line) -> None:
    result = _translate(line, [_said(0, 2, "Hello.", "en")], [_written("EXIT", "en"), _written("X2k", None)])
    assert (result.outcome, result.code, result.body) == (Outcome.NOT_APPLICABLE, "N-LANG-001", None)


def test_another_target_may_be_asked_for(line: Line) -> None:
    pen = Pen(knows={"Hello.": "Bonjour."}, pairs={"en": {"fr": "low"}})
    said = [_said(0, 2, "Hello.", "en"), _said(2, 4, "Il pleut.", "fr")]
    result = _translate(line, said, text=pen, speech=Ear(says={}), target="fr")
    assert [(one["text"], one["reliability"]) for one in _segments(result)] == [("Bonjour.", "low")]


def test_without_a_model_a_gloss_is_a_gloss_and_the_outcome_is_unsupported(line: Line) -> None:
    book = Book(knows={"جنود": ("soldiers", "troops", "men"), "قرية": ("village",)})
    said = [_said(0, 3, "جنود في قرية", "ar"), _said(3, 5, "سلام", "ckb")]
    result = _translate(line, said, glossary=book, speech=Ear(says={}))
    assert (result.outcome, result.code) == (Outcome.UNSUPPORTED, "U-LANG-003")
    first, second = _segments(result)
    assert (first["kind"], first["reliability"], first["text"], first["code"]) == ("gloss", "gloss", None, "U-LANG-003")
    assert first["gloss_text"] == "soldiers/troops · village"
    assert first["source"][first["glosses"][1]["start"] : first["glosses"][1]["end"]] == "قرية"
    assert (second["kind"], second["text"], second["glosses"], second["source"]) == (None, None, [], "سلام")
    assert result.coverage is not None
    assert (result.coverage.of, result.coverage.read, result.coverage.partial) == (2, 0, True)


def test_a_gloss_can_be_found_as_a_gloss_and_an_unreliable_translation_cannot_be_found(line: Line) -> None:
    book = Book(knows={"جنود": ("soldiers",)}, sources=("ar",))
    pen = Pen(knows={"Askerler köye geldi.": "Askerler köye geldi.", "Il pleut.": "It rains."},
              pairs={"tr": {"en": "low"}, **FRENCH})  # fmt: skip
    said = [_said(0, 3, "جنود", "ar"), _said(3, 5, "Askerler köye geldi.", "tr"), _said(5, 7, "Il pleut.", "fr")]
    result = _translate(line, said, glossary=book, text=pen)
    assert result.body is not None
    document: dict[str, Any] = {"media": "audio", "enrichments": [{
        "kind": "translation", "current": True, "outcome": "done", "id": "e",
        "body": result.body.model_dump(mode="json"),
    }]}  # fmt: skip
    assert {(one.field, one.text) for one in rows_of(document)} == {("gloss", "soldiers"), ("translation", "It rains.")}
    bare = _translate(line, said[:1], glossary=book)
    assert bare.body is not None
    document["enrichments"][0] |= {"outcome": str(bare.outcome), "body": bare.body.model_dump(mode="json")}
    assert [(one.field, one.text) for one in rows_of(document)] == [("gloss", "soldiers")]


def test_a_language_that_cannot_be_told_is_not_guessed(line: Line) -> None:
    result = _translate(line, None, [_written("zxq wvu", "und")], text=Pen(knows={}, pairs=FRENCH))
    assert (result.outcome, result.code) == (Outcome.UNSUPPORTED, "U-LANG-002")
    assert _segments(result)[0]["source"] == "zxq wvu"


def test_a_model_that_writes_nothing_leaves_it_empty(line: Line) -> None:
    result = _translate(line, [_said(0, 2, "Il neige.", "fr")], text=Pen(knows=IL_PLEUT, pairs=FRENCH))
    assert (result.outcome, result.code) == (Outcome.EMPTY, "N-LANG-002")
    assert result.coverage is not None


@pytest.mark.parametrize(
    ("outcome", "code"),
    [("unsupported", "U-LANG-001"), ("empty", "N-SPEECH-001"), ("refused", "E-MEDIA-002"), ("failed", "E-STAGE-001")],
)
def test_without_words_it_says_why_there_are_none(line: Line, outcome: str, code: str) -> None:
    heard = _known(
        Kind.TRANSCRIPT, {"segments": [_said(0, 1, None, "ku", code=code)]}, outcome=Outcome(outcome), code=code
    )
    result = _translate(line, heard)
    assert (result.outcome, result.code) == (outcome, code)


def test_speech_that_nobody_reads_is_not_silence_beside_english(line: Line) -> None:
    said = [_said(0, 1, "Hello.", "en"), _said(1, 9, None, "ku", code="U-LANG-001")]
    result = _translate(line, said)
    assert (result.outcome, result.code) == (Outcome.UNSUPPORTED, "U-LANG-001")
    french = _translate(line, [*said, _said(9, 11, "Il pleut.", "fr")], text=Pen(knows=IL_PLEUT, pairs=FRENCH))
    assert french.outcome is Outcome.DONE
    assert french.coverage is not None
    assert (french.coverage.of, french.coverage.read) == (2, 1)


def test_a_doubted_source_and_a_fault_are_named(line: Line) -> None:
    pen = Pen(knows={"Ils étaient 268.": "They were 286."}, pairs=FRENCH)
    (segment,) = _segments(
        _translate(line, [_said(0, 2, "Ils étaient 268.", "fr", flags=["low_confidence"])], text=pen)
    )
    assert segment["reliability"] == "low"
    assert {one["name"]: one["found"] for one in segment["checks"]} == {"numbers": ["-268", "+286"], "source": []}
    assert {"numbers", "length", "repetition"} <= set(segment["checked"])


# --- real recordings


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "source", "said"),
    [
        ("speech/fr/watson_fr-FR_Broadband_sample1.wav", "fr", ["human beings", "reason and conscience", "fraternity"]),
        ("speech/fr/cheetah_test_fr.wav", "fr", ["two", "sea"]),
        ("speech/de/cheetah_test_de_norm.wav", "de", ["number", "268"]),
        ("speech/de/watson_de-DE_NarrowbandModel_sample1.wav", "de", ["eyes", "trees", "horses"]),
    ],
)
def test_real_speech_says_in_english_what_it_says(
    line: Line, testdata: Path, name: str, source: str, said: list[str]
) -> None:
    found = line.run(testdata / name, "translate")
    body, heard = found["translate"].body, found["transcribe"].body["segments"]
    assert (found["translate"].outcome, body["target"]) == ("done", "en")
    assert line.run(testdata / name, "translate")["translate"].id == found["translate"].id
    text = " ".join(one["text"] for one in body["segments"]).casefold()
    assert [one for one in said if one not in text] == []
    for one in body["segments"]:
        mine = heard[one["of"]["index"] : one["of"]["last"] + 1]
        assert one["source"] == " ".join(it["text"] for it in mine)
        assert (one["start"], one["end"]) == (mine[0]["start"], mine[-1]["end"])
        assert (one["source_language"], one["kind"]) == (source, "translation")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "outcome", "code"),
    [
        ("speech/en/jfk_16k.wav", "not_applicable", "N-LANG-001"),
        ("speech/ckb/S1_1000_50.wav", "unsupported", "U-LANG-002"),
        ("speech/nospeech/alsa_noise.wav", "empty", "N-SPEECH-001"),
        ("speech/ar/wudale_ar.wav", "unsupported", "U-LANG-003"),
        ("speech/nospeech/aeneas_zero_samples.wav", "refused", None),
    ],
)  # fmt: skip
def test_real_files_of_every_other_outcome(
    line: Line, testdata: Path, name: str, outcome: str, code: str | None
) -> None:
    found = line.run(testdata / name, "translate")["translate"]
    assert found.outcome == outcome or (code is None and found.outcome in {"refused", "empty"})
    assert code is None or found.code == code
    assert all(one["text"] is None for one in found.body.get("segments", ()))


@pytest.mark.slow
def test_arabic_words_are_glossed(line: Line, testdata: Path) -> None:
    found = line.run(testdata / "speech/ar/wudale_ar.wav", "translate")["translate"]
    senses = {sense.casefold() for one in found.body["segments"] for it in one["glosses"] for sense in it["senses"]}
    assert {"hello", "today"} <= senses
    assert {one["reliability"] for one in found.body["segments"]} == {"gloss"}


@pytest.mark.slow
def test_writing_in_a_real_picture_is_glossed_where_no_model_reads_it(line: Line, testdata: Path) -> None:
    found = line.run(testdata / "ocr/easyocr_french.jpg", "translate")
    if line.has(TextTranslator):
        pytest.skip("this home has a model for text")
    regions, made = found["read_text"].body["regions"], found["translate"]
    assert (made.outcome, made.code) == ("unsupported", "U-LANG-003")
    glossed = {sense for one in made.body["segments"] for it in one["glosses"] for sense in it["senses"]}
    assert {"museum", "palace"} <= glossed
    for one in made.body["segments"]:
        assert one["of"]["kind"] == "ocr"
        assert one["source"] in " ".join(regions[one["of"]["index"]]["text"].split())
        assert (one["text"], one["start"], one["end"]) == (None, None, None)
