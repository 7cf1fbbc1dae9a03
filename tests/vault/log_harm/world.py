"""World: a vault with a history of its log, a copy of which each test may harm."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pipeline.vault import VaultParts, open_vault
from pipeline.vault.keyring import Keyring
from pipeline.vault.keys import Keys
from pipeline.vault.note import Verifier, sign
from tests.vault.test_custody import lines

CHECKPOINTS = "log/checkpoints"
PAST = "2001-01-01T00:00:00.000Z"


@dataclass(frozen=True, kw_only=True)
class World:
    """A vault with its keys: three segments, five checkpoints, two keys, a token; and what was kept elsewhere."""

    root: Path
    keys: Path
    kept: Path
    """A copy of note 3."""
    certificate: Path
    other: Path
    """A vault of somebody else."""

    def __truediv__(self, name: str) -> Path:
        return self.root / name

    @property
    def busy(self) -> Path:
        """The segment with most entries."""
        return max((self / "log/segments").iterdir(), key=lambda path: path.stat().st_size)

    @property
    def first(self) -> Path:
        """The segment that notes the making of the first key."""
        return next(path for path in (self / "log/segments").iterdir() if b'"act":"key.made"' in lines(path)[1])

    @property
    def anchors(self) -> list[Path]:
        """The public keys that were kept."""
        return sorted(self.keys.glob("*/*.pub"))

    def note(self, number: int) -> Path:
        return self / f"{CHECKPOINTS}/{number:08}.note"

    def leaves(self, number: int) -> Path:
        return self / f"{CHECKPOINTS}/{number:08}.leaves"

    def token(self) -> Path:
        (token,) = (self / CHECKPOINTS).glob("*.tsr")
        return token

    def open(self) -> VaultParts:
        return open_vault(self.root, self.keys)


def ring(root: Path, keys: Path, parts: VaultParts) -> Keyring:
    return Keyring(root, keys=Keys(keys, vault=root, vault_id=parts.vault_id), log=parts.log)


def resigned(note: Path, text: str, key: Ed25519PrivateKey) -> Verifier:
    verifier = Verifier(name=text.splitlines()[0], key=key.public_key().public_bytes_raw())
    note.write_bytes(sign(text, verifier, key))
    return verifier


def text_of(note: Path) -> str:
    return note.read_text().rpartition("\n\n")[0] + "\n"


def key_that_signed(world: World, note: Path) -> Ed25519PrivateKey:
    key_id = base64.b64decode(note.read_text().rsplit(" ", 1)[1])[:4].hex()
    (file,) = world.keys.glob(f"*/{key_id}.pem")
    key = serialization.load_pem_private_key(file.read_bytes(), None)
    assert isinstance(key, Ed25519PrivateKey)
    return key


Harm = Callable[[World], Path]
Look = Callable[..., list[tuple[str, str]]]
