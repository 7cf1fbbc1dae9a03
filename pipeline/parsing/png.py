"""PNG: what stands beside the pixels and cannot be read is left out, and not the picture with it."""

import struct
from functools import cache

LEFT_OUT = "evidence:left_out"
"""The member of a picture's ``info`` that says so; no chunk of a file can be called like it in this way: true."""

_BESIDE = frozenset({b"tEXt", b"zTXt", b"iTXt", b"iCCP", b"gAMA", b"cHRM", b"pHYs", b"sRGB", b"tIME"})
"""Chunks without which every pixel is still what it is; texts and tags are read by another tool as well."""


@cache
def forgive() -> None:
    """Have Pillow pass over such a chunk where it is too large, damaged or of an unknown kind."""
    from PIL import ImageFile, PngImagePlugin

    class Forgiving(PngImagePlugin.PngStream):
        def call(self, cid: bytes, pos: int, length: int) -> bytes:
            if cid not in _BESIDE:
                return super().call(cid, pos, length)
            # Beyond the limit Pillow would keep each text before it complains.
            if self.text_memory <= PngImagePlugin.MAX_TEXT_MEMORY:
                try:
                    return super().call(cid, pos, length)
                except (SyntaxError, ValueError, IndexError, struct.error):
                    pass
            return self._over(pos, length)

        def crc(self, cid: bytes, data: bytes) -> None:
            try:
                super().crc(cid, data)
            except SyntaxError:
                if cid not in _BESIDE:
                    raise
                self.im_info[LEFT_OUT] = True

        def _over(self, pos: int, length: int) -> bytes:
            assert self.fp is not None
            self.im_info[LEFT_OUT] = True
            self.fp.seek(pos)
            return ImageFile._safe_read(self.fp, length)  # noqa: SLF001 (in bounded pieces, as Pillow itself reads)

    PngImagePlugin.PngStream = Forgiving  # type: ignore[misc]  # the only place where Pillow lets one choose
