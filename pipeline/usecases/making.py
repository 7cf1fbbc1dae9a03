"""Making: pictures and sound made to be looked at; a while on the scratch disk, and gone with their asset.

No enrichment names them, so they are kept under the asset's own name: whatever disposes of it finds them.
"""

import hashlib
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

from pipeline.core.model import AssetId
from pipeline.errors import Unavailable
from pipeline.usecases.home import Home

_FOLDER = "shown"
_BLOCK = 1 << 20
_AT_ONCE = threading.BoundedSemaphore(3)
"""Programs that may be decoding for those who look: the others wait, so that whoever reads words still can."""
_PATIENCE_SECONDS = 20.0


def made(home: Home, asset: AssetId, role: str, make: Callable[[Path], object]) -> tuple[Path, str]:
    """Return a file made from an asset, and its digest; made now unless it is there.

    ``Unavailable`` (E-HOST-005) when too many are being made for others.
    """
    folder = home.settings.scratch / _FOLDER / asset
    if (found := _there(folder, role)) is not None:
        return found
    if not _AT_ONCE.acquire(timeout=_PATIENCE_SECONDS):
        raise Unavailable("too many are being made", code="E-HOST-005")
    try:
        if (found := _there(folder, role)) is not None:  # somebody else waited for the same
            return found
        _sweep(home)
        with home.derivatives.workspace() as work:
            draft = work / role
            make(draft)
            sha256 = _digest(draft)
            draft.chmod(0o400)
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = folder / f"{role}.{sha256}"
            draft.replace(file)
        return file, sha256
    finally:
        _AT_ONCE.release()


def forget(home: Home, asset: AssetId) -> None:
    """Remove what was made from an asset. May be repeated."""
    shutil.rmtree(home.settings.scratch / _FOLDER / asset, ignore_errors=True)


def _there(folder: Path, role: str) -> tuple[Path, str] | None:
    for file in folder.glob(f"{role}.*"):
        return file, file.name.rpartition(".")[2]
    return None


def _sweep(home: Home) -> None:
    """Remove what was made long ago: it is made again when somebody asks."""
    oldest = time.time() - home.settings.scratch_seconds
    root = home.settings.scratch / _FOLDER
    for folder in root.iterdir() if root.is_dir() else ():
        if folder.stat().st_mtime < oldest:
            shutil.rmtree(folder, ignore_errors=True)


def _digest(file: Path) -> str:
    found = hashlib.sha256()
    with file.open("rb") as data:
        while block := data.read(_BLOCK):
            found.update(block)
    return found.hexdigest()
