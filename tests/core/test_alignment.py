"""Alignment: sentences over passages, passages with several sentences, and what was translated from sound."""

from typing import Any

from pipeline.core.alignment import sentence_units, spoken_runs, whole_units, written_units
from pipeline.core.ports import Heard


def _said(start: float, end: float, text: str | None, language: str = "fr", **other: Any) -> dict[str, Any]:
    words = (text or "").split()
    step = (end - start) / max(len(words), 1)
    return {
        "stream": 1, "channel": 0, "start": start, "end": end, "text": text, "language": language, "flags": [],
        "words": [
            {"start": start + n * step, "end": start + (n + 1) * step, "text": one, "confidence": 1.0}
            for n, one in enumerate(words)
        ],
        "reliability": "usable",
    } | other  # fmt: skip


def _heard(start: float, end: float, text: str) -> Heard:
    return Heard(
        start=start, end=end, text=text, language="fr", language_probability=1.0, confidence=0.5, no_speech=0.0,
        compression=1.0, words=(),
    )  # fmt: skip


def test_runs_end_with_stream_language_and_rejected_passages() -> None:
    segments = [
        _said(0, 1, "a"), _said(1, 2, "b"), _said(2, 3, "c", "de"), _said(3, 4, None, "de"), _said(4, 5, "d", "de"),
        _said(0, 1, "e", "de", stream=2),
    ]  # fmt: skip
    runs = [(one.stream, one.language, [n for n, _ in one.passages]) for one in spoken_runs(segments)]
    assert runs == [(1, "fr", [0, 1]), (1, "de", [2]), (1, "de", [4]), (2, "de", [5])]


def test_a_sentence_goes_on_over_passages_and_knows_its_time() -> None:
    segments = [_said(0, 4, "Il pleut. Nous sommes"), _said(4, 6, "rentrés tard."), _said(20, 21, "Voilà")]
    units = list(sentence_units(spoken_runs(segments)[0]))
    assert [(one.text, one.first, one.last, one.at, one.start, one.end) for one in units] == [
        ("Il pleut.", 0, 0, 0, 0.0, 2.0),
        ("Nous sommes rentrés tard.", 0, 1, 10, 2.0, 6.0),
        ("Voilà", 2, 2, 0, 20.0, 21.0),
    ]


def test_a_doubted_passage_makes_its_sentences_unreliable() -> None:
    segments = [
        _said(0, 1, "Il est."),
        _said(1, 2, "Non.", flags=["low_confidence"]),
        _said(2, 3, "x", reliability="low"),
    ]
    assert [one.reliable for one in sentence_units(spoken_runs(segments)[0])] == [True, False, False]


def test_what_sounds_together_belongs_together() -> None:
    (run,) = spoken_runs(
        [_said(10.0, 14.6, "A."), _said(15.6, 20.9, "b dans"), _said(20.9, 22.4, "c."), _said(30, 31, "d")]
    )
    heard = [_heard(0.0, 4.7, "a"), _heard(5.7, 7.7, "b"), _heard(8.7, 12.3, "c")]
    found = [(u.first, u.last, u.start, u.end, [one.text for one in said]) for u, said in whole_units(run, heard, 10.0)]
    assert found == [(0, 0, 10.0, 14.6, ["a"]), (1, 2, 15.6, 22.4, ["b", "c"]), (3, 3, 30, 31, [])]


def test_a_touch_is_no_link() -> None:
    (run,) = spoken_runs([_said(0, 5, "a"), _said(5, 10, "b")])
    heard = [_heard(0, 5.5, "one"), _heard(5.2, 10, "two")]
    assert [[one.text for one in said] for _, said in whole_units(run, heard, 0.0)] == [["one"], ["two"]]


def test_written_text_stands_as_long_as_its_region() -> None:
    regions: list[dict[str, Any]] = [
        {"text": "DANGER\nMines. N'entrez pas.", "language": "fr", "t": 2.0, "end": 5.0, "flags": []},
        {"text": "12:30", "language": None, "t": 1.0},
        {"text": "خطر", "language": "ar", "t": None, "flags": ["low_confidence"]},
        {"text": "Xy", "language": None, "t": 1.0},
    ]
    units = [
        (one.first, one.at, one.text, one.start, one.end, one.language, one.reliable) for one in written_units(regions)
    ]
    assert units == [
        (0, 0, "DANGER Mines.", 2.0, 5.0, "fr", True), (0, 14, "N'entrez pas.", 2.0, 5.0, "fr", True),
        (2, 0, "خطر", None, None, "ar", False), (3, 0, "Xy", 1.0, 1.0, "und", True),
    ]  # fmt: skip
