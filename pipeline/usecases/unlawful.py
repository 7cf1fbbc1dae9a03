"""Unlawful: material that an operator's list or a reviewer names is closed, and what was made from it withdrawn."""

import hashlib
import secrets
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from pipeline.core.canonical import digest
from pipeline.core.listed import PDQ, SHA256, BadLineError, Listed, read_list
from pipeline.core.model import AssetId, Kind
from pipeline.core.prints import FLAT
from pipeline.core.rulings import Hold, as_ruling
from pipeline.errors import Misconfigured
from pipeline.usecases.access import HOLDS, standing_rulings
from pipeline.usecases.documents import fold
from pipeline.usecases.home import Home

_CHUNK = 1 << 20


def listed(home: Home) -> Listed | None:
    """Read the operator's lists as they are now; ``None`` where the settings name none.

    Raises ``Misconfigured`` naming file and line of what is no digest, and a file that cannot be read.
    """
    files = home.settings.unlawful_digests
    if not files:
        return None
    entries: list[tuple[str, bytes]] = []
    marks = []
    for file in files:
        try:
            data = file.read_bytes()
            entries += read_list(data.decode("utf-8"))
        except BadLineError as err:
            raise Misconfigured(f"setting 'unlawful_digests': {file}: line {err.number} is no digest") from None
        except UnicodeDecodeError:
            raise Misconfigured(f"setting 'unlawful_digests': {file}: not a text in UTF-8") from None
        except OSError as err:
            raise Misconfigured(f"setting 'unlawful_digests': {file}: {err.strerror}") from err
        marks.append(hashlib.sha256(data).hexdigest())
    return Listed(
        digest=digest(sorted(marks)), exact=frozenset(one for one in entries if one[0] != PDQ),
        pictures=tuple(sorted({int.from_bytes(value) for name, value in entries if name == PDQ})),
    )  # fmt: skip


def stop_listed(home: Home, asset: AssetId, lists: Listed | None, *, read: bool = True) -> bool:
    """Hold an asset whose digest is listed, before anything is made from it; tell whether it was.

    What a custodian let go in spite of a list stays open: that was a decision about this very asset. ``read``:
    also compare digests for which the file has to be read.
    """
    if lists is None or not _meets(home, asset, lists, read=read) or _settled(home, asset):
        return False
    place(home, asset, ground="listed", list_digest=lists.digest)
    return True


def stop_alike(home: Home, asset: AssetId, lists: Listed | None) -> bool:
    """Hold an asset of which a picture is a listed one; asked as soon as its pictures have hashes."""
    if lists is None or not lists.pictures or _settled(home, asset):
        return False
    prints: Mapping[str, Any] = next(
        (one["body"] for one in fold(home, asset)["enrichments"] if one["kind"] == Kind.FINGERPRINT and one["current"]),
        {},
    )
    if not lists.has_like(_hashes(prints)):
        return False
    place(home, asset, ground="listed", list_digest=lists.digest)
    return True


def place(home: Home, asset: AssetId, *, ground: str, list_digest: str | None = None) -> dict[str, Any]:
    """Hold an asset, from this moment on, and take it out of the index; the log says neither why nor what it shows."""
    hold = as_ruling(
        Hold.model_validate(
            {"asset": asset, "by": home.actor, "at": datetime.now(UTC), "ground": ground, "list_digest": list_digest}
        )
    )
    home.registers.append(HOLDS, [hold], key=f"hold-{secrets.token_hex(8)}", actor=home.actor)
    home.log.append("hold", actor=home.actor, subject=asset, record=digest(hold))
    home.log.checkpoint()
    if home.settings.index.exists():
        home.index.remove(asset)
    return hold


def is_held(home: Home, asset: AssetId) -> bool:
    """Tell whether an asset is held now."""
    return asset in standing_rulings(home).held


def _settled(home: Home, asset: AssetId) -> bool:
    rulings = standing_rulings(home)
    return asset in rulings.held or asset in rulings.lifted


def _meets(home: Home, asset: AssetId, lists: Listed, *, read: bool) -> bool:
    if lists.has(SHA256, asset):
        return True
    if not lists.needs or not read:
        return False
    sums = {name: hashlib.new(name, usedforsecurity=False) for name in sorted(lists.needs)}
    with home.vault.original(asset) as path, path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            for one in sums.values():
                one.update(chunk)
    return any(lists.has(name, one.hexdigest()) for name, one in sums.items())


def _hashes(prints: Mapping[str, Any]) -> Iterator[str]:
    """Yield the PDQ of every picture that tells something, as it is and turned."""
    for one in prints.get("hashes", ()):
        if one["algorithm"] == PDQ and FLAT not in one["flags"]:
            yield from (one["value"], *one["turned"].values())
