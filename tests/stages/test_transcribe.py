"""Transcribe: words, times and languages; and what is not passed off as either."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.model import Asset, AssetId, Coverage, Derivative, Enrichment, Kind, Maker, Outcome
from pipeline.core.ports import Heard, Region, TextLanguage, Transcriber, WindowTongues, Word
from pipeline.stages.base import Job, Result
from pipeline.stages.transcribe import transcribe
from tests.stages.conftest import Line


@dataclass(kw_only=True)
class Scripted:
    """A recogniser that hears what it is told, one window per region."""

    tongues: Mapping[float, Sequence[tuple[str, float]]]
    says: Mapping[float, Mapping[str, Any]] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)
    engine: str = "scripted"
    model: str = "none"
    weights_sha256: str = ""
    provenance: str = "none"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    reliability: Mapping[str, str] = field(default_factory=lambda: {"en": "usable", "fr": "usable", "ar": "low"})

    reach: float = 300.0

    def languages(self, pcm: Path, regions: Sequence[Region]) -> tuple[WindowTongues, ...]:
        assert pcm
        self.asked.append(len(regions))
        return tuple(
            WindowTongues(start=one.start, end=one.end, candidates=tuple(self.tongues[one.start])) for one in regions
        )

    def transcribe(self, pcm: Path, regions: Sequence[Region], language: str) -> tuple[Heard, ...]:
        assert pcm
        return tuple(self._heard(one, language) for one in regions)

    def _heard(self, one: Region, language: str) -> Heard:
        told: dict[str, Any] = {
            "text": f"something in {language}",
            "confidence": 0.8,
            "no_speech": 0.0,
            "compression": 1.0,
        }
        share = dict(self.tongues[one.start]).get(language, 0.0)
        told.update(self.says.get(one.start, {}))
        texts = told["text"].split()
        step = (one.end - one.start) / len(texts)
        words = tuple(
            Word(start=one.start + step * n, end=one.start + step * (n + 1), text=text, confidence=0.9)
            for n, text in enumerate(texts)
        )
        return Heard(start=one.start, end=one.end, language=language, language_probability=share, words=words, **told)


@dataclass(kw_only=True)
class Other(Scripted):
    """A second ear: whatever it is given to hear, it writes what it is told for that moment."""

    engine: str = "other"
    heard: list[float] = field(default_factory=list)

    def transcribe(self, pcm: Path, regions: Sequence[Region], language: str) -> tuple[Heard, ...]:
        self.heard += [round(one.start + 0.2, 3) for one in regions]
        inside = [Region(start=round(one.start + 0.2, 3), end=round(one.end - 0.2, 3)) for one in regions]
        return super().transcribe(pcm, inside, language)


@dataclass(kw_only=True)
class Letters:
    """A reader that takes each text for the language it is told."""

    tells: Mapping[str, Sequence[tuple[str, float]]]
    engine: str = "letters"
    model: str = "none"
    weights_sha256: str = ""
    provenance: str = "none"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)

    def languages(self, texts: Sequence[str]) -> list[tuple[tuple[str, float], ...]]:
        return [tuple(self.tells.get(one, ())) for one in texts]


def _known(kind: Kind, body: dict[str, Any], coverage: Coverage | None = None) -> Enrichment:
    return Enrichment(
        asset=AssetId("0" * 64), kind=kind, maker=Maker(stage="test", version=1), basis=(), outcome=Outcome.DONE,
        made_at="2026-01-01T00:00:00Z", body=body, coverage=coverage,
    )  # fmt: skip


def _refuse(*_: Any, **__: Any) -> Derivative:
    raise AssertionError


def _transcribe(
    line: Line,
    engine: Transcriber,
    spans: Sequence[tuple[float, float]],
    *,
    start: float = 0.0,
    gaps: Sequence[tuple[float, float]] = (),
    other: Transcriber | None = None,
    letters: TextLanguage | None = None,
) -> Result:
    sound = {"stream": 1, "channels": 2, "start": start, "duration": 100.0, "gaps": [list(one) for one in gaps]}
    regions = [{"stream": 1, "channel": 0, "start": start + one, "end": start + end} for one, end in spans]
    job = Job(
        asset=Asset(id=AssetId("0" * 64), sha512="", bytes=1), path=line.folder, tools=line.tools,
        scratch=line.folder, limits={}, put=_refuse, derivative=lambda _kind, role: line.folder / role,
        known={
            Kind.AUDIO: _known(Kind.AUDIO, {"streams": [sound]}, Coverage(unit="seconds", of=100.0, read=100.0)),
            Kind.SPEECH: _known(Kind.SPEECH, {"regions": regions}),
        },
    )  # fmt: skip
    return transcribe(job, engine, other, letters)


def _body(result: Result) -> dict[str, Any]:
    assert result.body is not None
    return result.body.model_dump(mode="json")


def test_a_stream_that_starts_late_keeps_the_time_of_the_item(line: Line) -> None:
    body = _body(_transcribe(line, Scripted(tongues={2.0: [("en", 0.99)]}), [(2.0, 4.0)], start=1.5))
    (segment,) = body["segments"]
    assert (segment["start"], segment["end"], segment["words"][0]["start"]) == (3.5, 5.5, 3.5)
    assert (segment["stream"], segment["flags"], segment["code"]) == (1, [], None)


def test_each_passage_has_its_own_language(line: Line) -> None:
    engine = Scripted(tongues={0.0: [("en", 0.98)], 10.0: [("fr", 0.97)], 20.0: [("ar", 0.96)]})
    result = _transcribe(line, engine, [(0.0, 5.0), (10.0, 15.0), (20.0, 25.0)])
    body = _body(result)
    assert result.outcome == "done"
    assert body["language"] == "mul"
    assert [one["language"] for one in body["segments"]] == ["en", "fr", "ar"]
    assert [one["reliability"] for one in body["segments"]] == ["usable", "usable", "low"]
    assert body["segments"][2]["flags"] == ["low_confidence"]
    assert body["segments"][2]["text"]


def test_a_language_outside_the_card_gets_no_words(line: Line) -> None:
    result = _transcribe(line, Scripted(tongues={0.0: [("fa", 0.9), ("ar", 0.05)]}), [(0.0, 8.0)])
    (segment,) = _body(result)["segments"]
    assert (result.outcome, result.code) == ("unsupported", "U-LANG-001")
    assert (segment["text"], segment["code"], segment["language"]) == (None, "U-LANG-001", "fa")
    assert segment["candidates"][0] == {"language": "fa", "probability": 0.9}
    assert segment["words"] == segment["readings"] == []


def test_a_language_that_cannot_be_told_is_not_guessed(line: Line) -> None:
    result = _transcribe(line, Scripted(tongues={0.0: [("ar", 0.44), ("tr", 0.23)]}), [(0.0, 8.0)])
    (segment,) = _body(result)["segments"]
    assert (result.outcome, result.code, segment["code"]) == ("unsupported", "U-LANG-002", "U-LANG-002")
    assert (segment["text"], segment["language"], segment["flags"]) == (None, "und", ["language_doubt"])
    assert result.coverage is not None
    assert result.coverage.gaps == ((0.0, 8.0, "U-LANG-002"),)


@pytest.mark.parametrize(("seconds", "code"), [(5.0, "U-LANG-002"), (12.0, "U-LANG-001")])
def test_what_is_unread_for_two_reasons_is_named_after_the_larger_part(line: Line, seconds: float, code: str) -> None:
    engine = Scripted(tongues={0.0: [("ar", 0.44), ("tr", 0.23)], 20.0: [("fa", 0.97)]})
    result = _transcribe(line, engine, [(0.0, 8.0), (20.0, 20.0 + seconds)])
    assert (result.outcome, result.code) == ("unsupported", code)
    assert [one["code"] for one in _body(result)["segments"]] == ["U-LANG-002", "U-LANG-001"]


def test_a_passage_beside_missing_sound_is_marked(line: Line) -> None:
    engine = Scripted(tongues={start: [("en", 0.98)] for start in (0.0, 10.0, 20.0)})
    spans = [(0.0, 5.0), (10.0, 15.0), (20.0, 25.0)]
    body = _body(_transcribe(line, engine, spans, start=1.5, gaps=[(16.75, 17.0), (26.75, 26.75)]))
    marked = ["low_confidence", "cut"]
    assert [one["flags"] for one in body["segments"]] == [[], marked, marked]


def test_what_passes_for_arabic_with_little_to_show_for_it_is_not_offered(line: Line) -> None:
    engine = Scripted(tongues={0.0: [("ar", 0.7)]}, says={0.0: {"confidence": 0.3, "text": "كلام"}})
    result = _transcribe(line, engine, [(0.0, 8.0)])
    assert result.outcome == "unsupported"
    assert "كلام" not in str(_body(result))


def test_a_part_in_an_unread_language_is_a_gap(line: Line) -> None:
    engine = Scripted(tongues={0.0: [("en", 0.98)], 10.0: [("fa", 0.97)]})
    result = _transcribe(line, engine, [(0.0, 5.0), (10.0, 15.0)])
    assert (result.outcome, _body(result)["language"]) == ("done", "en")
    assert result.coverage is not None
    assert result.coverage.gaps == ((10.0, 15.0, "U-LANG-001"),)
    assert result.coverage.partial


def test_a_brief_word_is_read_in_the_language_of_the_rest_and_marked(line: Line) -> None:
    engine = Scripted(tongues={0.0: [("en", 0.98)], 40.0: [("es", 0.3), ("en", 0.2)], 50.0: [("fa", 0.9), ("en", 0.1)]})
    body = _body(_transcribe(line, engine, [(0.0, 9.0), (40.0, 41.0), (50.0, 51.0)]))
    assert [one["language"] for one in body["segments"]] == ["en", "en", "fa"]
    assert body["segments"][1]["flags"] == ["language_doubt"]
    assert body["segments"][2]["text"] is None


def test_a_long_recording_is_heard_a_few_minutes_at_a_time(line: Line) -> None:
    spans = [(60.0 * number, 60.0 * number + 20) for number in range(50)]
    engine = Scripted(tongues={start: [("en", 0.98)] for start, _ in spans})
    body = _body(_transcribe(line, engine, spans))
    assert [one["start"] for one in body["segments"]] == [start for start, _ in spans]
    assert max(engine.asked) <= 16


def test_rejected_words_stand_only_in_the_readings(line: Line) -> None:
    says = {"text": "Subtitles by the Amara.org community", "confidence": 0.5}
    result = _transcribe(line, Scripted(tongues={0.0: [("en", 0.9)]}, says={0.0: says}), [(0.0, 8.0)])
    (segment,) = _body(result)["segments"]
    assert (result.outcome, result.code) == ("empty", "N-SPEECH-001")
    assert result.coverage == Coverage(unit="seconds", of=100.0, read=100.0)
    assert (segment["text"], segment["code"], segment["words"]) == (None, "N-SPEECH-002", [])
    assert segment["readings"] == [{"engine": "scripted", **says}]


ENGLISH = {start: [("en", 0.98)] for start in (0.0, 10.0, 20.0, 30.0)}


def test_doubted_passages_are_read_again_and_others_are_not(line: Line) -> None:
    first = Scripted(tongues=ENGLISH, says={
        10.0: {"text": "the ship was in the harbour", "confidence": 0.4},
        20.0: {"text": "they left at nine in the morning", "confidence": 0.4},
    })  # fmt: skip
    other = Other(tongues=ENGLISH, says={
        10.0: {"text": "The ship was in the harbour!", "confidence": 0.7},
        20.0: {"text": "we let nine men in", "confidence": 0.6},
    })  # fmt: skip
    spans = [(0.0, 5.0), (10.0, 15.0), (20.0, 25.0)]
    sure, same, apart = _body(_transcribe(line, first, spans, other=other))["segments"]
    assert other.heard == [10.0, 20.0]
    assert (sure["readings"], sure["disagreement"], sure["flags"]) == ([], None, [])
    assert (same["disagreement"], same["flags"]) == (0.0, ["low_confidence"])
    assert same["readings"] == [
        {"engine": "scripted", "text": "the ship was in the harbour", "confidence": 0.4},
        {"engine": "other", "text": "The ship was in the harbour!", "confidence": 0.7},
    ]
    # they>we left>let at>- nine ->men in the>- morning>-: six changes over seven words
    assert (apart["disagreement"], apart["flags"]) == (0.857, ["low_confidence", "disagreement"])
    assert apart["text"] == "they left at nine in the morning"


def test_a_second_reading_never_costs_more_than_its_share(line: Line) -> None:
    spans = [(30.0 * number, 30.0 * number + 20) for number in range(40)]
    tongues = {start: [("en", 0.98)] for start, _ in spans}
    unsure = {start: {"confidence": 0.5 - start / 1e4} for start, _ in spans}
    other = Other(tongues=tongues)
    body = _body(_transcribe(line, Scripted(tongues=tongues, says=unsure), spans, other=other))
    assert other.heard == [start for start, _ in spans[-10:]]  # a quarter of it, the least sure
    assert sum(bool(one["readings"]) for one in body["segments"]) == 10


def test_what_was_rejected_stays_so_whatever_the_second_reading_says(line: Line) -> None:
    says = {"text": "Subtitles by the Amara.org community", "confidence": 0.5}
    heard = {10.0: {"text": "good evening to all", "confidence": 0.9}}
    result = _transcribe(
        line, Scripted(tongues=ENGLISH, says={10.0: says}), [(10.0, 18.0)], other=Other(tongues=ENGLISH, says=heard)
    )
    (segment,) = _body(result)["segments"]
    assert (segment["text"], segment["code"]) == (None, "N-SPEECH-002")
    assert [one["text"] for one in segment["readings"]] == [says["text"], "good evening to all"]


@pytest.mark.parametrize(
    ("heard", "told", "flags"),
    [
        ("en", (("en", 0.97),), []),
        ("en", (("fr", 0.95), ("en", 0.02)), ["language_doubt"]),
        ("en", (("fr", 0.6), ("en", 0.3)), []),
        ("ar", (("ar", 0.6), ("ckb", 0.35)), ["low_confidence", "language_doubt"]),
        ("ar", (("ckb", 0.9),), ["low_confidence", "language_doubt"]),
    ],
)
def test_words_in_another_language_than_the_one_heard_are_doubted(
    line: Line, heard: str, told: tuple[tuple[str, float], ...], flags: list[str]
) -> None:
    text = "four words of text"
    engine = Scripted(tongues={0.0: [(heard, 0.97)]}, says={0.0: {"text": text}})
    (segment,) = _body(_transcribe(line, engine, [(0.0, 5.0)], letters=Letters(tells={text: told})))["segments"]
    assert (segment["flags"], segment["text_language"]) == (flags, told[0][0])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "language", "words"),
    [
        ("speech/en/jfk_16k.wav", "en", "country can do for you"),
        ("speech/fr/watson_fr-FR_Broadband_sample1.wav", "fr", "esprit de fraternité"),
        ("speech/de/leopard_test_de.wav", "de", "hinter diesem Portal"),
    ],
)
def test_words_are_heard_on_real_recordings(line: Line, testdata: Path, name: str, language: str, words: str) -> None:
    found = line.run(testdata / name, "transcribe")["transcribe"]
    assert (found.outcome, found.body["language"]) == ("done", language)
    assert line.run(testdata / name, "transcribe")["transcribe"].id == found.id
    assert words.casefold() in " ".join(one["text"] for one in found.body["segments"]).casefold()
    assert [one["flags"] for one in found.body["segments"]] == [[] for _ in found.body["segments"]]


@pytest.mark.slow
def test_a_sentence_that_the_recogniser_finished_is_marked(line: Line, testdata: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.mp3"
    cut.write_bytes((testdata / "speech/en/jfk.mp3").read_bytes()[:40_000])
    found = line.run(cut, "transcribe")["transcribe"]
    assert found.outcome == "done"
    assert {"cut", "low_confidence"} <= set(found.body["segments"][-1]["flags"])


@pytest.mark.slow
def test_sorani_is_never_passed_off_as_another_language(line: Line, testdata: Path) -> None:
    for clip in sorted((testdata / "speech/ckb").iterdir()):
        found = line.run(clip, "transcribe")["transcribe"]
        assert (found.outcome, found.code) == ("unsupported", "U-LANG-002"), clip.name
        assert all(one["text"] is None and one["candidates"] for one in found.body["segments"])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["alsa_noise.wav", "leopard_empty.wav"])
def test_no_speech_gives_no_words(line: Line, testdata: Path, name: str) -> None:
    found = line.run(testdata / "speech/nospeech" / name, "speech", "transcribe")
    assert (found["speech"].outcome, found["speech"].code) == ("empty", "N-SPEECH-001")
    assert (found["transcribe"].outcome, found["transcribe"].body) == ("empty", {})


@pytest.mark.slow
def test_each_track_is_heard_in_its_own_language(line: Line, testdata: Path) -> None:
    found = line.run(testdata / "video/made_two_audio_ar_en_subs.mkv", "transcribe")["transcribe"]
    by_stream = {one["stream"]: one["language"] for one in found.body["segments"]}
    assert by_stream == {1: "en", 2: "ar"}
