"""Ogg pages: whether a file reaches the page that closes its streams."""

from typing import BinaryIO

_CAPTURE = b"OggS"
_TAIL = 2 * 65_307
"""Two of the longest pages (RFC 3533): the last page lies wholly in them."""
_FIXED, _FLAGS, _COUNT = 27, 5, 26
_LAST = 0x04


def closed(ogg: BinaryIO) -> bool:
    """Tell whether the last page is whole and marked as the end of its stream.

    A file cut at any other byte promises just what is left of it: its length stands in its last page.
    """
    size = ogg.seek(0, 2)
    ogg.seek(max(size - _TAIL, 0))
    tail = ogg.read()
    at = tail.rfind(_CAPTURE)
    page = tail[at:] if at >= 0 else b""
    if len(page) < _FIXED or len(page) < _FIXED + page[_COUNT]:
        return False
    body = sum(page[_FIXED : _FIXED + page[_COUNT]])
    return bool(page[_FLAGS] & _LAST) and len(page) >= _FIXED + page[_COUNT] + body
