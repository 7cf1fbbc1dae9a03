"""What is offered of real recordings: nothing unflagged in a language nobody reads, and clean words without a flag."""

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.stages.conftest import Line

pytestmark = pytest.mark.slow

CLEAN = ("en", "fr", "de")


def _clips(testdata: Path, *languages: str) -> list[str]:
    files = json.loads((testdata / "MANIFEST.json").read_text())["files"]
    return [
        one["path"]
        for one in files
        if one["path"].startswith("speech/") and (one.get("ground_truth") or {}).get("language") in languages
        and not one["ground_truth"].get("no_speech")
    ]  # fmt: skip


def test_nine_in_ten_words_of_clean_speech_carry_no_flag(line: Line, testdata: Path) -> None:
    words: Counter[tuple[str, bool]] = Counter()
    for name in _clips(testdata, *CLEAN):
        found = line.run(testdata / name, "transcribe")["transcribe"]
        for one in found.body.get("segments", ()):
            words[one["language"], not one["flags"]] += len((one["text"] or "").split())
    plain = sum(count for (_, unflagged), count in words.items() if unflagged)
    assert sum(words.values()) > 350
    print(f"unflagged: {plain} of {sum(words.values())} words", dict(words))
    assert plain >= 0.9 * sum(words.values())


def test_no_word_of_sorani_is_offered_without_a_flag(line: Line, testdata: Path) -> None:
    clips = _clips(testdata, "ckb")
    assert len(clips) == 5
    for name in clips:
        found = line.run(testdata / name, "transcribe")["transcribe"]
        assert [one["text"] for one in found.body["segments"] if one["text"] and not one["flags"]] == [], name


def test_no_text_stands_where_nobody_speaks(line: Line, testdata: Path) -> None:
    for clip in sorted((testdata / "speech/nospeech").iterdir()):
        found = line.run(clip, "speech", "transcribe")
        assert found["transcribe"].outcome != "done", clip.name
        assert not any(one["text"] for one in found["transcribe"].body.get("segments", ())), clip.name


def test_spoken_seconds_are_kept(line: Line, testdata: Path) -> None:
    """Of the clips whose words have known times, 98 of 100 spoken seconds lie in a region of speech."""
    files = json.loads((testdata / "MANIFEST.json").read_text())["files"]
    kept = spoken = 0.0
    for one in files:
        words = (one.get("ground_truth") or {}).get("words")
        if not words or not one["path"].startswith("speech/"):
            continue
        regions = line.run(testdata / one["path"], "speech")["speech"].body["regions"]
        for _, start, end in words:
            spoken += end - start
            kept += sum(max(0.0, min(end, region["end"]) - max(start, region["start"])) for region in regions)
    assert spoken > 8
    print(f"kept: {kept:.2f} of {spoken:.2f} spoken seconds")
    assert kept >= 0.98 * spoken
