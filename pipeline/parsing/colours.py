"""Colours: a decoded picture made what a person sees: sRGB, 8 bits, on white, upright, small enough."""

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageCms import ImageCmsProfile

_BAND_PIXELS = 16_000_000
_LARGE = 40_000_000
"""Pixels from which a picture is made smaller band by band: a copy of it in another form would be too much."""

_SEE_THROUGH = frozenset({"RGBA", "LA", "PA", "RGBa", "La"})
_DEEP = ("I", "I;16", "I;16B", "I;16L", "I;16N")
_SRGB_NAMES = ("sRGB", "IEC61966-2.1", "IEC61966-2-1")


def shown(image: "Image", longest: int) -> "Image":
    """Return a decoded picture as it is shown, its longest side at most ``longest`` pixels: mode RGB, sRGB.

    Colours go through the picture's own profile; what is transparent lies on white; 16 bits become 8.
    Turning by the orientation is the caller's.
    """
    import PIL.Image

    plain = _smaller_by_bands(image, longest) if image.width * image.height > _LARGE else _plain(image)
    if max(plain.size) > longest:
        share = longest / max(plain.size)
        size = (max(1, round(plain.width * share)), max(1, round(plain.height * share)))
        plain = plain.resize(size, PIL.Image.Resampling.BILINEAR, reducing_gap=2.0)
    return _srgb(plain, image.info.get("icc_profile"))


def _plain(image: "Image") -> "Image":
    """Return it in a mode of 8 bits without transparency: L, RGB, CMYK or LAB."""
    import PIL.Image

    if image.mode in _DEEP or image.mode == "F":
        return _eight_bits(image)
    if image.mode in _SEE_THROUGH or "transparency" in image.info:
        grey = image.mode in {"LA", "La", "L"}
        over = image.convert("RGBA")
        white = PIL.Image.new("RGBA", image.size, (255, 255, 255, 255))
        white.alpha_composite(over)
        return white.convert("L" if grey else "RGB")
    return image if image.mode in {"L", "RGB", "CMYK", "LAB"} else image.convert("RGB")


def _eight_bits(image: "Image") -> "Image":
    """Scale what has more than 8 bits: whole numbers by their 16 bits, fractions by 0 to 1 or their largest."""
    import numpy as np
    import PIL.Image

    found = np.asarray(image).astype(np.float32)
    if image.mode == "F":
        found = np.nan_to_num(found, nan=0.0, posinf=0.0, neginf=0.0)
        most = max(float(found.max()), 1.0)
        return PIL.Image.fromarray((np.clip(found, 0, most) * (255 / most)).astype(np.uint8))
    most = 255.0 if image.mode == "I" and float(found.max()) <= 255 else 65535.0  # noqa: PLR2004 - an 8-bit picture
    return PIL.Image.fromarray((np.clip(found, 0, most) * (255 / most)).astype(np.uint8))


def _smaller_by_bands(image: "Image", longest: int) -> "Image":
    """Bring a large picture near the size wanted, a band of rows at a time."""
    import PIL.Image

    factor = max(1, max(image.size) // (2 * longest))
    rows = max(factor, _BAND_PIXELS // image.width // factor * factor)
    small: Image | None = None
    for top in range(0, image.height, rows):
        band = image.crop((0, top, image.width, min(top + rows, image.height)))
        band.info = image.info
        band = _plain(band)
        band = band.reduce(factor) if factor > 1 else band
        if small is None:
            small = PIL.Image.new(band.mode, (band.width, -(-image.height // factor)))
        small.paste(band, (0, top // factor))
    assert small is not None
    return small


def _srgb(image: "Image", profile: bytes | None) -> "Image":
    """Take colours through a profile to sRGB; one that is damaged or of another kind of colour is no profile."""
    from PIL import ImageCms

    if image.mode == "LAB":
        return _through(image, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))) or image.convert("RGB")
    if not profile:
        return image.convert("RGB")
    try:
        theirs = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    except (OSError, TypeError, ValueError):
        return image.convert("RGB")
    named = str(getattr(theirs.profile, "profile_description", "") or "")
    if image.mode == "RGB" and any(name in named for name in _SRGB_NAMES):
        return image
    return _through(image, theirs) or image.convert("RGB")


def _through(image: "Image", profile: "ImageCmsProfile") -> "Image | None":
    from PIL import ImageCms

    try:
        return ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
