"""Extract audio on real files: every stream, as far as it decodes."""

from pathlib import Path

import pytest

from tests.stages.conftest import Line


def test_every_stream_is_decoded(line: Line, testdata: Path) -> None:
    found = line.run(testdata / "video/made_two_audio_ar_en_subs.mkv", "extract_audio")["extract_audio"]
    assert [one["stream"] for one in found.body["streams"]] == [1, 2]
    assert [one.role for one in found.derivatives] == ["pcm/1", "pcm/2"]
    assert not any(one.keep for one in found.derivatives)
    for sound, file in zip(found.body["streams"], found.derivatives, strict=True):
        assert file.bytes / 2 / 16_000 == pytest.approx(sound["duration"], abs=0.001)
    assert found.body["streams"][0]["duration"] == pytest.approx(10.0, abs=0.1)
    assert found.coverage is not None
    assert not found.coverage.partial


def test_a_film_without_sound_is_empty(line: Line, testdata: Path) -> None:
    found = line.run(testdata / "video/m3_sample_video_only.mp4", "extract_audio", "speech")
    assert (found["extract_audio"].outcome, found["extract_audio"].code) == ("empty", "N-AUDIO-001")
    assert (found["speech"].outcome, found["speech"].code) == ("empty", "N-AUDIO-001")


def test_a_photograph_has_no_sound_to_speak_of(line: Line, testdata: Path) -> None:
    found = line.run(testdata / "hostile/jpeg_named.mp3", "extract_audio")["extract_audio"]
    assert (found.outcome, found.code) == ("not_applicable", "N-MEDIA-001")


def test_sound_cut_short_is_salvaged(line: Line, testdata: Path, tmp_path: Path) -> None:
    whole = (testdata / "speech/en/jfk.flac").read_bytes()
    half = tmp_path / "half.flac"
    half.write_bytes(whole[: len(whole) // 2])
    found = line.run(half, "extract_audio")["extract_audio"]
    assert found.outcome == "done"
    assert found.coverage is not None
    assert found.coverage.of == pytest.approx(11.0)
    assert 4 < found.coverage.read < 7
    assert found.coverage.gaps[0][2] == "E-MEDIA-007"
    assert found.coverage.partial


def test_a_header_that_claims_gigabytes_is_read_for_what_it_holds(line: Line, testdata: Path) -> None:
    found = line.run(testdata / "hostile/wav_claims_4gib.wav", "extract_audio")["extract_audio"]
    assert found.body["streams"][0]["duration"] == pytest.approx(0.1)
