"""Identify on real files: the bytes decide, whatever the name says."""

import gzip
import io
import lzma
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.core.films import reference_film, track
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
        ("hostile/random_bytes.mp4", "other", "application/octet-stream"),
        ("photo_exif/immich_IMG_2682.heic", "image", "image/heic"),
    ],
)
def test_content_decides(line: Line, testdata: Path, name: str, media: str, media_type: str) -> None:
    found = line.run(testdata / name, "identify")["identify"]
    assert (found.outcome, found.body["media"], found.body["media_type"]) == ("done", media, media_type)


@pytest.mark.parametrize(
    "name",
    [
        "hostile/hls_named.mp4", "hostile/ffconcat_local.ffconcat", "hostile/svg_local_etc_passwd.svg",
        "hostile/svg_xxe_script.svg", "video/m3_cea608_manifest.m3u8",
    ],
)  # fmt: skip
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


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("film.mp4", b"x" * 100)
    return out.getvalue()


def tarred() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        one = tarfile.TarInfo("film.mp4")
        one.size = 100
        archive.addfile(one, io.BytesIO(b"x" * 100))
    return out.getvalue()


UNOPENED = {
    "zip": (zipped(), "application/zip", "x-fmt/263", "archive"),
    "tar": (tarred(), "application/x-tar", "x-fmt/265", "archive"),
    "tar.gz": (gzip.compress(tarred()), "application/gzip", "x-fmt/266", "archive"),
    "tar.xz": (lzma.compress(tarred()), "application/octet-stream", "fmt/1098", "archive"),
    "7z": (b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(40), "application/x-7z-compressed", "fmt/484", "archive"),
    "rar": (b"Rar!\x1a\x07\x00" + bytes(40), "application/vnd.rar", "x-fmt/264", "archive"),
    "pdf": (b"%PDF-1.7\n1 0 obj<<>>endobj\n%%EOF", "application/pdf", "fmt/276", "document"),
    "doc": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "application/x-ole-storage", "fmt/111", "document"),
    "rtf": (b"{\\rtf1\\ansi words}", "application/rtf", "fmt/45", "document"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", UNOPENED)
def test_what_nothing_here_opens_is_unsupported_not_beside_the_point(line: Line, tmp_path: Path, name: str) -> None:
    data, media_type, puid, flag = UNOPENED[name]
    file = tmp_path / f"film.{name}"
    file.write_bytes(data)
    found = line.run(file, "identify", "probe", "speech")
    body = found["identify"].body
    assert found["identify"].outcome == "done"
    assert (body["media"], body["media_type"], body["puid"], body["flags"]) == ("other", media_type, puid, [flag])
    assert {(found[one].outcome, found[one].code) for one in ("probe", "speech")} == {("unsupported", "U-MEDIA-001")}


def test_a_film_that_lies_in_other_files_is_refused(line: Line, tmp_path: Path) -> None:
    file = tmp_path / "film.mov"
    file.write_bytes(reference_film(track(outside=True)))
    found = line.run(file, "identify")["identify"]
    assert (found.outcome, found.code) == ("refused", "E-MEDIA-003")


def test_a_polyglot_is_flagged_and_stays_what_it_is(line: Line, testdata: Path) -> None:
    found = line.run(testdata / "hostile/polyglot_jpeg_zip.jpg", "identify", "probe")
    assert "polyglot:zip" in found["identify"].body["flags"]
    assert found["probe"].outcome == "done"
    motion = line.run(testdata / "video/m3_pixel-motion-photo-shortened.jpg", "identify")["identify"]
    assert motion.body["flags"] == ["motion_photo"]


@pytest.mark.slow
def test_a_photograph_has_the_identifier_that_the_registry_gives_it(line: Line, testdata: Path) -> None:
    found = line.run(testdata / "photo_exif/immich_IMG_2682.heic", "identify")["identify"]
    assert found.body["puid"] == "fmt/1101"
    named = {line.run(one, "identify")["identify"].body["puid"] for one in (testdata / "photo_objects").glob("*.jpg")}
    assert None not in named
