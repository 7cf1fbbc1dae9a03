"""Pictures: how sample pictures are drawn, changed and wrapped; none of it is claimed to be real."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image

Recipe = Mapping[str, Any]

_ORIENTATION = 0x0112
_QUALITY = 90


def opened(file: Path) -> "Image":
    """Return a picture in RGB, decoded."""
    import PIL.Image

    with PIL.Image.open(file) as image:
        return image.convert("RGB")


def sign(recipe: Recipe, fonts: Mapping[str, Path], ground: "Image | None" = None) -> "Image":
    """Draw lines of text, centred, on a plain board or on another picture.

    Each line names its font; right-to-left lines are shaped and ordered by the layout engine, as a
    person would write them.
    """
    import PIL.Image
    import PIL.ImageDraw
    import PIL.ImageFont

    board = ground or PIL.Image.new("RGB", tuple(recipe["size"]), tuple(recipe.get("paper", (250, 250, 244))))
    draw = PIL.ImageDraw.Draw(board)
    for line in recipe["lines"]:
        font = PIL.ImageFont.truetype(
            str(fonts[line["font"]]), line["points"], layout_engine=PIL.ImageFont.Layout.RAQM
        )  # fmt: skip
        direction = "rtl" if line.get("rtl") else "ltr"
        middle = (board.width / 2, line["y"])
        if line.get("box"):
            left, top, right, bottom = draw.textbbox(middle, line["text"], font=font, anchor="mm", direction=direction)
            draw.rectangle((left - 12, top - 8, right + 12, bottom + 8), fill=(20, 20, 20))
        ink = (255, 255, 255) if line.get("box") else tuple(recipe.get("ink", (24, 24, 32)))
        draw.text(middle, line["text"], font=font, fill=ink, anchor="mm", direction=direction)
    return board


def changed(image: "Image", how: str) -> "Image":
    """Return a picture as somebody passed it on: ``half`` the size, ``mirrored``, ``cropped`` by a tenth each side."""
    import PIL.ImageOps

    if how == "half":
        return image.resize((image.width // 2, image.height // 2))
    if how == "mirrored":
        return PIL.ImageOps.mirror(image)
    if how == "cropped":
        across, down = image.width // 10, image.height // 10
        return image.crop((across, down, image.width - across, image.height - down))
    raise ValueError(f"no change is called {how!r}")


def jpeg(image: "Image", *, orientation: int = 1) -> bytes:
    """Write a JPEG; with another orientation than 1 it is stored turned, and says how to turn it back."""
    import PIL.Image

    stored = {1: image, 6: image.transpose(PIL.Image.Transpose.ROTATE_90)}[orientation]
    exif = PIL.Image.Exif()
    if orientation != 1:
        exif[_ORIENTATION] = orientation
    return _written(stored, "JPEG", quality=_QUALITY, exif=exif)


def png(image: "Image") -> bytes:
    """Write a PNG."""
    return _written(image, "PNG")


def heic(image: "Image") -> bytes:
    """Write an HEIC, as telephones do."""
    import pillow_heif

    pillow_heif.register_heif_opener()
    return _written(image, "HEIF", quality=_QUALITY)


def gif(images: "list[Image]", milliseconds: int) -> bytes:
    """Write an animated GIF, every picture shown as long."""
    first, *rest = [one.resize((320, 240)) for one in images]
    return _written(first, "GIF", save_all=True, append_images=rest, duration=milliseconds, loop=0)


def tiff(images: "list[Image]") -> bytes:
    """Write a TIFF of several pages."""
    first, *rest = images
    return _written(first, "TIFF", save_all=True, append_images=rest, compression="tiff_lzw")


def _written(image: "Image", form: str, **more: Any) -> bytes:
    whole = io.BytesIO()
    image.save(whole, form, **more)
    return whole.getvalue()
