"""Pictures: decoded by libraries, with what of a damaged one can be seen."""

import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, Any

from pipeline.errors import Refused
from pipeline.parsing.colours import shown
from pipeline.parsing.material import DAMAGE, Material, refusal
from pipeline.parsing.png import LEFT_OUT, forgive

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

# Formats that Pillow reads with its own decoders. EPS is left out above all: for it Pillow starts Ghostscript.
_FORMATS = (
    "AVIF", "BMP", "DIB", "GIF", "HEIF", "ICNS", "ICO", "JPEG", "JPEG2000", "PCX", "PNG", "PPM", "PSD", "QOI", "SGI",
    "TGA", "TIFF", "WEBP", "XBM",
)  # fmt: skip

_ORIENTATION = 0x0112
_ORIENTATIONS = 8
_HEIF_BRANDS = frozenset({b"avci", b"avcs", b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_HEAD = 65_536
_JPEG_XL = (b"\xff\x0a", b"\x00\x00\x00\x0cJXL \r\n\x87\n")


@contextmanager
def decoded(media: Material, max_pixels: int, max_pictures: int) -> Iterator[tuple[dict[str, Any], "Image | None"]]:
    """Decode the first frame of a picture wholly, and lend it; of a damaged one, count the rows that decode.

    Of more than ``max_pictures`` frames one more is counted.

    Raises ``Refused``: E-MEDIA-004 for more than ``max_pixels``, U-CODEC-001 for a picture that
    no installed library decodes, E-MEDIA-002 when not one row can be decoded.
    """
    with guarded(media, max_pixels), _decoded(media, max_pixels, max_pictures) as found:
        yield found


def upright(
    media: Material, max_pixels: int, *, longest: int, orientation: int | None = None, frame: "Image | None" = None
) -> "Image":
    """Return the first frame as it is shown: sRGB, upright, on white, its longest side at most ``longest``.

    ``orientation`` is EXIF's, where the picture does not state its own. What of a damaged picture decodes is
    shown, the rest is black. ``frame`` is it where it was decoded wholly before: it is not decoded again, unless
    that is done faster in a smaller size. Raises as ``decoded`` does.
    """
    with guarded(media, max_pixels), opened(media, max_pixels) as image:
        image.draft("RGB", (longest, longest))
        turn = _orientation(image)
        seen: Image = image
        if frame is not None and (frame.mode, frame.size) == (image.mode, image.size):
            seen = frame
        else:
            _load(image)
        return turned(shown(seen, longest), turn if turn > 1 or orientation is None else orientation)


def _load(image: "ImageFile") -> None:
    """Decode what can be decoded."""
    try:
        image.load()
    except DAMAGE:
        if not image.im:
            raise
        image.tile = []


def turned(image: "Image", orientation: int) -> "Image":
    """Turn a picture by EXIF's orientation, 1 to 8."""
    import PIL.Image

    flips = PIL.Image.Transpose
    how = {
        2: flips.FLIP_LEFT_RIGHT, 3: flips.ROTATE_180, 4: flips.FLIP_TOP_BOTTOM, 5: flips.TRANSPOSE,
        6: flips.ROTATE_270, 7: flips.TRANSVERSE, 8: flips.ROTATE_90,
    }.get(orientation)  # fmt: skip
    return image if how is None else image.transpose(how)


@contextmanager
def guarded(media: Material, max_pixels: int) -> Iterator[None]:
    """Turn what a picture library raises into typed errors."""
    import PIL.Image

    try:
        yield
    except PIL.Image.DecompressionBombError as err:
        raise Refused(f"more than {max_pixels} pixels", code="E-MEDIA-004") from err
    except DAMAGE as err:
        raise _undecoded(media) or refusal("Pillow", err) from err


@contextmanager
def _decoded(media: Material, max_pixels: int, max_pictures: int) -> Iterator[tuple[dict[str, Any], "Image | None"]]:
    frames = _frames(media, max_pixels, max_pictures)
    with opened(media, max_pixels) as image:
        width, height, form, orientation = image.width, image.height, str(image.format), _orientation(image)
        try:
            image.load()
            rows = height
        except DAMAGE:
            rows = _rows(media, max_pixels)
            if not rows:
                raise
        said = {
            "width": width, "height": height, "rows": rows, "frames": frames, "orientation": orientation,
            "format": form, "left_out": image.info.get(LEFT_OUT) is True,
        }  # fmt: skip
        yield said, image if rows == height else None


@cache
def prepare() -> None:
    """Tell Pillow of the formats that it does not know itself."""
    import PIL.Image
    import pillow_heif

    PIL.Image.init()
    forgive()
    pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)


def opened(media: Material, max_pixels: int) -> "ImageFile":
    """Open a picture of an allowed format and size; nothing is decoded yet."""
    import PIL.Image

    prepare()
    # To Pillow twice as much is an error, also for pictures within the picture.
    PIL.Image.MAX_IMAGE_PIXELS = (max_pixels + 1) // 2
    image = PIL.Image.open(media.open(), formats=_FORMATS)
    if image.width * image.height > max_pixels:
        image.close()
        raise PIL.Image.DecompressionBombError
    return image


def _frames(media: Material, max_pixels: int, most: int) -> int:
    """Count frames, as far as they can be reached."""
    count = 1
    with opened(media, max_pixels) as image, suppress(*DAMAGE):  # the end, or the first damaged frame
        while count <= most:
            image.seek(count)
            count += 1
    return count


def _orientation(image: "ImageFile") -> int:
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except DAMAGE:
        return 1  # stored upright, as far as anybody can tell; ``exif`` reports the damage
    return value if isinstance(value, int) and 1 <= value <= _ORIENTATIONS else 1


def _rows(media: Material, max_pixels: int) -> int:
    """Count the rows that decode before the damage.

    The picture's memory is first painted with a pattern that no camera makes, and decoding
    overwrites it. Rows that still show the pattern were never reached. (Pillow's own switch for
    truncated files would fill them silently with grey.)
    """
    with opened(media, max_pixels) as image:
        width, height = image.size
        image.load_prepare()
        pattern = _pattern(image.mode, width)
        for row in range(height):
            image.im.paste(pattern.im, (0, row, width, row + 1))
        with suppress(*DAMAGE):  # seen before; what it left behind is what counts
            image.load()
        image.tile = []  # no second attempt
        unseen = pattern.tobytes()
        return sum(image.crop((0, row, width, row + 1)).tobytes() != unseen for row in range(height))


def _pattern(mode: str, width: int) -> "Image":
    """Return one row of noise, the same every time."""
    import PIL.Image

    row = PIL.Image.new(mode, (width, 1))
    noise = random.Random(width).randbytes(len(row.tobytes()))  # noqa: S311 - no secret
    row.frombytes(noise)
    return row


def _undecoded(media: Material) -> Refused | None:
    """Tell a picture that nothing installed decodes from one that is damaged."""
    with media.open() as file:
        head = file.read(_HEAD)
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS and b"hvc1" not in head:
        return Refused("a HEIF picture in a codec that no decoder here reads", code="U-CODEC-001")
    if head.startswith(_JPEG_XL):
        return Refused("a JPEG XL picture; no decoder for it is installed", code="U-CODEC-001")
    return None
