"""Entry: one line of the custody log, and what may stand in it."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from pipeline.core.canonical import canonical
from pipeline.errors import Misconfigured

GENESIS = "0" * 64
_ACT = re.compile(r"[a-z][a-z0-9_.-]{0,63}")
_PLAIN = re.compile(r"[A-Za-z0-9:._+-]{1,200}")
_LARGEST = 2**53 - 1
MEMBERS = frozenset({"act", "actor", "at", "facts", "prev", "seq", "subject", "sum"})
_SUM = re.compile(rb',"sum":"([0-9a-f]{16})"}$')
_TEXT = rb'"[A-Za-z0-9:._+-]{1,200}"'
_VALUE = rb"(?:%s|-?(?:0|[1-9][0-9]{0,15})|true|false|null)" % _TEXT
_FACT = rb"%s:(?:%s|\[(?:%s(?:,%s)*)?\])" % (_TEXT, _VALUE, _VALUE, _VALUE)
_LINE = re.compile(
    rb'(\{"act":"([a-z][a-z0-9_.-]{0,63})","actor":%s,"at":"([0-9T:.Z-]{20,30})","facts":(\{(?:%s(?:,%s)*)?\}),'
    rb'"prev":"([0-9a-f]{64})","seq":(0|[1-9][0-9]{0,15}),"subject":(?:null|%s)),"sum":"([0-9a-f]{16})"\}'
    % (_TEXT, _FACT, _FACT, _TEXT)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One act. ``prev`` is the digest of the entry before it in the same segment."""

    seq: int
    prev: str
    at: str
    act: str
    actor: str
    subject: str | None
    facts: Mapping[str, Any]

    def line(self) -> bytes:
        """Return the entry's bytes, without the line's end: what is digested.

        ``sum``, which sorts last, guards the entry itself: nothing follows the newest one yet
        that would tell of a damaged bit.
        """
        body = canonical(
            {
                "act": self.act, "actor": self.actor, "at": self.at, "facts": dict(self.facts),
                "prev": self.prev, "seq": self.seq, "subject": self.subject,
            }
        )  # fmt: skip
        return body[:-1] + b',"sum":"%s"}' % _sum(body)


def line_digest(line: bytes) -> str:
    """Return an entry's digest: the SHA-256 of its line without the line's end."""
    return hashlib.sha256(line).hexdigest()


class Scanned(NamedTuple):
    """What following a chain needs of a line: ten times as fast as reading all of it."""

    act: bytes
    at: bytes
    facts: bytes
    prev: bytes
    seq: int
    digest: bytes


def scan(line: bytes) -> Scanned | None:
    """Check a line byte for byte against its form and its ``sum``; ``None`` when it is not an entry."""
    if (found := _LINE.fullmatch(line)) is None:
        return None
    body, act, at, facts, prev, seq, told = found.groups()
    if hashlib.sha256(body + b"}").hexdigest()[:16].encode() != told:
        return None
    return Scanned(act, at, facts, prev, int(seq), hashlib.sha256(line).hexdigest().encode())


def _sum(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest()[:16].encode()


def parse(line: bytes) -> Entry | None:
    """Read an entry back; ``None`` when the line is not one, or not whole."""
    if (found := _SUM.search(line)) is None or found[1] != _sum(line[: found.start()] + b"}"):
        return None
    try:
        body = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict) or body.keys() != MEMBERS or not isinstance(body["facts"], dict):
        return None
    del body["sum"]
    return Entry(**body)


def check(act: str, actor: str, subject: str | None, facts: Mapping[str, Any]) -> None:
    """Refuse what the log must not hold: it outlives the erasure of what it speaks of.

    Only ids, digests, codes and numbers pass. A name, a file name or a URL does not, and is
    not repeated in the message either.
    """
    if not _ACT.fullmatch(act):
        raise Misconfigured("an act of the custody log is one word of lower-case letters, digits, '.', '_', '-'")
    values = {"actor": actor, **({} if subject is None else {"subject": subject})}
    for name, value in values.items():
        if not _plain(value):
            raise Misconfigured(f"the custody log takes ids and digests only; {name} of {act} is none")
    for name, value in facts.items():
        listed = value if isinstance(value, list | tuple) else [value]
        if not _plain(name) or not all(_allowed(one) for one in listed):
            raise Misconfigured(f"the custody log takes ids, digests, codes and numbers only; {name} of {act} is none")


def _plain(value: object) -> bool:
    return isinstance(value, str) and _PLAIN.fullmatch(value) is not None


def _allowed(value: object) -> bool:
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, int):
        return abs(value) <= _LARGEST
    return _plain(value)
