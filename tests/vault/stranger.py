"""Stranger: reads one asset and one log of a vault, written from docs/format.md alone; nothing of ours is imported.

Usage: python -I stranger.py VAULT SHA256. Prints what it read as JSON; ends with 1 and the reason where
something does not fit.
"""

import base64
import hashlib
import json
import sys
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import unquote

GENESIS = "0" * 64


def fail(why: str) -> NoReturn:
    raise SystemExit(f"does not fit: {why}")


def folder_of(root: Path, identifier: str) -> Path:
    """Layout extension 0003: three folders of three digits, then the identifier, percent-encoded."""
    digest = hashlib.sha256(identifier.encode()).hexdigest()
    plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    name = "".join(chr(one) if chr(one) in plain else f"%{one:02x}" for one in identifier.encode())
    if len(name) > 100:
        name = f"{name[:100]}-{digest}"
    return root / digest[0:3] / digest[3:6] / digest[6:9] / name


def inventory_of(folder: Path) -> dict[str, Any]:
    """The newest version is the highest vN; its inventory must match its side-car."""
    newest = max(int(one.name[1:]) for one in folder.iterdir() if one.name[0] == "v" and one.name[1:].isdigit())
    data = (folder / f"v{newest}" / "inventory.json").read_bytes()
    sidecar = (folder / f"v{newest}" / "inventory.json.sha512").read_text().split()[0]
    if hashlib.sha512(data).hexdigest() != sidecar:
        fail("inventory and side-car")
    found: dict[str, Any] = json.loads(data)
    return found


def check_content(folder: Path, inventory: dict[str, Any]) -> int:
    """Every content file has the SHA-512 of the manifest and the SHA-256 of the fixity block."""
    sha256 = {path: one for one, paths in inventory["fixity"]["sha256"].items() for path in paths}
    count = 0
    for sha512, paths in inventory["manifest"].items():
        for path in paths:
            data = (folder / path).read_bytes()
            count += 1
            if hashlib.sha512(data).hexdigest() != sha512 or hashlib.sha256(data).hexdigest() != sha256[path]:
                fail(path)
    return count


def series_of(root: Path, identifier: str) -> list[Path]:
    """A long history goes on in ID:2, ID:3 …"""
    found: list[Path] = []
    number = 1
    while (folder := folder_of(root, identifier if number == 1 else f"{identifier}:{number}")).is_dir():
        found.append(folder)
        number += 1
    return found


def records_of(folder: Path, inventory: dict[str, Any], below: str) -> list[Any]:
    """The records that each version added, in the order of the versions."""
    lines: list[Any] = []
    before: set[str] = set()
    for number in range(1, int(inventory["head"][1:]) + 1):
        state = {name: sha for sha, names in inventory["versions"][f"v{number}"]["state"].items() for name in names}
        for name in sorted(state.keys() - before):
            if name.startswith(below):
                data = (folder / inventory["manifest"][state[name]][0]).read_bytes()
                lines += [json.loads(line) for line in data.split(b"\n")[:-1]]
        before = set(state)
    return lines


def read_asset(vault: Path, sha256: str) -> dict[str, Any]:
    records: list[Any] = []
    files, original = 0, None
    for number, folder in enumerate(series_of(vault / "objects", f"urn:evidence:asset:{sha256}"), 1):
        inventory = inventory_of(folder)
        files += check_content(folder, inventory)
        if number == 1:
            original = (folder / "v1" / "content" / "original").read_bytes()
        records += records_of(folder, inventory, "enrichments/")
    if original is None:
        stones = [one for one in read_register(vault, "tombstones") if one["asset"] == sha256]
        return {"tombstones": stones}
    if hashlib.sha256(original).hexdigest() != sha256:
        fail("the original is not what its identifier says")
    return {"bytes": len(original), "files": files, "records": records}


def read_register(vault: Path, name: str) -> list[Any]:
    lines: list[Any] = []
    for folder in series_of(vault / "registers", f"urn:evidence:register:{name}"):
        inventory = inventory_of(folder)
        check_content(folder, inventory)
        lines += records_of(folder, inventory, "entries/")
    return lines


def read_segment(file: Path) -> tuple[list[Any], list[tuple[str, int]]]:
    """Follow one chain; return the entries, and for each the digest of its line and where it ends."""
    entries: list[Any] = []
    places: list[tuple[str, int]] = []
    prev, end = GENESIS, 0
    *lines, _torn = file.read_bytes().split(b"\n")
    for number, line in enumerate(lines):
        entry = json.loads(line)
        if entry["seq"] != number or entry["prev"] != prev:
            fail(f"{file.name}: entry {number} does not follow")
        body, _, rest = line.rpartition(b',"sum":"')
        if hashlib.sha256(body + b"}").hexdigest()[:16].encode() + b'"}' != rest:
            fail(f"{file.name}: entry {number} is damaged")
        prev, end = hashlib.sha256(line).hexdigest(), end + len(line) + 1
        entries.append(entry)
        places.append((prev, end))
    if not entries or entries[0]["act"] != "segment.open" or entries[0]["facts"]["segment"] != file.stem:
        fail(f"{file.name} is not opened as this file")
    return entries, places


def merkle(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return hashlib.sha256(b"\x01" + merkle(leaves[:half]) + merkle(leaves[half:])).digest()


def read_checkpoint(vault: Path, number: int, vault_id: str) -> dict[str, Any]:
    """Compute the root over the leaves of all checkpoints so far, and hold each leaf against its segment."""
    lines: list[bytes] = []
    for each in range(1, number + 1):
        data = (vault / "log" / "checkpoints" / f"{each:08}.leaves").read_bytes()
        lines += data.split(b"\n")[:-1]
    text = (vault / "log" / "checkpoints" / f"{number:08}.note").read_text().split("\n\n")[0].split("\n")
    if text[0] != f"evidence-vault/{vault_id}" or int(text[1]) != len(lines):
        fail("the checkpoint is of another vault, or has another size")
    if base64.b64decode(text[2]) != merkle(lines):
        fail("the checkpoint's root")
    for line in lines:
        leaf = json.loads(line)
        _, places = read_segment(vault / "log" / "segments" / f"{leaf['segment']}.jsonl")
        if places[leaf["count"] - 1] != (leaf["head"], leaf["bytes"]):
            fail(f"a leaf of {leaf['segment']}")
    return {"number": number, "leaves": len(lines)}


def main(vault: Path, sha256: str) -> None:
    identity = json.loads((vault / "vault.json").read_bytes())
    if identity["format"] != 1:
        fail("another format")
    entries = {}
    for file in sorted((vault / "log" / "segments").iterdir()):
        entries[file.stem] = read_segment(file)[0]
    acts: dict[str, int] = {}
    for one in (entry for some in entries.values() for entry in some):
        acts[one["act"]] = acts.get(one["act"], 0) + 1
    last = max(int(file.name.split(".")[0]) for file in (vault / "log" / "checkpoints").glob("*.note"))
    print(json.dumps({
        "asset": read_asset(vault, sha256), "people": len(read_register(vault, "people")), "acts": acts,
        "checkpoint": read_checkpoint(vault, last, identity["id"]),
        "named": sorted(unquote(one.name) for one in (vault / "objects").glob("*/*/*/*") if len(one.name) <= 100),
    }))  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
