"""Keys: listing, making, exchanging and revoking what the vault signs with."""

from dataclasses import asdict
from typing import Any

from pipeline.errors import Corrupt
from pipeline.usecases.home import Home
from pipeline.vault.countersign import Newest, newest_note
from pipeline.vault.keyring import Keyring
from pipeline.vault.keys import Keys
from pipeline.vault.root import identity


def list_keys(home: Home) -> dict[str, Any]:
    """Return every key that the log or the key folder knows."""
    return {"keys": [asdict(one) for one in _ring(home).states()]}


def create_key(home: Home) -> dict[str, Any]:
    """Make a key and announce it; it signs nothing until it is rotated to."""
    return _told(home, _ring(home).create(actor=home.actor))


def rotate_key(home: Home, key: str | None) -> dict[str, Any]:
    """Let a key that was announced, or a new one, sign from now on."""
    return _told(home, _ring(home).rotate(key, actor=home.actor))


def revoke_key(home: Home, key: str, after: int | None) -> dict[str, Any]:
    """Let nothing count that a key signed after a checkpoint."""
    _ring(home).revoke(key, after=after, actor=home.actor)
    return _told(home, key)


def newest(home: Home) -> Newest:
    """Return the newest note that one of our keys signed."""
    return newest_note(home.settings.vault, _keys(home).trusted())


def _ring(home: Home) -> Keyring:
    return Keyring(home.settings.vault, keys=_keys(home), log=home.log)


def _keys(home: Home) -> Keys:
    root = home.settings.vault
    if (vault_id := identity(root)) is None:
        raise Corrupt("the vault's identity is gone", code="E-VAULT-003")
    return Keys(home.settings.keys, vault=root, vault_id=vault_id)


def _told(home: Home, key: str) -> dict[str, Any]:
    return {"key": key, **list_keys(home)}
