import io
import random
import struct
import zlib
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image

from pipeline.errors import Refused
from pipeline.settings import Limits, Settings
from pipeline.tools import Tools, open_tools


def noise(width: int, height: int, form: str, **options: object) -> bytes:
    data = random.Random(1).randbytes(width * height * 3)
    file = io.BytesIO()
    Image.frombytes("RGB", (width, height), data).save(file, form, **options)
    return file.getvalue()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "PPM", "JPEG2000", "AVIF"])
def test_a_whole_picture(tools: Tools, tmp_path: Path, form: str) -> None:
    (tmp_path / "x").write_bytes(noise(64, 48, form))
    picture = tools.picture(tmp_path / "x")
    assert (picture.width, picture.height, picture.rows, picture.frames) == (64, 48, 48, 1)
    assert picture.format == form


def _chunk(kind: bytes, data: bytes, *, crc: int | None = None) -> bytes:
    right = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", right if crc is None else crc)


LARGE = zlib.compress(bytes(4 << 20), 9)
BESIDE = {
    "text": _chunk(b"zTXt", b"Comment\0\0" + LARGE),
    "translated": _chunk(b"iTXt", b"Comment\0\1\0\0\0" + LARGE),
    "profile": _chunk(b"iCCP", b"icc\0\0" + LARGE),
    "unknown method": _chunk(b"zTXt", b"Comment\0\7" + LARGE),
    "sum": _chunk(b"tEXt", b"Comment\0words", crc=1),
    "many": _chunk(b"tEXt", b"k\0" + bytes(1 << 20)) * 80,
}


@pytest.mark.parametrize("after", [False, True], ids=["before the pixels", "behind them"])
@pytest.mark.parametrize("what", BESIDE)
def test_what_stands_beside_the_pixels_of_a_png_never_hides_them(
    tools: Tools, tmp_path: Path, what: str, after: bool
) -> None:
    whole = noise(64, 48, "PNG")
    at = whole.index(b"IEND") - 4 if after else whole.index(b"IDAT") - 4
    (tmp_path / "whole").write_bytes(whole)
    (tmp_path / "x").write_bytes(whole[:at] + BESIDE[what] + whole[at:])
    picture = tools.picture(tmp_path / "x")
    assert (picture.rows, picture.format) == (48, "PNG")
    assert picture.left_out is not (after and what == "sum")  # behind the pixels nobody adds up sums
    assert not tools.picture(tmp_path / "whole").left_out
    for name in ("x", "whole"):
        tools.reduce(tmp_path / name, tmp_path / f"{name}.jpg", 64)
    assert (tmp_path / "x.jpg").read_bytes() == (tmp_path / "whole.jpg").read_bytes()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "BMP", "PPM"])
def test_half_a_picture_gives_the_rows_that_are_there(tools: Tools, tmp_path: Path, form: str) -> None:
    whole = noise(320, 240, form)
    (tmp_path / "x").write_bytes(whole[: len(whole) // 2])
    picture = tools.picture(tmp_path / "x")
    assert picture.height == 240
    assert 60 < picture.rows < 180


def test_black_rows_are_rows(tools: Tools, tmp_path: Path) -> None:
    file = io.BytesIO()
    Image.new("L", (640, 480)).save(file, "PNG", compress_level=0)
    (tmp_path / "x").write_bytes(file.getvalue()[: len(file.getvalue()) // 2])
    assert 200 < tools.picture(tmp_path / "x").rows < 260


def test_the_truncated_photograph(tools: Tools, testdata: Path) -> None:
    """The first rows are those of the whole photograph; about as many as its bytes allow."""
    picture = tools.picture(testdata / "hostile/truncated_half.jpg")
    assert (picture.width, picture.height) == (768, 576)
    assert picture.rows == 174


def test_orientation_and_frames(tools: Tools, testdata: Path, tmp_path: Path) -> None:
    assert tools.picture(testdata / "photo_exif/ia_landscape_6.jpg").orientation == 6
    frames = [Image.new("L", (8, 8), shade) for shade in (0, 128, 255)]
    frames[0].save(tmp_path / "x.gif", save_all=True, append_images=frames[1:])
    assert tools.picture(tmp_path / "x.gif").frames == 3


def test_more_pixels_than_allowed_are_never_decoded(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(noise(100, 100, "PNG"))
    small = settings.model_copy(update={"limits": Limits(max_pixels=9_999)})
    with pytest.raises(Refused) as caught:
        open_tools(small).picture(tmp_path / "x")
    assert caught.value.code == "E-MEDIA-004"


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("immich_IMG_2682.heic", (4032, 3024)),
        ("ia_HMD_Nokia_8.3_5G_hdr.heif", (4608, 3456)),
        ("exifr_heic-single.heic", (1440, 960)),
        ("me_exif-at-eof.heic", (3024, 4032)),
    ],
)
def test_a_heif_picture_is_read_wholly(tools: Tools, testdata: Path, name: str, size: tuple[int, int]) -> None:
    picture = tools.picture(testdata / "photo_exif" / name)
    assert (picture.width, picture.height) == size
    assert (picture.rows, picture.frames, picture.format, picture.preview) == (size[1], 1, "HEIF", False)


def test_half_a_heif_picture_is_damage(tools: Tools, testdata: Path, tmp_path: Path) -> None:
    whole = (testdata / "photo_exif/exifr_heic-single.heic").read_bytes()
    (tmp_path / "x").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Refused) as caught:
        tools.picture(tmp_path / "x")
    assert caught.value.code == "E-MEDIA-002"


@pytest.mark.parametrize("name", ["photo_exif/exiftool_CanonRaw.cr2", "hostile/libheif_fuzz_avc32.heif"])
def test_a_picture_without_a_decoder_is_no_damage(tools: Tools, testdata: Path, name: str) -> None:
    """A raw picture without a photograph in it; a HEIF picture in a codec of video."""
    with pytest.raises(Refused) as caught:
        tools.picture(testdata / name)
    assert caught.value.code == "U-CODEC-001"


def test_what_starts_a_program_is_no_picture(tools: Tools, tmp_path: Path) -> None:
    """Pillow hands PostScript to Ghostscript."""
    (tmp_path / "x").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n%%EOF\n")
    with pytest.raises(Refused) as caught:
        tools.picture(tmp_path / "x")
    assert caught.value.code == "E-MEDIA-002"


def test_no_reason_names_the_file(tools: Tools, tmp_path: Path) -> None:
    (tmp_path / "witness-name").write_bytes(b"no picture")
    with pytest.raises(Refused) as caught:
        tools.picture(tmp_path / "witness-name")
    assert "witness" not in caught.value.reason


def test_a_missing_file_is_not_the_materials_fault(tools: Tools, tmp_path: Path) -> None:
    for look in (tools.picture, tools.exif):
        with pytest.raises(FileNotFoundError):
            look(tmp_path / "gone")


def test_raw_tags_as_text(tools: Tools, testdata: Path) -> None:
    tags = tools.exif(testdata / "photo_exif/ia_DSCN0010.jpg")
    assert tags["Image Make"] == "NIKON"
    assert "GPS GPSLatitude" in tags
    assert all(isinstance(value, str) for value in tags.values())
    assert not any("Thumbnail" in key and "JPEG" in key and len(value) > 100 for key, value in tags.items())


def test_native_code_prints_nothing(tools: Tools, testdata: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for name in sorted((testdata / "hostile").glob("*.tif")):
        with suppress(Refused):
            tools.picture(name)
    assert capfd.readouterr().err == ""
