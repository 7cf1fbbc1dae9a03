"""GIF: whether it moves, told from its blocks without decoding a pixel."""

_IMAGE, _EXTENSION = 0x2C, 0x21
_HEADER, _DESCRIPTOR = 13, 10


def moves(head: bytes) -> bool:
    """Tell whether a GIF has a second picture, or says that it loops before its first one ends."""
    if len(head) < _HEADER:
        return False
    at = _HEADER + _table(head[10])
    pictures = 0
    while at < len(head):
        if head[at] == _IMAGE and at + _DESCRIPTOR < len(head):
            pictures += 1
            at = _blocks(head, at + _DESCRIPTOR + _table(head[at + 9]) + 1)
        elif head[at] == _EXTENSION:
            at = _blocks(head, at + 2)
        else:
            return False
        if pictures > 1:
            return True
    return b"NETSCAPE2.0" in head


def _table(packed: int) -> int:
    return 3 << ((packed & 7) + 1) if packed & 0x80 else 0


def _blocks(head: bytes, at: int) -> int:
    while at < len(head) and head[at]:
        at += 1 + head[at]
    return at + 1
