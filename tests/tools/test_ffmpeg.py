import array
import hashlib
import math
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.ports import MediaTools
from pipeline.errors import PipelineError, Refused
from pipeline.settings import Limits, Settings
from pipeline.tools import Tools, open_tools

Make = Any
RATE = 16_000


def loudness(pcm: Path, start: float, end: float) -> float:
    """Return the root mean square of a span, 0 to 1."""
    samples = array.array("h", pcm.read_bytes())[round(start * RATE) : round(end * RATE)]
    return math.sqrt(sum(one * one for one in samples) / max(len(samples), 1)) / 32768


def tone(at: str = "0") -> tuple[str, ...]:
    """Two seconds of a tone, the second one moved by the seconds that ``at`` says."""
    return ("-f", "lavfi", "-i", f"sine=440:d=2,asetpts='PTS+if(gte(T,1),{at}/TB,0)'")


class TestProbe:
    def test_a_real_clip(self, tools: Tools, testdata: Path) -> None:
        found = tools.probe(testdata / "video/made_ar_speech_gps_damascus.mp4")
        assert "mp4" in found["format"]["format_name"]
        assert [one["codec_type"] for one in found["streams"]] == ["video", "audio"]
        assert "filename" not in found["format"]

    def test_rotation_tags_and_chapters_are_in_it(self, tools: Tools, testdata: Path) -> None:
        turned = tools.probe(testdata / "video/mp4p_video_rotation_90.mp4")
        assert any("rotation" in side for one in turned["streams"] for side in one.get("side_data_list", []))
        assert tools.probe(testdata / "video/m3_sample_with_chapters.mkv")["chapters"]

    def test_what_is_no_media_is_refused(self, tools: Tools, tmp_path: Path) -> None:
        (tmp_path / "x.mp4").write_bytes(b"not a film" * 100)
        with pytest.raises(Refused) as caught:
            tools.probe(tmp_path / "x.mp4")
        assert caught.value.code == "E-MEDIA-002"
        assert str(tmp_path) not in caught.value.reason

    def test_a_name_with_power_has_none(self, tools: Tools, make: Make, tmp_path: Path) -> None:
        plain = make("plain.wav", "-f", "lavfi", "-i", "sine=440:d=1").read_bytes()
        for name in ("http:x.mp4", "-y", "%03d.png", "a\nb.mp4", "concat:a|b", "pipe:0"):
            (tmp_path / name).write_bytes(plain)
            assert tools.probe(tmp_path / name)["format"]["format_name"] == "wav"

    def test_too_many_streams(self, settings: Settings, make: Make) -> None:
        path = make("many.mkv", "-f", "lavfi", "-i", "sine=440:d=1", *["-map", "0"] * 9)
        few = settings.model_copy(update={"limits": Limits(max_streams=8)})
        with pytest.raises(Refused) as caught:
            open_tools(few).probe(path)
        assert caught.value.code == "E-MEDIA-004"


class TestSound:
    @pytest.mark.parametrize(
        ("path", "seconds"),
        [
            ("audio_formats/sine_24le.wav", 1.0),
            ("audio_formats/sample_nb.amr", 4.36),
            ("audio_formats/bear.opus", 2.75),
            ("neardup/jfk_8k_ulaw.wav", 11.0),
            ("speech/en/LJ001-0001.wav", 9.655),
        ],
    )
    def test_real_files_keep_their_length(
        self, tools: Tools, testdata: Path, tmp_path: Path, path: str, seconds: float
    ) -> None:
        decoded = tools.decode_audio(testdata / path, 0, tmp_path / "pcm")
        assert decoded.clean
        assert decoded.samples / RATE == pytest.approx(seconds, abs=0.05)
        assert (tmp_path / "pcm").stat().st_size == decoded.samples * 2

    def test_again_gives_the_same_bytes(self, tools: Tools, testdata: Path, tmp_path: Path) -> None:
        digests = set()
        for name in ("one", "two"):
            tools.decode_audio(testdata / "video/gopro_karma.mp4", 1, tmp_path / name)
            digests.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
        assert len(digests) == 1

    @pytest.mark.parametrize(
        ("name", "codec"),
        [("x.mkv", "pcm_s16le"), ("x.mkv", "libopus"), ("x.ts", "mp2"), ("x.mp4", "aac"), ("x.nut", "flac")],
    )
    def test_a_hole_does_not_shift_what_comes_after(
        self, tools: Tools, make: Make, tmp_path: Path, name: str, codec: str
    ) -> None:
        path = make(name, *tone(at="3"), "-c:a", codec)
        decoded = tools.decode_audio(path, 0, tmp_path / "pcm")
        assert decoded.samples / RATE == pytest.approx(5, abs=0.1)
        assert loudness(tmp_path / "pcm", 0.1, 0.9) > 0.05
        assert loudness(tmp_path / "pcm", 1.2, 3.8) < 0.001
        assert loudness(tmp_path / "pcm", 4.1, 4.9) > 0.05

    def test_a_clock_that_leaps_days_costs_no_silence(self, tools: Tools, make: Make, tmp_path: Path) -> None:
        path = make("x.mkv", *tone(at="360000"), "-c:a", "pcm_s16le")
        assert tools.decode_audio(path, 0, tmp_path / "pcm").samples / RATE == pytest.approx(2, abs=0.1)

    def test_recordings_joined_end_to_end_lose_nothing(self, tools: Tools, make: Make, tmp_path: Path) -> None:
        part = make("part.ts", "-f", "lavfi", "-i", "sine=440:d=2", "-c:a", "mp2").read_bytes()
        (tmp_path / "joined.ts").write_bytes(part + part)
        decoded = tools.decode_audio(tmp_path / "joined.ts", 0, tmp_path / "pcm")
        assert decoded.samples / RATE == pytest.approx(4, abs=0.15)
        assert loudness(tmp_path / "pcm", 2.2, 3.8) > 0.05

    def test_the_first_sample_is_the_streams_start(self, tools: Tools, make: Make, tmp_path: Path) -> None:
        path = make(
            "late.mkv", "-f", "lavfi", "-i", "color=c=black:s=64x64:r=5:d=4", "-itsoffset", "2",
            "-f", "lavfi", "-i", "sine=440:d=1", "-map", "0", "-map", "1", "-c:a", "pcm_s16le",
        )  # fmt: skip
        assert float(tools.probe(path)["streams"][1]["start_time"]) == pytest.approx(2)
        assert tools.decode_audio(path, 1, tmp_path / "pcm").samples == RATE

    def test_a_stream_that_changes_its_shape_goes_on(self, tools: Tools, make: Make, tmp_path: Path) -> None:
        low = make("a.ts", "-f", "lavfi", "-i", "sine=440:d=1:r=22050", "-ac", "1", "-c:a", "mp2").read_bytes()
        high = make(
            "b.ts", "-f", "lavfi", "-i", "sine=440:d=1:r=48000", "-ac", "2", "-c:a", "mp2", "-output_ts_offset", "4"
        )
        (tmp_path / "both.ts").write_bytes(low + high.read_bytes())
        decoded = tools.decode_audio(tmp_path / "both.ts", 0, tmp_path / "pcm")
        assert decoded.samples / RATE == pytest.approx(5, abs=0.2)
        assert loudness(tmp_path / "pcm", 4.2, 4.8) > 0.05

    def test_half_a_file_gives_half_its_sound(self, tools: Tools, make: Make, tmp_path: Path) -> None:
        whole = make("x.mp4", "-f", "lavfi", "-i", "sine=440:d=8", "-c:a", "aac", "-movflags", "faststart").read_bytes()
        (tmp_path / "half.mp4").write_bytes(whole[: len(whole) // 2])
        decoded = tools.decode_audio(tmp_path / "half.mp4", 0, tmp_path / "pcm")
        assert 2 < decoded.samples / RATE < 6
        assert decoded.errors > 0
        assert not decoded.clean

    def test_damage_in_the_middle_keeps_the_rest_in_its_place(self, tools: Tools, make: Make, tmp_path: Path) -> None:
        path = make("x.mkv", "-f", "lavfi", "-i", "sine=440:d=8", "-c:a", "aac")
        data = bytearray(path.read_bytes())
        data[len(data) // 2 : len(data) // 2 + 3000] = bytes(3000)
        path.write_bytes(data)
        decoded = tools.decode_audio(path, 0, tmp_path / "pcm")
        assert decoded.samples / RATE == pytest.approx(8, abs=0.2)
        assert loudness(tmp_path / "pcm", 7, 7.8) > 0.05
        assert decoded.errors > 0
        assert decoded.clean

    @pytest.mark.parametrize("name", ["x.aac", "x.mp3"])
    def test_destroyed_bytes_take_time_without_a_clock_too(
        self, tools: Tools, make: Make, tmp_path: Path, name: str
    ) -> None:
        path = make(name, "-f", "lavfi", "-i", "sine=440:d=6,volume='if(gt(t,5),0,1)':eval=frame", "-b:a", "64k")
        whole = tools.decode_audio(path, 0, tmp_path / "pcm")
        assert (whole.holes, whole.estimated, whole.errors) == ((), False, 0)
        data = bytearray(path.read_bytes())
        data[len(data) // 3 : len(data) // 2] = bytes(len(data) // 2 - len(data) // 3)
        path.write_bytes(data)
        decoded = tools.decode_audio(path, 0, tmp_path / "pcm")
        assert decoded.samples / RATE == pytest.approx(whole.samples / RATE, rel=0.05)
        assert decoded.estimated
        assert sum(end - start for start, end in decoded.holes) == pytest.approx(1, abs=0.4)
        assert loudness(tmp_path / "pcm", 4, 4.7) > 0.05
        assert loudness(tmp_path / "pcm", 5.4, 5.8) < 0.01

    def test_nothing_that_decodes_is_no_sample(self, tools: Tools, make: Make, tmp_path: Path) -> None:
        path = make("x.mkv", "-f", "lavfi", "-i", "sine=440:d=1", "-c:a", "flac")
        data = path.read_bytes()
        path.write_bytes(data[:1000] + bytes(len(data) - 1000))
        decoded = tools.decode_audio(path, 0, tmp_path / "pcm")
        assert (decoded.samples, decoded.clean) == (0, False)
        assert tools.decode_audio(make("y.wav", "-f", "lavfi", "-i", "sine=440:d=1"), 7, tmp_path / "pcm").samples == 0

    def test_longer_than_allowed_is_refused(self, settings: Settings, make: Make, tmp_path: Path) -> None:
        path = make("x.wav", "-f", "lavfi", "-i", "sine=440:d=2")
        small = settings.model_copy(update={"limits": Limits(output_bytes=10_000)})
        with pytest.raises(Refused) as caught:
            open_tools(small).decode_audio(path, 0, tmp_path / "pcm")
        assert caught.value.code == "E-MEDIA-004"


class TestPictures:
    def test_frames_and_seconds(self, tools: Tools, testdata: Path) -> None:
        frames = tools.decode_video(testdata / "video/gcp_googlework_tiny.mp4", 0)
        assert (frames.frames, frames.errors, frames.clean) == (58, 0, True)
        assert frames.seconds == pytest.approx(57 / 15, abs=0.001)

    def test_a_varying_rate_is_not_evened_out(self, tools: Tools, testdata: Path) -> None:
        frames = tools.decode_video(testdata / "video/made_vfr.mp4", 0)
        assert frames.frames == 70
        assert frames.seconds == pytest.approx(5.8)

    def test_half_a_clip_says_so(self, tools: Tools, make: Make, tmp_path: Path) -> None:
        options = ("-f", "lavfi", "-i", "testsrc=s=320x240:r=25:d=8", "-movflags", "faststart", "-threads", "1")
        whole = make("x.mp4", *options).read_bytes()
        (tmp_path / "half.mp4").write_bytes(whole[: len(whole) // 2])
        frames = tools.decode_video(tmp_path / "half.mp4", 0)
        assert 50 < frames.frames < 150
        assert not frames.clean

    def test_no_frame_at_all(self, tools: Tools, testdata: Path) -> None:
        assert tools.decode_video(testdata / "audio_formats/sine_24le.wav", 3).frames == 0


def test_no_progress_in_time_is_refused(settings: Settings, make: Make) -> None:
    path = make("x.mp4", "-f", "lavfi", "-i", "color=s=1280x720:r=25:d=40", "-preset", "ultrafast", "-g", "1")
    hasty = settings.model_copy(update={"limits": Limits(decode_seconds=0.2)})
    with pytest.raises(PipelineError) as caught:
        open_tools(hasty).decode_video(path, 0)
    assert caught.value.code == "E-MEDIA-005"


def test_the_versions_are_named(tools: Tools) -> None:
    versions = tools.environment("ffmpeg", "exiftool", "exifread", "pillow")
    assert versions["ffmpeg"].startswith("ffmpeg version")
    assert versions["exiftool"][0].isdigit()
    assert set(versions) == {"ffmpeg", "exiftool", "exifread", "pillow"}
    assert tools.isolation() == "bwrap"
    with pytest.raises(PipelineError):
        tools.environment("tesseract-of-tomorrow")


def test_the_tools_are_what_stages_are_promised(tools: Tools) -> None:
    port: MediaTools = tools
    assert port.isolation() == "bwrap"
