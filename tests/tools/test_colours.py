"""Pictures as a person sees them: profiles, transparency, depth, inks; and several at once."""

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from pipeline.parsing.pictures import turned
from pipeline.settings import read_settings
from pipeline.tools.parsers import Parsers


@pytest.fixture(scope="module", autouse=True)
def parsers() -> Iterator[None]:
    """One room for all of them."""
    Here.parsers = Parsers(read_settings())
    yield
    Here.parsers.close()


class Here:
    """The parsers that these tests ask."""

    parsers: Parsers


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def seen(data: bytes, longest: int = 400) -> Image.Image:
    image = Here.parsers.upright(data, longest=longest)
    assert image.mode == "RGB"
    return image


def colour(data: bytes) -> tuple[int, ...]:
    image = seen(data)
    found = image.getpixel((image.width // 2, image.height // 2))
    assert isinstance(found, tuple)
    return tuple(int(one) for one in found)


@pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF"])
def test_what_is_transparent_lies_on_white(form: str) -> None:
    options = {"lossless": True} if form == "WEBP" else {}
    assert colour(saved(Image.new("RGBA", (40, 40), (0, 0, 0, 0)), form, **options)) == (255, 255, 255)
    half = colour(saved(Image.new("RGBA", (40, 40), (200, 0, 0, 128)), form, **options))
    assert half == pytest.approx((227, 127, 127), abs=2)


def test_a_palette_with_a_transparent_colour() -> None:
    image = Image.new("P", (40, 40), 0)
    image.putpalette([10, 20, 30, 200, 100, 50])
    assert colour(saved(image, "PNG", transparency=0)) == (255, 255, 255)
    assert colour(saved(image, "PNG")) == (10, 20, 30)


@pytest.mark.parametrize(("value", "shown"), [(0, 0), (32_768, 128), (65_535, 255), (20_000, 78)])
@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_sixteen_bits_become_eight(value: int, shown: int, form: str) -> None:
    image = Image.fromarray(np.full((40, 40), value, np.uint16))
    assert colour(saved(image, form)) == pytest.approx((shown, shown, shown), abs=1)


def test_fractions_of_light() -> None:
    assert colour(saved(Image.fromarray(np.full((8, 8), 0.5, np.float32)), "TIFF")) == pytest.approx((127,) * 3, abs=1)


@pytest.mark.parametrize("form", ["JPEG", "TIFF"])
def test_four_inks(form: str) -> None:
    """Full cyan and full yellow give green; no ink at all is the white of the paper."""
    red, green, blue = colour(saved(Image.new("CMYK", (40, 40), (255, 0, 255, 0)), form))
    assert green > red + 80
    assert green > blue + 80
    assert colour(saved(Image.new("CMYK", (40, 40), (0, 0, 0, 0)), form)) == pytest.approx((255,) * 3, abs=2)


def wide_profile() -> bytes:
    """A profile whose red and green are exchanged with respect to sRGB: nobody can overlook it."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = int.from_bytes(data[128:132], "big")
    entries = {bytes(data[132 + 12 * n : 136 + 12 * n]): 132 + 12 * n for n in range(count)}
    red, green = (slice(entries[name] + 4, entries[name] + 12) for name in (b"rXYZ", b"gXYZ"))
    data[red], data[green] = data[green], data[red]
    return bytes(data).replace(b"s\0R\0G\0B", b"x\0X\0X\0X")


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_colours_go_through_the_pictures_own_profile(form: str) -> None:
    image = Image.new("RGB", (64, 64), (220, 20, 20))
    plain, through = (colour(saved(image, form, icc_profile=profile)) for profile in (None, wide_profile()))
    assert plain[0] > plain[1] + 140
    assert through[1] > through[0] + 140


def test_a_damaged_profile_is_none() -> None:
    data = saved(Image.new("RGB", (64, 64), (220, 20, 20)), "PNG", icc_profile=b"no profile" * 20)
    assert colour(data) == (220, 20, 20)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation(orientation: int) -> None:
    """The red corner of the upright picture is its upper left, whatever way it was stored."""
    upright = np.zeros((60, 90, 3), np.uint8)
    upright[:20, :30] = (255, 0, 0)
    back = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}[orientation]
    stored = turned(Image.fromarray(upright), back)
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = seen(saved(stored, "PNG", exif=exif))
    assert image.size == (90, 60)
    assert image.getpixel((10, 10)) == (255, 0, 0)


def test_a_large_picture_is_made_smaller_band_by_band_without_seams() -> None:
    across = np.linspace(0, 255, 7000, dtype=np.uint8)
    large = np.broadcast_to(across, (6100, 7000))
    small = np.asarray(seen(saved(Image.fromarray(np.ascontiguousarray(large)), "PNG", compress_level=1), 700))
    assert small.shape == (610, 700, 3)
    wanted = np.asarray(Image.fromarray(across[None]).resize((700, 1), Image.Resampling.BOX))[0]
    assert np.abs(small[:, :, 0].astype(int) - wanted).max() <= 3


def test_several_pictures_are_read_at_once(testdata: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        files = [testdata / "photo_objects/bus.jpg"] * 8
        sizes = list(pool.map(lambda file: Here.parsers.upright(file, longest=200).size, files))
    assert set(sizes) == {(150, 200)}
