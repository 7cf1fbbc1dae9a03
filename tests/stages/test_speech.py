"""Speech on real recordings: where somebody speaks, and that nobody does."""

from pathlib import Path

import pytest

from tests.stages.conftest import Line

pytestmark = pytest.mark.slow


def test_every_word_lies_in_a_region(line: Line, testdata: Path) -> None:
    found = line.run(testdata / "speech/en/leopard_test.wav", "speech")["speech"]
    words = [(0.54, 0.8), (2.69, 3.17), (5.0, 5.3)]  # "Mr", "classes", "gospel"
    assert found.outcome == "done"
    for start, end in words:
        assert any(one["start"] <= start and end <= one["end"] for one in found.body["regions"])


def test_a_second_of_silence_before_speech_stays_outside(line: Line, testdata: Path) -> None:
    found = line.run(testdata / "speech/fr/leopard_test_fr.wav", "speech")["speech"]
    assert 0.5 < found.body["regions"][0]["start"] < 1.12  # the first word begins at 1.12


def test_it_covers_what_the_sound_covers(line: Line, testdata: Path, tmp_path: Path) -> None:
    whole = (testdata / "speech/en/jfk.flac").read_bytes()
    half = tmp_path / "half.flac"
    half.write_bytes(whole[: len(whole) // 2])
    found = line.run(half, "speech", "transcribe")
    assert found["speech"].coverage == found["extract_audio"].coverage
    assert found["transcribe"].outcome == "done"
    assert found["transcribe"].coverage is not None
    assert found["transcribe"].coverage.partial
