"""Recorded: sizes and digests of a hub's files, written down at the first fetch and binding ever after.

A card pins a repository's revision, which a hub cannot change without another name. What it does not
pin is recorded beside the weights when they first come, so that no later byte can differ unnoticed.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pipeline.errors import Misconfigured
from pipeline.weights.card import Source, WeightFile

_FILE = "recorded.json"


def settled(folder: Path, source: Source) -> Source | None:
    """Return the source with every size and digest known; ``None`` while some were never recorded."""
    if source.pinned:
        return source
    file = (folder.parent / source.card if source.card else folder) / _FILE
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
        if (value["repo"], value["revision"]) != (source.repo, source.revision):
            return None  # the card names another revision now: it is fetched, and recorded, anew
        files = tuple(
            WeightFile.model_validate({**one.model_dump(), **value["files"][one.name]}) for one in source.files
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as err:
        raise Misconfigured(
            f"{file}: not a record of fetched weights: {err!r}", code="E-CONF-005",
            next_step="restore the file, or remove the model's folder but for its card and fetch again",
        ) from err  # fmt: skip
    return source.model_copy(update={"files": files})


def record(folder: Path, source: Source, found: Mapping[str, tuple[int, str]]) -> None:
    """Write down what came of a pinned revision."""
    files = {name: {"bytes": size, "sha256": sha256} for name, (size, sha256) in sorted(found.items())}
    value = {"repo": source.repo, "revision": source.revision, "files": files}
    draft = folder / f".{_FILE}.{os.getpid()}"
    with draft.open("w", encoding="utf-8") as out:
        json.dump(value, out, sort_keys=True, indent=1)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(folder / _FILE)


def address(hub: str, source: Source, file: WeightFile) -> str:
    """Return where a hub has a file of a pinned revision; a folder (``file:``) holds repositories by name."""
    path = file.parts[0].path
    root = hub.rstrip("/")
    if urlsplit(root).scheme == "file":
        for way in (f"{source.repo}/resolve/{source.revision}/{path}", f"{source.repo}/{path}"):
            if Path(unquote(urlsplit(root).path), way).is_file():
                return f"{root}/{way}"
    return f"{root}/{source.repo}/resolve/{source.revision}/{path}"
