"""Harms to what the log speaks of: each returns the place that a finding must name."""

import hashlib
import json
import shutil
from pathlib import Path

from pipeline.vault import open_vault
from tests.vault.log_harm.world import Harm, World


def of_asset(world: World) -> Path:
    (original,) = (world / "objects").rglob("original")
    return original


def flipped(world: World) -> Path:
    path = of_asset(world)
    path.write_bytes(b"what was sean")
    return path


def rewritten(world: World) -> Path:
    path = of_asset(world)
    folder, old, new = path.parents[2], path.read_bytes(), b"forged"
    path.write_bytes(new)
    for inventory in folder.rglob("inventory.json"):
        text = inventory.read_text()
        object_id = json.loads(text)["id"]
        for name in ("sha512", "sha256"):
            text = text.replace(hashlib.new(name, old).hexdigest(), hashlib.new(name, new).hexdigest())
        text = json.dumps({**json.loads(text), "id": object_id})
        inventory.write_text(text)
        digest = hashlib.sha512(text.encode()).hexdigest()
        inventory.with_name("inventory.json.sha512").write_text(f"{digest}  inventory.json\n")
    return folder / "v1"


def turned_back(world: World) -> Path:
    folder = of_asset(world).parents[2]
    shutil.rmtree(folder / "v2")
    for name in ("inventory.json", "inventory.json.sha512"):
        shutil.copy(folder / "v1" / name, folder / name)
    return folder / "v2"


def vanished(world: World) -> Path:
    folder = of_asset(world).parents[2]
    shutil.rmtree(folder)
    return folder.parent


def foreign_object(world: World) -> Path:
    file = world.root.parent / "file"
    file.write_bytes(b"something else")
    open_vault(world.other, world.keys).vault.preserve(file)
    (path,) = (world.other / "objects").rglob("original")
    there = world.root / path.parents[2].relative_to(world.other)
    shutil.copytree(path.parents[2], there)
    return there


def extra_file(world: World) -> Path:
    path = of_asset(world).with_name("more")
    path.write_text("x")
    return path


def register_edited(world: World) -> Path:
    (path,) = (world / "registers").rglob("*.jsonl")
    path.write_bytes(path.read_bytes().replace(b"1", b"2"))
    return path


OBJECTS: list[tuple[Harm, str]] = [
    (flipped, "E-VAULT-001"), (rewritten, "E-LOG-004"), (turned_back, "E-LOG-004"), (vanished, "E-VAULT-003"),
    (foreign_object, "E-VAULT-004"), (extra_file, "E-VAULT-004"), (register_edited, "E-VAULT-001"),
]  # fmt: skip
