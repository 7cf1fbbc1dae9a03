"""The hashes are those that PDQ's own C++ gives of the same pixels; they turn with the picture and outlive its size.

The values here were computed once by that C++ (its binding to Python, release 0.2.8) of pictures that integers draw.
"""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from pipeline.core.alike import SAME, apart
from pipeline.core.ports import Pixels
from pipeline.tools import Tools
from pipeline.tools.pdq import MIRROR
from pipeline.tools.pdq_hash import pdq_hashes

Draw = Callable[[int, int], Pixels]


def scene(height: int, width: int) -> Pixels:
    """Draw bent stripes of three colours, the same in every size."""
    y, x = np.mgrid[0:height, 0:width]
    x, y = x * 1000 // width, y * 1000 // height
    waves = ((x * x // 300 + y, 400), (x + y * y // 500, 330), (x * y // 400 + 2 * y, 510))
    drawn = [np.abs(at % (2 * period) - period) * 255 // period for at, period in waves]
    return np.stack(drawn, axis=-1).astype(np.uint8)


def mist(height: int, width: int) -> Pixels:
    return np.asarray(100 + scene(height, width) // 7, np.uint8)


def noise(height: int, width: int) -> Pixels:
    y, x, colour = np.mgrid[0:height, 0:width, 0:3]
    mixed = (x * 73856093) ^ (y * 19349663) ^ (colour * 83492791)
    mixed = (mixed ^ mixed >> 13) * 1274126177 & 0xFFFFFFFF
    return np.asarray((mixed ^ mixed >> 16) & 255, np.uint8)


def ramp(height: int, width: int) -> Pixels:
    """Draw what is the same in every row: all but a few values of the transform are roundings, and all bits count."""
    row = np.arange(width)[:, None] * (255, 180, 70) // (width - 1)
    return np.repeat(row[None], height, axis=0).astype(np.uint8)


def flat(height: int, width: int) -> Pixels:
    return np.full((height, width, 3), (90, 91, 92), np.uint8)


@pytest.mark.parametrize(
    ("draw", "height", "width", "value", "quality"),
    [
        (scene, 600, 800, "fa69848395ad01433ffd2e0236352ca85456e1ecd5f9a5839447ad874b1f537c", 100),
        (scene, 800, 450, "fa69848395ad01432ffd2e0236bd2ca85456e1ec95f8ad839447ad874b1f537c", 100),
        (scene, 64, 64, "7a7cc44394ad810307fd2f0236572ea85452e0ecd5f8a5c35447adc7699f5b3c", 100),
        (scene, 129, 128, "f269848395ad01433ffd2e0236bd2ca85456e1ec95f9ad839447ad874b1f527c", 100),
        (scene, 7, 300, "a98d5b3c5672a4c9d6705a382b1ecb0d3c135ab8d3ec24d254e3a5c7a98d5b3c", 100),
        (scene, 3000, 6, "de3d21c3de2d21d2fc2f8b6874878b6921d256e48b3803e131d370c764c6fe3c", 100),
        (scene, 5, 5, "9f2629ca60d99625ce73398c9e27c67361d869da9f26294a60d99625de37398c", 100),
        (mist, 480, 640, "fa69848391ad01433ffd2e0236bd2ca85456e1ec95f9a5839447ad874b1f537c", 25),
        (mist, 64, 64, "7a6dc04394ad810387fd2f0236172ea85452e0ecd5f8a5c3d447adc7699f5b3c", 25),
        (mist, 257, 513, "fa6d848394ad01032ffd2e0236752ea85456e1ec95f9a5839447ad876b1f537c", 24),
        (mist, 70, 5, "318ccb72318c44599e2760d89b26348dcb729f26348d64d9ce73de373e0f398e", 25),
        (mist, 128, 360, "fa69848395ad01433ffd2e0236352ca85456e1ecd5f9a5839447ad874b1f537c", 26),
        (ramp, 480, 640, "abb329c6b5134c441a9bed54aa2b2aac2293eeaa932976da5535d5547633b0a7", 44),
        (ramp, 800, 450, "b5543d145494b54eb456cdb6a5ccaad5159555da8d54aa2c296e49b3a649ad6e", 44),
        (ramp, 64, 64, "a79a1d987755755bc996aabb6449a16651acb3ab28ba4b5254d56aa4c964d2ca", 39),
        (ramp, 100, 100, "52aaa5aa4db5ac9ca72e9548b2dc5152472dcadb965bb9285525b4b5b4936275", 25),
        (noise, 600, 800, "4dbd804fc423e281e036cfd18d898e73fa77f6e3ff0442b3641dcc38bb3a0e80", 100),
        (noise, 64, 64, "b9040de41f52a07e7ac3b1e8e3737062f8a549c86886b647241d5f6fdddcdac0", 100),
        (noise, 127, 65, "8027f76382e4412857977f6620062f9a721c5c0f1f677c6efd5d964afac2505c", 100),
        (flat, 480, 640, "2c4b13a0113411342c4b13a011342c4b11345e0111343e63113413a01134554b", 0),
        (flat, 64, 64, "2c4b13a0113411342c4b13a011342c4b11345e0111343e63113413a01134554b", 0),
        (noise, 4, 400, "0000000000000000000000000000000000000000000000000000000000000000", 0),
        (noise, 70, 3, "0000000000000000000000000000000000000000000000000000000000000000", 0),
        (scene, 1, 1, "0000000000000000000000000000000000000000000000000000000000000000", 0),
    ],
)  # fmt: skip
def test_a_picture_has_the_hash_that_the_reference_gives_it(
    draw: Draw, height: int, width: int, value: str, quality: int
) -> None:
    values, found = pdq_hashes(draw(height, width)[None])[0]

    assert (values[0].hex(), found) == (value, quality)


def test_the_eight_orientations_are_those_of_the_reference() -> None:
    assert [one.hex() for one in pdq_hashes(scene(600, 800)[None])[0][0]] == [
        "fa69848395ad01433ffd2e0236352ca85456e1ecd5f9a5839447ad874b1f537c",
        "f87c7f1cafd455568f5690438f03c7886b746516ab61f55ca963d530549e05c1",
        "af3d6e69e1f8abf9faa894e86be8960221034b46e2ad0f69c112072d1e4af9d6",
        "a4299496da01f2fc58031ae9da564d223c2189acfe344ff6fc367f9a01cb2f4b",
        "f2683b3c90ad7eac2ffdc1bd363501575456161395f8523c944752784b1fac83",
        "af3cd1d6e0f8d416eaa87b576ba07bfd2103bcb980acf8d6c112f8d21e4a0629",
        "e07c80e38f54aaa98d066fbc8e033877697498e9ab610aa3a9632acf549efa3e",
        "bd296a69faa10d03da53c516db76b2dd3e217653fe34b009fe36806501cbd0b4",
    ]


@pytest.mark.parametrize("draw", [scene, noise])
@pytest.mark.parametrize(
    ("orientation", "how"),
    [(1, Image.Transpose.ROTATE_90), (2, Image.Transpose.ROTATE_180), (3, Image.Transpose.ROTATE_270),
     (4, Image.Transpose.FLIP_TOP_BOTTOM), (MIRROR, Image.Transpose.FLIP_LEFT_RIGHT), (6, Image.Transpose.TRANSPOSE),
     (7, Image.Transpose.TRANSVERSE)],
)  # fmt: skip
def test_a_turned_picture_has_the_hash_foretold(draw: Draw, orientation: int, how: Image.Transpose) -> None:
    # In this size neither the filters nor the 64 rows and columns prefer a side: only roundings may differ.
    picture = draw(320, 576)
    turned = np.asarray(Image.fromarray(picture).transpose(how))
    foretold, found = pdq_hashes(picture[None])[0][0], pdq_hashes(turned[None])[0][0]

    assert apart(foretold[orientation], found[0]) <= 2
    assert apart(foretold[0], found[0]) > 2 * SAME


@pytest.mark.parametrize("size", [(200, 150), (400, 300), (640, 640), (1600, 1200)])
def test_another_size_has_nearly_the_same_hash(size: tuple[int, int]) -> None:
    picture = scene(600, 800)
    other = np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BILINEAR))

    assert apart(pdq_hashes(picture[None])[0][0][0], pdq_hashes(other[None])[0][0][0]) <= SAME


def test_a_picture_has_the_same_hash_in_any_company() -> None:
    pictures = np.stack([draw(64, 64) for draw in (scene, noise, flat, mist)])

    assert pdq_hashes(pictures) == [pdq_hashes(one[None])[0] for one in pictures]


def test_how_the_pixels_lie_in_memory_does_not_matter() -> None:
    picture = scene(300, 200)
    elsewhere = np.asfortranarray(np.repeat(picture, 2, axis=1))[:, ::2]

    assert pdq_hashes(elsewhere[None]) == pdq_hashes(picture[None])


def test_the_tool_names_the_hash_and_its_version(tools: Tools) -> None:
    assert tools.environment("pdq") == {"pdq": "1"}
