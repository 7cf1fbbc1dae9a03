"""Answers: what a program or parser said about untrusted bytes, made safe to keep as JSON."""

import json
import re
from collections.abc import Mapping
from typing import Any

from pipeline.core.text import printable
from pipeline.errors import Refused

_MOST_CHARACTERS = 16_384
_EXACT = 2**53 - 1
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")
_BYTE = 0xDC80  # where Python puts the bytes 0x80 to 0xff that are no UTF-8


def read_json(answer: bytes, program: str) -> Any:
    """Read a program's JSON answer; what JSON cannot carry exactly becomes text, nothing is lost silently."""
    text = answer.decode(errors="surrogateescape")
    try:
        return json_safe(json.loads(text, strict=False, parse_float=_number, parse_constant=str))
    except (ValueError, RecursionError) as err:
        raise Refused(f"the answer of {program} is no JSON: {printable(str(err))}", code="E-MEDIA-006") from err


def json_safe(value: Any) -> Any:
    """Return a value that every JSON reader and database takes: see ``text_safe`` and integers within 2**53."""
    if isinstance(value, str):
        return text_safe(value)
    if isinstance(value, Mapping):
        return {text_safe(str(key)): json_safe(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [json_safe(one) for one in value]
    if isinstance(value, int) and abs(value) > _EXACT:
        return str(value)
    return value


def text_safe(text: str) -> str:
    r"""Return text without NUL and without what is no text (shown as ``\x00``, ``\xff``, ``\ud800``), cut when long."""
    if len(text) > _MOST_CHARACTERS:
        text = f"{text[:_MOST_CHARACTERS]}… [{len(text) - _MOST_CHARACTERS} more characters]"
    return text if text.isascii() and "\x00" not in text else _NO_TEXT.sub(_visible, text)


def _visible(found: re.Match[str]) -> str:
    number = ord(found[0])
    if _BYTE <= number <= _BYTE + 0x7F:
        number -= _BYTE - 0x80
    return f"\\x{number:02x}" if number <= 0xFF else f"\\u{number:04x}"  # noqa: PLR2004 - two hexadecimal digits


def _number(text: str) -> float | str:
    # A version "1.10" or a serial number "1e5" is no measurement: a number must read back as written.
    value = float(text)
    return value if repr(value) == text else text
