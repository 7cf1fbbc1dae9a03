"""Handing out: what belongs on another host, so that a vault can be checked against it there and later."""

import hashlib
from pathlib import Path
from typing import Any

from pipeline.errors import Misconfigured
from pipeline.usecases import keys
from pipeline.usecases.home import Home
from pipeline.vault import standalone
from pipeline.vault.files import sync_dir, write_new, writing


def write_note(home: Home, file: Path) -> dict[str, Any]:
    """Copy the newest note, in one rename: what was kept there before is an older one."""
    newest = keys.newest(home)
    fresh = file.with_name(f".{file.name}.fresh")
    with writing(f"the file {file}"):
        fresh.unlink(missing_ok=True)
        write_new(fresh, newest.note)
        fresh.replace(file)
        sync_dir(file.parent)
    return {"checkpoint": newest.number, "sha256": hashlib.sha256(newest.note).hexdigest(), "file": str(file)}


def write_verifier(file: Path) -> dict[str, Any]:
    """Copy the verifier that needs nothing of ours; a file that is there stays as it is."""
    data = Path(str(standalone.__file__)).read_bytes()
    if file.exists():
        raise Misconfigured(f"{file} exists", code="E-CONF-009", next_step="name a new file")
    with writing(f"the file {file}"):
        write_new(file, data)
        sync_dir(file.parent)
    return {"file": str(file), "sha256": hashlib.sha256(data).hexdigest()}
