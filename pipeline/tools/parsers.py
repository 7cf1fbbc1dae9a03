"""Parsers: pictures and their tags, read by libraries inside this process."""

import errno
import importlib.metadata
import logging
import os
import random
import struct
import sys
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.core.ports import Picture
from pipeline.core.text import printable
from pipeline.errors import Refused, Unavailable
from pipeline.tools.answers import text_safe

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

# Formats that Pillow reads with its own decoders. EPS is left out above all: for it Pillow starts Ghostscript.
_FORMATS = (
    "AVIF", "BMP", "DIB", "GIF", "ICNS", "ICO", "JPEG", "JPEG2000", "PCX", "PNG", "PPM", "PSD", "QOI", "SGI",
    "TGA", "TIFF", "WEBP", "XBM",
)  # fmt: skip

# What the libraries let through when bytes lie about themselves.
_DAMAGE = (
    ArithmeticError, EOFError, LookupError, NotImplementedError, OSError, RecursionError, SyntaxError, TypeError,
    ValueError, struct.error, zlib.error,
)  # fmt: skip
_POSITION = frozenset({errno.EINVAL, errno.EOVERFLOW})
"""What the system says of a position in a file that cannot be: the material's fault."""

_ORIENTATION = 0x0112
_ORIENTATIONS = 8
_MOST_FRAMES = 10_000

_SILENCE = threading.Lock()

_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_JPEG_XL = (b"\xff\x0a", b"\x00\x00\x00\x0cJXL \r\n\x87\n")


def exif(media: Path) -> dict[str, str]:
    """Return exifread's raw tags as text; maker notes, thumbnails and what is no tag stay out."""
    import exifread
    from exifread.core.exceptions import ExifError

    # Its messages quote the bytes that it stumbles over.
    logging.getLogger("exifread").setLevel(logging.CRITICAL)
    try:
        with media.open("rb") as file:
            tags = exifread.process_file(file, details=False, extract_thumbnail=False)
            return {text_safe(name): text_safe(str(value)) for name, value in tags.items()}
    except MemoryError as err:
        raise Unavailable("no memory left to read tags", code="E-HOST-005") from err
    except (*_DAMAGE, ExifError) as err:
        raise _refusal("exifread", err) from err


def picture(media: Path, max_pixels: int) -> Picture:
    """Decode the first frame of a picture wholly; of a damaged one, count the rows that decode.

    Raises ``Refused``: E-MEDIA-004 for more than ``max_pixels``, U-CODEC-001 for a picture that
    no installed library decodes, E-MEDIA-002 when not one row can be decoded.
    """
    with _guarded(media, max_pixels):
        return _picture(media, max_pixels)


def upright(media: Path, max_pixels: int, *, longest: int) -> "Image":
    """Return the first frame as it is shown: RGB, turned by its orientation, its longest side at most ``longest``.

    What of a damaged picture decodes is shown, the rest is black. Raises as ``picture`` does.
    """
    import PIL.Image
    import PIL.ImageOps

    with _guarded(media, max_pixels), _open(media, max_pixels) as image:
        image.draft("RGB", (longest, longest))
        try:
            image.load()
        except _DAMAGE:
            if not image.im:
                raise
            image.tile = []
        if max(image.size) > longest:
            image.thumbnail((longest, longest), PIL.Image.Resampling.BILINEAR, reducing_gap=2.0)
        return PIL.ImageOps.exif_transpose(image).convert("RGB")


@contextmanager
def _guarded(media: Path, max_pixels: int) -> Iterator[None]:
    """Turn what a picture library raises into typed errors."""
    import PIL.Image

    with warnings.catch_warnings(), _native_silence():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", PIL.Image.DecompressionBombWarning)
        try:
            yield
        except (PIL.Image.DecompressionBombError, PIL.Image.DecompressionBombWarning) as err:
            raise Refused(f"more than {max_pixels} pixels", code="E-MEDIA-004") from err
        except MemoryError as err:
            raise Unavailable("no memory left to decode a picture", code="E-HOST-005") from err
        except _DAMAGE as err:
            raise _undecoded(media) or _refusal("Pillow", err) from err


@contextmanager
def _native_silence() -> Iterator[None]:
    """Send what native code writes to descriptor 2 nowhere.

    Pillow's libtiff prints its complaints there by itself, with bytes of the material in them: they
    belong into no log. The descriptor is the process's own, so one picture is decoded at a time.
    """
    with _SILENCE:
        sys.stderr.flush()
        kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            os.close(nowhere)


def _picture(media: Path, max_pixels: int) -> Picture:
    frames = _frames(media, max_pixels)
    with _open(media, max_pixels) as image:
        width, height, form, orientation = image.width, image.height, str(image.format), _orientation(image)
        try:
            image.load()
            rows = height
        except _DAMAGE:
            rows = _rows(media, max_pixels)
            if not rows:
                raise
    return Picture(width=width, height=height, rows=rows, frames=frames, orientation=orientation, format=form)


def version(library: str) -> str:
    """Return the installed version of ``exifread`` or ``pillow``."""
    return importlib.metadata.version(library)


def _open(media: Path, max_pixels: int) -> "ImageFile":
    """Open a picture of an allowed format and size; nothing is decoded yet."""
    import PIL.Image

    PIL.Image.init()
    PIL.Image.MAX_IMAGE_PIXELS = max_pixels
    image = PIL.Image.open(media, formats=_FORMATS)
    if image.width * image.height > max_pixels:
        image.close()
        raise PIL.Image.DecompressionBombError
    return image


def _frames(media: Path, max_pixels: int) -> int:
    """Count frames, as far as they can be reached."""
    count = 1
    with _open(media, max_pixels) as image, suppress(*_DAMAGE):  # the end, or the first damaged frame
        while count < _MOST_FRAMES:
            image.seek(count)
            count += 1
    return count


def _orientation(image: "ImageFile") -> int:
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except _DAMAGE:
        return 1  # stored upright, as far as anybody can tell; ``exif`` reports the damage
    return value if isinstance(value, int) and 1 <= value <= _ORIENTATIONS else 1


def _rows(media: Path, max_pixels: int) -> int:
    """Count the rows that decode before the damage.

    The picture's memory is first painted with a pattern that no camera makes, and decoding
    overwrites it. Rows that still show the pattern were never reached. (Pillow's own switch for
    truncated files would fill them silently with grey.)
    """
    with _open(media, max_pixels) as image:
        width, height = image.size
        image.load_prepare()
        pattern = _pattern(image.mode, width)
        for row in range(height):
            image.im.paste(pattern.im, (0, row, width, row + 1))
        with suppress(*_DAMAGE):  # seen before; what it left behind is what counts
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


def _undecoded(media: Path) -> Refused | None:
    """Tell a picture that nothing installed decodes from one that is damaged."""
    with media.open("rb") as file:
        head = file.read(12)
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS:
        return Refused("a HEIF picture; no decoder for it is installed", code="U-CODEC-001")
    if head.startswith(_JPEG_XL):
        return Refused("a JPEG XL picture; no decoder for it is installed", code="U-CODEC-001")
    if (head.startswith(b"II*\x00") and head[8:10] == b"CR") or head[8:12] == b"crx ":
        return Refused("a camera's raw picture; no decoder for it is installed", code="U-CODEC-001")
    return None


def _refusal(library: str, err: Exception) -> Exception:
    import PIL

    if isinstance(err, OSError) and err.errno and err.errno not in _POSITION:
        return err  # the system's, not the material's
    if isinstance(err, PIL.UnidentifiedImageError):
        return Refused("no picture that is read here")  # its own words name the path
    return Refused(printable(f"{library}: {type(err).__name__}: {err}"))
