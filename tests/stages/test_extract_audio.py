"""Extract audio on real files: every stream, as far as it decodes."""

import array
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


def test_a_hole_in_the_middle_stands_where_it_is(line: Line, testdata: Path, tmp_path: Path) -> None:
    data = bytearray((testdata / "speech/en/jfk.flac").read_bytes())
    data[400_000:500_000] = b"\xaa" * 100_000
    (tmp_path / "hole.flac").write_bytes(data)
    found = line.run(tmp_path / "hole.flac", "extract_audio")
    for name in ("probe", "extract_audio"):
        coverage = found[name].coverage
        assert coverage is not None
        ((start, end, code),) = coverage.gaps
        assert (round(start, 1), round(end, 1), code) == (3.7, 4.7, "E-MEDIA-007")
        assert coverage.of == 11.0
        assert coverage.read == pytest.approx(11.0 - end + start, abs=0.002)
    (sound,) = found["extract_audio"].body["streams"]
    assert sound["gaps"] == [[start, end]]
    assert found["probe"].body["duration_decoded"] == pytest.approx(9.955, abs=0.002)


def test_what_follows_a_hole_in_an_mp3_keeps_its_time(line: Line, testdata: Path, tmp_path: Path) -> None:
    data = bytearray((testdata / "speech/en/jfk.mp3").read_bytes())
    data[30_000:45_000] = bytes(15_000)
    (tmp_path / "hole.mp3").write_bytes(data)
    whole, found = (
        line.run(one, "extract_audio")["extract_audio"]
        for one in (testdata / "speech/en/jfk.mp3", tmp_path / "hole.mp3")
    )
    assert found.coverage is not None
    ((start, end, _),) = found.coverage.gaps
    assert [start, end] == pytest.approx([4.14, 6.48], abs=0.1)
    assert found.coverage.read == pytest.approx(8.7, abs=0.1)
    assert "length_estimated" in found.coverage.flags
    before, after = (_levels(line.folder / one.derivatives[0].sha256)[70:105] for one in (whole, found))
    assert after == pytest.approx(before, rel=0.5, abs=200)


def _levels(pcm: Path) -> list[float]:
    """Return the mean level of each tenth of a second."""
    samples = array.array("h", pcm.read_bytes())
    return [sum(map(abs, samples[at : at + 1600])) / 1600 for at in range(0, len(samples) - 1599, 1600)]


def test_an_ogg_file_cut_short_is_not_whole(line: Line, testdata: Path, tmp_path: Path) -> None:
    (tmp_path / "cut.opus").write_bytes((testdata / "neardup/jfk_opus16k.opus").read_bytes()[:11_000])
    found = line.run(tmp_path / "cut.opus", "extract_audio")
    for name in ("probe", "extract_audio"):
        coverage = found[name].coverage
        assert coverage is not None
        assert (coverage.of, coverage.flags, coverage.partial) == (None, ("decode_error", "end_missing"), True)
    (sound,) = found["extract_audio"].body["streams"]
    assert sound["gaps"] == [[sound["duration"], sound["duration"]]]
    whole = line.run(testdata / "neardup/jfk_opus16k.opus", "extract_audio")["extract_audio"]
    assert whole.coverage is not None
    assert not whole.coverage.partial
