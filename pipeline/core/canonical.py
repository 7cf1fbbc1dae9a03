"""Canonical form: one spelling of a JSON value, so that equal statements have equal digests."""

import hashlib
from typing import Any

import rfc8785


def canonical(value: Any) -> bytes:
    """Return the RFC 8785 (JCS) bytes of a JSON value; ``ValueError`` when it is none."""
    return rfc8785.dumps(value)


def digest(value: Any) -> str:
    """Return the lower-case hex SHA-256 of the canonical form of a JSON value."""
    return hashlib.sha256(canonical(value)).hexdigest()


def commitment(salt: str, value: Any) -> str:
    """Return a salted digest: it proves a value to who holds the salt, and tells others nothing."""
    return digest([salt, value])
