"""Canonical form: one spelling of a JSON value, so that equal statements have equal digests."""

import hashlib
import json
from typing import Any

import rfc8785

_EXACT = 2**53
_PLAINLY = 1e-4
"""From here on Python writes a fraction as ECMAScript does, without an exponent."""
_AS_THEY_ARE = frozenset({str, bool, type(None)})
_write = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, allow_nan=False, sort_keys=True, separators=(",", ":")
).encode  # fmt: skip


def canonical(value: Any) -> bytes:
    """Return the RFC 8785 (JCS) bytes of a JSON value; ``ValueError`` when it is none.

    Most values the standard library writes in the same way and several times as fast; the others are left to who
    knows them all, and so is the refusal of what is no JSON.
    """
    try:
        return _write(_common(value)).encode()
    except (_Uncommon, UnicodeEncodeError):
        return rfc8785.dumps(value)


class _Uncommon(Exception):  # noqa: N818 (it is no error)
    """The standard library would write it in another way, or not at all."""


def _common(value: Any) -> Any:
    """Return a value that the standard library writes canonically."""
    sort = type(value)
    if sort is dict:
        _check_order(value)
        return {key: one if type(one) in _AS_THEY_ARE else _common(one) for key, one in value.items()}
    if sort is list or sort is tuple:
        return [one if type(one) in _AS_THEY_ARE else _common(one) for one in value]
    if sort is float:
        if -_EXACT < value < _EXACT and value.is_integer():
            return int(value)
        if _PLAINLY <= abs(value) < _EXACT:
            return value
    elif (sort is int and -_EXACT < value < _EXACT) or isinstance(value, str) or sort in _AS_THEY_ARE:
        return value
    raise _Uncommon


def _check_order(names: dict[Any, Any]) -> None:
    """Names are sorted by UTF-16; that is the order of the characters as long as none needs two units."""
    try:
        joined = "".join(names)
    except TypeError:
        raise _Uncommon from None
    if not joined.isascii() and max(joined) > "\uffff":
        raise _Uncommon


def digest(value: Any) -> str:
    """Return the lower-case hex SHA-256 of the canonical form of a JSON value."""
    return hashlib.sha256(canonical(value)).hexdigest()


def commitment(salt: str, value: Any) -> str:
    """Return a salted digest: it proves a value to who holds the salt, and tells others nothing."""
    return digest([salt, value])
