"""Speech finder: nothing where nobody speaks, and no spoken word lost."""

import json
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipeline.core.ports import SpeechFinder
from pipeline.engines.silero import Silero
from pipeline.weights import Installed
from tests.engines.conftest import Sound


@pytest.fixture
def finder(installed: Callable[[str], Installed]) -> Silero:
    return Silero(installed("silero-vad"))


def test_it_is_a_speech_finder(finder: Silero) -> None:
    assert isinstance(finder, SpeechFinder)


@pytest.mark.parametrize("kind", ["nothing", "one sample", "silence", "hum", "hiss"])
def test_no_speech_where_there_is_none(finder: Silero, tmp_path: Path, kind: str) -> None:
    seconds = np.arange(16000 * 20) / 16000
    made = {
        "nothing": seconds[:0],
        "one sample": seconds[:1],
        "silence": 0 * seconds,
        "hum": 0.3 * np.sin(2 * np.pi * 50 * seconds),
        "hiss": 0.1 * np.random.default_rng(7).standard_normal(len(seconds)),
    }[kind]
    pcm = tmp_path / "made.pcm"
    pcm.write_bytes((made * 32767).clip(-32768, 32767).astype("<i2").tobytes())
    assert finder.regions(pcm) == ()


def test_every_word_with_a_known_time_lies_in_a_region(finder: Silero, testdata: Path, sound: Sound) -> None:
    files = json.loads((testdata / "MANIFEST.json").read_text())["files"]
    truth = {one["path"]: one.get("ground_truth") for one in files}
    kept = spoken = 0.0
    for clip in ("en/leopard_test.wav", "de/leopard_test_de.wav", "fr/leopard_test_fr.wav"):
        regions = finder.regions(sound(clip))
        for _, start, end in truth[f"speech/{clip}"]["words"]:
            spoken += end - start
            kept += sum(max(0.0, min(end, one.end) - max(start, one.start)) for one in regions)
    assert spoken > 8
    assert kept / spoken >= 0.98


def test_a_pause_between_speakers_is_no_speech(finder: Silero, sound: Sound) -> None:
    pcm = sound("en/jfk_16k.wav", "en/leopard_test.wav", pause=5.0)
    regions = finder.regions(pcm)
    assert not any(one.start < 13.0 < one.end for one in regions)
    assert any(one.start < 3.5 < one.end for one in regions)
    assert any(one.start < 18.0 < one.end for one in regions)


def test_a_region_does_not_depend_on_where_a_block_ends(finder: Silero, tmp_path: Path, testdata: Path) -> None:
    with wave.open(str(testdata / "speech" / "en/jfk_16k.wav")) as source:
        speech = source.readframes(source.getnframes())
    found = []
    for lead in (1.024, 12.288):  # whole frames; the second puts the speech across two blocks
        pcm = tmp_path / f"{lead}.pcm"
        pcm.write_bytes(bytes(2 * int(lead * 16000)) + speech)
        found.append([(round(one.start - lead, 2), round(one.end - lead, 2)) for one in finder.regions(pcm)])
    assert len(found[0]) == len(found[1])
    assert np.allclose(found[0], found[1], atol=0.1)
