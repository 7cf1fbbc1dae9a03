"""Rebuild: the catalogue made again from many small objects, against the bare reading of their inventories."""

import hashlib
import os
import time
from pathlib import Path

from bench.figure import Figure
from pipeline.core.clock import now_text
from pipeline.settings import Settings, read_settings
from pipeline.usecases.home import Home, open_home
from pipeline.usecases.rebuild import rebuild_catalogue
from pipeline.vault import inventory as inv
from pipeline.vault.files import Digests
from pipeline.vault.layout import INVENTORY, OBJECT_MARK, OBJECT_MARK_BYTES, SIDECAR, object_folder
from pipeline.vault.storage import ASSET

OBJECTS = 20_000
_ROUNDS = 3
_ASKED = 10_000
"""Objects a second, warm."""


def measure(place: Path) -> list[Figure]:
    """Lay small objects down, and rebuild; both sides are taken in turn, three times each, the best counts."""
    settings = _settings(place)
    home = open_home(settings)
    try:
        lay(settings.vault / "objects", OBJECTS, home.vault_id)
        ours, peer = [], []
        for _ in range(_ROUNDS):
            peer.append(_bare(str(settings.vault / "objects")))
            ours.append(_rebuilt(home))
    finally:
        home.close()
    notes = f"{OBJECTS} objects of one version, warm, two processes"
    return [
        Figure(
            name="catalogue rebuilt", peer_is="the objects a second asked for", ours=max(ours), peer=_ASKED,
            unit="objects/s", bar=1.0, notes=notes,
        ),
        Figure(
            name="catalogue rebuilt, of the limit", peer_is="walking the folders and reading each first inventory",
            ours=max(ours), peer=max(peer), unit="objects/s", notes=notes,
        ),
    ]  # fmt: skip


def _settings(place: Path) -> Settings:
    home = place / "home"
    paths = {"home": home, "scratch": home / "scratch", "keys": place / "keys", "actor": "bench"}
    return read_settings().model_copy(update={**paths, "database": f"sqlite:///{home / 'catalogue.sqlite'}"})


def _rebuilt(home: Home) -> float:
    began = time.perf_counter()
    made = rebuild_catalogue(home)
    seconds = time.perf_counter() - began
    if made["assets"] != OBJECTS:
        raise ValueError(f"{made['assets']} of {OBJECTS} objects were read")
    return OBJECTS / seconds


def _bare(root: str) -> float:
    began = time.perf_counter()
    count, folders = 0, [root]
    while folders:
        with os.scandir(folders.pop()) as found:
            for one in found:
                if one.is_dir(follow_symlinks=False):
                    folders.append(one.path)
                elif one.name == INVENTORY and "/v1/" in one.path:
                    fd = os.open(one.path, os.O_RDONLY)
                    os.read(fd, 1 << 16)
                    os.close(fd)
                    count += 1
    if count != OBJECTS:
        raise ValueError(f"{count} of {OBJECTS} objects were found")
    return count / (time.perf_counter() - began)


def lay(root: Path, count: int, vault_id: str) -> None:
    """Lay valid objects of one version down, without waiting for the disk: nothing but a benchmark may."""
    user = {"name": "bench", "address": f"urn:evidence:vault:{vault_id}"}
    for number in range(count):
        data = b"object %d" % number
        digests = Digests(
            sha256=hashlib.sha256(data).hexdigest(), sha512=hashlib.sha512(data).hexdigest(), bytes=len(data)
        )
        folder = object_folder(root, ASSET + digests.sha256)
        (folder / "v1" / "content").mkdir(parents=True)
        body = inv.extended(
            inv.first(ASSET + digests.sha256), {"original": digests}, message="preserve", user=user, created=now_text()
        )
        inventory, sidecar, _ = inv.spelled(body)
        for place in (folder, folder / "v1"):
            (place / INVENTORY).write_bytes(inventory)
            (place / SIDECAR).write_bytes(sidecar)
        (folder / OBJECT_MARK).write_bytes(OBJECT_MARK_BYTES)
        (folder / "v1" / "content" / "original").write_bytes(data)
