"""Seeking: which assets are like a file that was not submitted; nothing of the file is kept."""

import os
from pathlib import Path
from typing import Any

from pipeline.core.model import Asset, AssetId, Enrichment, Kind
from pipeline.errors import Refused
from pipeline.index.hashes import prints_of
from pipeline.runner.unkept import Unkept
from pipeline.usecases.access import Access
from pipeline.usecases.home import Home
from pipeline.usecases.intake import find
from pipeline.usecases.likeness import found_like, same_bytes
from pipeline.vault.files import copy_blocks, open_regular, read_blocks, writing

_KINDS = frozenset({Kind.FORMAT, Kind.PROBE, Kind.KEYFRAMES, Kind.AUDIO, Kind.FINGERPRINT})


def seek(home: Home, access: Access, file: Path) -> dict[str, Any]:
    """Link a picture or a sound with the assets that show or sound the same, as far as the person may see them.

    It is copied first and read in the rooms, as all material is. ``fingerprint`` says how its reading ended:
    without one, no link says nothing.
    """
    with home.derivatives.workspace() as place:
        asset, path = _copied(file, place)
        (place / "made").mkdir()
        at_work = Unkept(
            asset, path, tools=home.tools, limits=home.settings.limits.model_dump(), scratch=place / "made"
        )  # fmt: skip
        said = at_work.run(home.steps, _KINDS)
    prints = prints_of({"enrichments": [_told(one) for one in said.values()]})
    like, complete = found_like(home, access, prints, but=asset.id)
    links = [*same_bytes(home, access, asset.id), *like]
    end = said[Kind.FINGERPRINT]
    fingerprint = {"outcome": str(end.outcome), "code": end.code, "reason": end.reason}
    return {"sha256": asset.id, "links": links, "complete": complete, "fingerprint": fingerprint}


def _copied(file: Path, place: Path) -> tuple[Asset, Path]:
    found = next(iter(find([file], recursive=False, follow=False)))
    if found.code is not None:
        raise Refused(found.reason or found.code, code=found.code)
    path = place / "original"
    try:
        source = open_regular(found.target or found.path)
    except OSError as err:
        raise Refused(f"it cannot be read: {err.strerror}", code="E-SUBMIT-002") from err
    try:
        with writing("the scratch disk"), path.open("xb") as into:
            read = copy_blocks(read_blocks(source), into.fileno())
    finally:
        os.close(source)
    path.chmod(0o400)
    return Asset(id=AssetId(read.sha256), sha512=read.sha512, bytes=read.bytes), path


def _told(one: Enrichment) -> dict[str, Any]:
    return {**one.as_json(), "current": True}
