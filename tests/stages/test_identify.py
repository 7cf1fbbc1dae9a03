"""Identify on real files: the bytes decide, whatever the name says."""

from pathlib import Path

import pytest

from tests.stages.conftest import Line


@pytest.mark.parametrize(
    ("name", "media", "media_type"),
    [
        ("audio_formats/bear-id3-numeric-genre.mp3", "audio", "audio/mpeg"),  # its cover is no film
        ("video/m3_sample_audio_only.mp4", "audio", "audio/mp4"),
        ("video/m3_sample_video_only.mp4", "video", "video/mp4"),
        ("video/me_with-gps.mov", "video", "video/quicktime"),
        ("hostile/mp4_named.jpg", "video", "video/mp4"),
        ("hostile/jpeg_named.mp3", "image", "image/jpeg"),
        ("hostile/polyglot_jpeg_zip.jpg", "image", "image/jpeg"),
        ("hostile/svg_local_etc_passwd.svg", "other", "image/svg+xml"),
        ("hostile/random_bytes.mp4", "other", "application/octet-stream"),
        ("photo_exif/immich_IMG_2682.heic", "image", "image/heic"),
    ],
)
def test_content_decides(line: Line, testdata: Path, name: str, media: str, media_type: str) -> None:
    found = line.run(testdata / name, "identify")["identify"]
    assert (found.outcome, found.body["media"], found.body["media_type"]) == ("done", media, media_type)


@pytest.mark.parametrize(
    "name", ["hostile/hls_named.mp4", "hostile/ffconcat_local.ffconcat", "video/m3_cea608_manifest.m3u8"]
)
def test_what_only_points_elsewhere_is_refused(line: Line, testdata: Path, name: str) -> None:
    found = line.run(testdata / name, "identify")["identify"]
    assert (found.outcome, found.code) == ("refused", "E-MEDIA-003")


def test_no_bytes_are_refused(line: Line, tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.mp4"
    nothing.touch()
    found = line.run(nothing, "identify", "probe", "extract_audio")
    assert {one.code for one in found.values()} == {"E-MEDIA-001"}


def test_a_note_is_no_media(line: Line, tmp_path: Path) -> None:
    note = tmp_path / "note.jpg"
    note.write_text("شاهدت القصف بعيني", encoding="utf-8")
    found = line.run(note, "identify", "probe")
    assert (found["identify"].outcome, found["identify"].body["media_type"]) == ("done", "text/plain")
    assert (found["probe"].outcome, found["probe"].code) == ("not_applicable", "N-MEDIA-001")


def test_a_medium_with_a_broken_header_stays_a_medium_for_probe_to_refuse(line: Line, testdata: Path) -> None:
    found = line.run(testdata / "hostile/pocketsphinx_bad.wav", "identify", "probe")
    assert found["identify"].body["flags"] == ["unreadable_header"]
    assert (found["probe"].outcome, found["probe"].code) == ("refused", "E-MEDIA-002")
