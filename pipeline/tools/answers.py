"""Answers: what a program or parser said about untrusted bytes, made safe to keep as JSON."""

import json
from collections.abc import Mapping
from typing import Any

from pipeline.core.text import printable
from pipeline.errors import Refused

_MOST_CHARACTERS = 16_384
_EXACT = 2**53 - 1


def read_json(answer: bytes, program: str) -> Any:
    """Read a program's JSON answer; what JSON cannot carry exactly becomes text, nothing is lost silently."""
    text = answer.decode(errors="backslashreplace")
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
    r"""Return text without NUL and lone surrogates (shown as ``\x00``, ``\ud800``), cut when very long."""
    if len(text) > _MOST_CHARACTERS:
        text = f"{text[:_MOST_CHARACTERS]}… [{len(text) - _MOST_CHARACTERS} more characters]"
    return text.encode(errors="backslashreplace").decode().replace("\x00", "\\x00")


def _number(text: str) -> float | str:
    # A version "1.10" or a serial number "1e5" is no measurement: a number must read back as written.
    value = float(text)
    return value if repr(value) == text else text
