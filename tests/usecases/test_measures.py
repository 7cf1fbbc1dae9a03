"""The arithmetic of an evaluation, on findings whose figures can be counted by hand."""

from collections.abc import Mapping
from typing import Any

import pytest

from pipeline.usecases.measures import Sample, labels, place, speech, text


def sample(truth: Mapping[str, str], **found: dict[str, Any]) -> Sample:
    return Sample(
        truth=truth, media="image", found={kind: {"body": body, "outcome": "done"} for kind, body in found.items()}
    )


def clip(said: str | None, truth: str, *, language: str = "fr", flags: tuple[str, ...] = ()) -> Sample:
    segment = {"text": said, "language": language, "flags": list(flags)}
    return sample({"text": truth, "language": "fr"}, transcript={"segments": [segment]})


def test_words_are_counted_by_language() -> None:
    found = speech(
        [clip("le numéro composé", "Le numéro composé !"), clip("un deux", "un deux trois quatre", flags=("rate",))]
    )
    french = found["languages"]["fr"]
    assert (french["wer"]["errors"], french["wer"]["units"], french["clips"]) == (2, 7, 2)
    assert french["wer"]["low"] <= french["wer"]["rate"] <= french["wer"]["high"]
    assert (french["words_offered"], french["words_unflagged"]) == (5, 3)


def test_what_is_not_offered_is_missing_and_another_language_is_told() -> None:
    found = speech([clip(None, "un deux"), clip("one two", "un deux", language="en")])["languages"]["fr"]
    assert found["wer"]["rate"] == 1.0
    assert found["clips_without_words"] == 1
    assert found["words_in_another_language"] == 2


def test_words_on_silence_are_invented() -> None:
    silent = sample(
        {"language": "none"}, transcript={"segments": [{"text": "Merci à tous", "language": "fr", "flags": []}]}
    )
    told = speech([silent, sample({"language": "none"})])["no_speech"]
    assert told == {"files": 2, "files_with_words": 1, "words_invented": 3}


def test_letters_and_passages_of_pictures() -> None:
    regions = {"regions": [{"text": "مدينة"}, {"text": "حلب"}, {"text": None}]}
    found = text(
        [
            sample({"text": "مدينة حلب", "language": "ar"}, ocr=regions),
            sample({"contains": "PALAIS|MUSÉE"}, ocr={"regions": [{"text": "le palais"}]}),
            sample({}, ocr={"regions": [{"text": "il"}]}),
            sample({}),
        ]
    )
    assert found["languages"]["ar"]["cer"]["rate"] == 0.0
    assert found["passages"] == {"asked": 2, "found": 1}
    assert found["without_text"] == {"pictures": 2, "with_invented_text": 1}


def test_labels_that_were_missed_are_named() -> None:
    found = labels([sample({"labels": "dog|bicycle"}, objects={"objects": [{"label": "dog"}]}, tags={"tags": []})])
    assert found["recall"] == 0.5
    assert found["labels"]["bicycle"] == {"asked": 1, "found": 0}


def test_metres_and_claims_where_there_is_no_place() -> None:
    def claims(*spots: tuple[float, float]) -> dict[str, Any]:
        return {"claims": [{"lat": lat, "lon": lon, "source": "exif"} for lat, lon in spots]}

    found = place(
        [
            sample({"lat": "36.2", "lon": "37.1"}, places=claims((36.2, 37.1))),
            sample({"lat": "36.2", "lon": "37.1"}, places=claims((36.201, 37.1), (35.0, 37.1))),
            sample({"lat": "36.2", "lon": "37.1"}),
            sample({}, places=claims((1.0, 1.0))),
            sample({}, places={"claims": [{"lat": 1.0, "lon": 1.0, "source": "mention"}]}),
        ]
    )
    assert (found["positions"], found["within_1e-4_degrees"], found["without_claim"]) == (3, 1, 1)
    assert found["metres"]["largest"] == pytest.approx(111, abs=1)
    assert found["no_position"] == {"files": 2, "with_claims": 1}
