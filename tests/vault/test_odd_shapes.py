"""Odd shapes: what is not merely damaged but has another form than any writer gives it stops no audit and no verifier.

Each was made by hand so that its own digests fit: a reader that trusts the form breaks off, and what
else is wrong in the vault is never told.
"""

import hashlib
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.canonical import canonical
from pipeline.core.model import AssetId
from pipeline.vault import standalone
from pipeline.vault.audit import audit
from pipeline.vault.quarantine import Quarantine
from pipeline.vault.root import identity
from tests.vault.conftest import Home
from tests.vault.test_audit import folder_of, model, write

__all__ = ["model"]

DEEP, DEEP_END = b"[" * 200_000, b"]" * 200_000
Harm = Callable[[Home, Path], object]
"""Does something to a vault and to the folder of one of its assets."""


@pytest.fixture
def doomed(model: tuple[Home, AssetId], tmp_path: Path) -> Home:
    shutil.copytree(model[0].root, tmp_path / "vault")
    return Home(root=tmp_path / "vault", keys=model[0].keys)


@pytest.fixture(autouse=True)
def impatient() -> Iterator[None]:
    """Whoever waits for a pipe that nobody fills waits for ever."""

    def ring(*_: object) -> None:
        raise AssertionError("it waits")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(30)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def spelled(change: Callable[[bytes], bytes]) -> Harm:
    """Change the newest inventory, and let both side-cars fit."""

    def act(_home: Home, folder: Path) -> None:
        for place in (folder / "v2", folder):
            data = change((place / "inventory.json").read_bytes())
            write(place / "inventory.json", data)
            sidecar = f"{hashlib.sha512(data).hexdigest()}  inventory.json\n"
            write(place / "inventory.json.sha512", sidecar.encode())

    return act


def member(**values: Any) -> Harm:
    return spelled(lambda data: json.dumps(json.loads(data) | values).encode())


def pipe(path: str) -> Harm:
    def act(home: Home, _folder: Path) -> None:
        (home.root / path).unlink(missing_ok=True)
        os.mkfifo(home.root / path)

    return act


def holding(path: str, data: bytes) -> Harm:
    def act(home: Home, _folder: Path) -> None:
        (home.root / path).unlink(missing_ok=True)
        (home.root / path).write_bytes(data)

    return act


def told(act: str, subject: str | None, **facts: Any) -> Harm:
    """Add a segment of one entry, well spelled, that no writer would write."""

    def harm(home: Home, _folder: Path) -> None:
        name, prev, lines = "20260101T000000Z-0123456789ab-0123456789ab", "0" * 64, b""
        opening = {"segment": name, "vault": identity(home.root), "host": "0123456789ab", "pid": 1}
        for seq, (what, of, said) in enumerate((("segment.open", None, opening), (act, subject, facts))):
            body = canonical({
                "act": what, "actor": "vault", "at": "2999-01-01T00:00:00.000Z", "facts": said, "prev": prev,
                "seq": seq, "subject": of,
            })  # fmt: skip
            line = body[:-1] + b',"sum":"%s"}' % hashlib.sha256(body).hexdigest()[:16].encode()
            prev, lines = hashlib.sha256(line).hexdigest(), lines + line + b"\n"
        (home.root / f"log/segments/{name}.jsonl").write_bytes(lines)

    return harm


def sparse(_home: Home, folder: Path) -> None:
    (folder / "v2/inventory.json").chmod(0o644)
    os.truncate(folder / "v2/inventory.json", 1 << 43)


def linked(home: Home, _folder: Path) -> None:
    (home.root / "log/segments").rename(home.root.parent / "away")
    (home.root / "log/segments").symlink_to(home.root.parent / "away")


ASSET = "urn:evidence:asset:" + "0" * 64
HARMS: dict[str, tuple[Harm, str]] = {
    "inventory: nested": (spelled(lambda _: DEEP), "objects/"),
    "inventory: a nested member": (spelled(lambda data: data[:-1] + b',"z":' + DEEP + DEEP_END + b"}"), "objects/"),
    "inventory: a list": (spelled(lambda _: b"[1]"), "objects/"),
    "inventory: manifest is a list": (member(manifest=[1]), "objects/"),
    "inventory: manifest of numbers": (member(manifest={"a": 5}), "objects/"),
    "inventory: manifest of objects": (member(manifest={"a": [None, {"x": 1}]}), "objects/"),
    "inventory: fixity is a list": (member(fixity=[1]), "objects/"),
    "inventory: fixity is nothing": (member(fixity=None), "objects/"),
    "inventory: fixity of numbers": (member(fixity={"sha256": {"a": 3}}), "objects/"),
    "inventory: versions is a number": (member(versions=7), "objects/"),
    "inventory: a path with half a character": (member(manifest={"a": ["v1/content/\ud800"]}), "objects/"),
    "inventory: a path with a null": (member(manifest={"a": ["v1/content/a\0b"]}), "objects/"),
    "inventory: a path without end": (member(manifest={"a": ["/dev/zero"]}), "objects/"),
    "inventory: a path beyond": (member(manifest={"a": ["v1/content/../../../x"]}), "objects/"),
    "inventory: larger than memory": (sparse, "objects/"),
    "pipe: a segment": (pipe("log/segments/20260101T000000Z-000000000000-000000000000.jsonl"), "log/segments/"),
    "pipe: a note": (pipe("log/checkpoints/00000001.note"), "log/checkpoints/"),
    "pipe: leaves": (pipe("log/checkpoints/00000001.leaves"), "log/checkpoints/"),
    "pipe: a key": (pipe("log/keys/00000000.pub"), "log/keys/"),
    "pipe: a token": (pipe("log/checkpoints/00000001.one.tsr"), "log/checkpoints/"),
    "pipe: the identity": (pipe("vault.json"), "vault.json"),
    "folder: a segment": (lambda home, _: (home.root / "log/segments/x.jsonl").mkdir(), "log/segments/"),
    "folder: a note": (lambda home, _: (home.root / "log/checkpoints/00000002.note").mkdir(), "log/checkpoints/"),
    "folder: an object's, spelled otherwise": (
        lambda _, folder: shutil.copytree(folder, folder.with_name(folder.name.replace("%3a", "%3A"))), "objects/"
    ),
    "link: the segments": (linked, "log/segments"),
    "a note of a far number": (holding("log/checkpoints/99999999.note", b"x"), "log/checkpoints/"),
    "leaves: nested": (holding("log/checkpoints/00000001.leaves", DEEP + b"\n"), "log/checkpoints/"),
    "leaves: of lists": (
        holding("log/checkpoints/00000001.leaves", b'{"bytes":1,"count":1,"head":"x","segment":[],"torn":null}\n'),
        "log/checkpoints/",
    ),
    "identity: nested": (holding("vault.json", DEEP), "vault.json"),
    "identity: a number": (holding("vault.json", b'{"format":1,"id":5}'), "vault.json"),
    "entry: a list for a version": (
        told("vault.create", ASSET, root="objects", version=[1], inventory="a"), "objects/"
    ),
    "entry: nothing for an inventory": (
        told("vault.create", ASSET, root="objects", version=1, inventory=None), "objects/"
    ),
    "entry: a number for inventories": (
        told("vault.dispose", ASSET, root="objects", inventories=5, tombstone="a"), "registers"
    ),
}  # fmt: skip


def verified(root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> tuple[int, list[Any]]:
    monkeypatch.setattr(sys, "argv", ["verifier.py", str(root), "--json"])
    code = standalone.main()
    return code, json.loads(capsys.readouterr().out)["findings"]


@pytest.mark.parametrize("harm", HARMS)
def test_an_audit_goes_on_and_names_it(doomed: Home, model: tuple[Home, AssetId], harm: str) -> None:
    act, where = HARMS[harm]
    act(doomed, folder_of(doomed, model[1]))
    (doomed.root / "foreign").write_bytes(b"and something else is wrong")
    found = audit(doomed.root).findings
    assert any(one.path.startswith(where) for one in found), found
    assert "foreign" in {one.path for one in found}


@pytest.mark.parametrize("harm", HARMS)
def test_the_verifier_goes_on_and_names_it(
    doomed: Home, model: tuple[Home, AssetId], harm: str, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    act, where = HARMS[harm]
    act(doomed, folder_of(doomed, model[1]))
    (doomed.root / "objects/foreign").write_bytes(b"and something else is wrong")
    code, found = verified(doomed.root, capsys, monkeypatch)
    assert code == 1
    assert "objects/foreign" in {one["path"] for one in found}
    where = "log/segments/" if harm.startswith("entry") else where
    assert any(one["path"].startswith(where) for one in found if one["path"] != "objects/foreign"), found


def test_a_name_that_is_no_text_is_put_into_quarantine(doomed: Home, model: tuple[Home, AssetId]) -> None:
    folder = folder_of(doomed, model[1])
    Path(os.fsdecode(os.fsencode(folder / "v1/content") + b"/\xff\n")).write_bytes(b"x")
    parts = doomed.open()
    quarantine = Quarantine(parts.registers)
    assert quarantine.add(parts.vault.audit().findings, audit="one", actor="vault") == 1
    assert quarantine.holds(model[1])
