"""Signed note: a text with Ed25519 signatures (C2SP signed-note), as used for the log's checkpoints."""

import base64
import binascii
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_ED25519 = b"\x01"
_DASH = "\u2014"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """A public key with the name under which it signs."""

    name: str
    key: bytes

    @property
    def id(self) -> str:
        """The key's id: 8 hex digits of the SHA-256 over its name and itself."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.key).hexdigest()[:8]

    def spelled(self) -> str:
        """Return the key as a line of text: name, id, key (C2SP ``vkey``)."""
        return f"{self.name}+{self.id}+{base64.b64encode(_ED25519 + self.key).decode()}"

    @classmethod
    def parsed(cls, text: str) -> "Verifier":
        """Read a key back; ``ValueError`` when the text is damaged."""
        name, key_id, encoded = text.strip().split("+", 2)
        raw = base64.b64decode(encoded, validate=True)
        found = cls(name=name, key=raw[1:])
        if raw[:1] != _ED25519 or found.id != key_id or len(raw) != 33:  # noqa: PLR2004 - a type byte and 32 of key
            raise ValueError("not an Ed25519 key, or damaged")
        return found


def sign(text: str, verifier: Verifier, key: Ed25519PrivateKey) -> bytes:
    """Return the note: the text, which ends in a newline, an empty line, and one signature."""
    signature = base64.b64encode(bytes.fromhex(verifier.id) + key.sign(text.encode())).decode()
    return f"{text}\n{_DASH} {verifier.name} {signature}\n".encode()


def opened(note: bytes, verifiers: dict[str, Verifier]) -> tuple[str, str]:
    """Return a note's text and the id of the key that signed it; ``ValueError`` when none of ours did."""
    text, gap, signatures = note.decode().rpartition("\n\n")
    if not gap:
        raise ValueError("there is no signature")
    text += "\n"
    for line in signatures.splitlines():
        verifier, signature = _signature(line, verifiers)
        if verifier is None:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(verifier.key).verify(signature, text.encode())
        except InvalidSignature as err:
            raise ValueError("the signature is not by that key") from err
        return text, verifier.id
    raise ValueError("no key that is known signed it")


def _signature(line: str, verifiers: dict[str, Verifier]) -> tuple[Verifier | None, bytes]:
    try:
        dash, name, encoded = line.split(" ")
        raw = base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error) as err:
        raise ValueError("a signature line is malformed") from err
    verifier = verifiers.get(raw[:4].hex())
    if dash != _DASH or (verifier is not None and verifier.name != name):
        raise ValueError("a signature line is malformed")
    return verifier, raw[4:]
