"""Countersigning: having authorities vouch (RFC 3161) for when the newest checkpoint was there."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.ports import CustodyLog
from pipeline.errors import Misconfigured
from pipeline.vault.countersigned import AUTHORITY, token_path
from pipeline.vault.files import sync_dir, write_new, writing
from pipeline.vault.leaves import NOTE, path_of
from pipeline.vault.note import Verifier
from pipeline.vault.notes import newest_of
from pipeline.vault.process import locked
from pipeline.vault.segments import STAMPED
from pipeline.vault.standalone import token_of, vouched


@dataclass(frozen=True, slots=True, kw_only=True)
class Newest:
    """The newest checkpoint: its number and its note."""

    number: int
    note: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Countersigned:
    """A token that was taken in, and when its authority saw the note."""

    number: int
    authority: str
    at: str
    path: str


def newest_note(root: Path, trusted: dict[str, Verifier] | None = None) -> Newest:
    """Return the newest note; it vouches for all before it. What none of the ``trusted`` keys signed is none."""
    if (newest := newest_of(root, trusted)) is None:
        raise Misconfigured("there is no checkpoint yet", code="E-CONF-009", next_step="submit something first")
    number, note = newest
    return Newest(number=number, note=note)


def request(note: bytes, *, nonce: int | None = None) -> bytes:
    """Return what to ask an authority (``.tsq``, RFC 3161): about the SHA-512 of a note, and for its certificate."""
    imprint = _der(0x30, _SHA512 + _der(0x04, hashlib.sha512(note).digest()))
    asked = b"" if nonce is None else _der(0x02, nonce.to_bytes(nonce.bit_length() // 8 + 1))
    return _der(0x30, _der(0x02, b"\x01") + imprint + asked + _der(0x01, b"\xff"))


def answers(answer: bytes, nonce: int) -> bool:
    """Tell whether an answer is to the request with this nonce, and no older one; ``ValueError`` when it is none."""
    _, _, info = token_of(answer)
    return any(tag == _INTEGER and int.from_bytes(value) == nonce for tag, value, _ in info[_AFTER_TIME:])


def _der(tag: int, contents: bytes) -> bytes:
    return bytes([tag, len(contents)]) + contents  # nothing here is longer than 127 bytes


_INTEGER, _AFTER_TIME = 0x02, 5
_SHA512 = bytes.fromhex("300d06096086480165030402030500")
"""The algorithm's identifier as a request spells it: 2.16.840.1.101.3.4.2.3, without parameters."""


def keep_token(root: Path, token: bytes, *, number: int, authority: str, log: CustodyLog, actor: str) -> Countersigned:
    """Take an authority's answer in beside the note that it is of; ``ValueError`` when it is of none. May be repeated.

    The token is on disk before the log tells of it; one that is there is never replaced.
    """
    if not AUTHORITY.fullmatch(authority):
        raise ValueError("an authority's name is of a-z, 0-9, '-' and '_', 40 at most")
    note, path = path_of(root, number, NOTE), token_path(root, number, authority)
    if not note.is_file():
        raise ValueError(f"there is no checkpoint {number}")
    at = vouched(token, note.read_bytes(), [])
    (root / "locks").mkdir(mode=0o700, exist_ok=True)
    with writing("the custody log"), locked(root / "locks" / "countersign"):
        if path.exists():
            token, at = path.read_bytes(), vouched(path.read_bytes(), note.read_bytes(), [])
        else:
            fresh = root / "locks" / "fresh.tsr"
            fresh.unlink(missing_ok=True)
            write_new(fresh, token)
            fresh.rename(path)
            sync_dir(path.parent)
        told = hashlib.sha256(token).hexdigest()
        log.append(STAMPED, actor=actor, number=number, authority=authority, token=told)
    return Countersigned(
        number=number, authority=authority, at=at.isoformat().replace("+00:00", "Z"),
        path=path.relative_to(root).as_posix(),
    )  # fmt: skip
