"""Text: how words of others are shown on a terminal or in a log without being able to act there."""

import unicodedata

_ELLIPSIS = "…"
_NON_JOINER = "\u200c"
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}

# Letters and marks by category that nobody can see: fillers, joiners, variation selectors.
_INVISIBLE = (
    (0x034F, 0x034F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x2800, 0x2800), (0x3164, 0x3164),
    (0xFE00, 0xFE0F), (0xFFA0, 0xFFA0), (0xE0100, 0xE01EF),
)  # fmt: skip


def printable(text: str, limit: int = 200) -> str:
    r"""Return hostile text as one harmless line of at most ``limit`` characters.

    Control characters, bidirectional controls, zero-width and other format characters, line and
    paragraph separators, private, unassigned and surrogate code points become visible escapes
    (``\n``, ``\x1b``, ``\u202e``); what is too long ends in ``…``. Letters of every script
    stay as they are. One format character stays, too: a zero-width non-joiner after an Arabic
    letter, where Sorani and Persian spelling needs it. A second one in a row is escaped, so
    nothing can be hidden in it.

    Backslashes are left alone, so showing what was already made printable changes nothing.
    """
    shown: list[str] = []
    length = 0
    before = ""
    for char in text:
        piece = char if _shows(char, before) else _escape(char)
        if length + len(piece) > limit:
            return _cut(shown, limit)
        shown.append(piece)
        length += len(piece)
        before = char
    return "".join(shown)


def _shows(char: str, before: str) -> bool:
    if char == _NON_JOINER:
        return _joins(before)
    category = unicodedata.category(char)
    if category[0] == "C" or category in {"Zl", "Zp"}:
        return False
    return not any(first <= ord(char) <= last for first, last in _INVISIBLE)


def _joins(char: str) -> bool:
    return bool(char) and unicodedata.bidirectional(char) == "AL" and unicodedata.category(char)[0] == "L"


def _escape(char: str) -> str:
    if char in _SHORT:
        return _SHORT[char]
    number = ord(char)
    if number <= 0xFF:  # noqa: PLR2004 - two hexadecimal digits
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"  # noqa: PLR2004 - four digits


def _cut(shown: list[str], limit: int) -> str:
    """Shorten by whole pieces: half an escape would say something else."""
    length = sum(map(len, shown))
    while shown and length + len(_ELLIPSIS) > limit:
        length -= len(shown.pop())
    return ("".join(shown) + _ELLIPSIS)[: max(limit, 0)]
