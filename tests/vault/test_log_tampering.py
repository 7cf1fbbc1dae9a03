"""Log tampering: each harm is a finding of its own, for the command and for the verifier that stands alone."""

import base64
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pipeline.cli import main
from pipeline.vault import VaultParts, open_vault, standalone
from pipeline.vault.countersign import keep_token, newest_note, request
from pipeline.vault.custody import Segment
from pipeline.vault.keyring import Keyring
from pipeline.vault.keys import Keys
from pipeline.vault.note import Verifier, sign
from tests.vault.authority import Authority
from tests.vault.test_custody import chained, lines

CHECKPOINTS = "log/checkpoints"
PAST = "2001-01-01T00:00:00.000Z"


@dataclass(frozen=True, kw_only=True)
class World:
    """A vault with its keys: three segments, five checkpoints, two keys, a token; and what was kept elsewhere."""

    root: Path
    keys: Path
    kept: Path
    """A copy of note 3."""
    certificate: Path
    other: Path
    """A vault of somebody else."""

    def __truediv__(self, name: str) -> Path:
        return self.root / name

    @property
    def busy(self) -> Path:
        """The segment with most entries."""
        return max((self / "log/segments").iterdir(), key=lambda path: path.stat().st_size)

    @property
    def first(self) -> Path:
        """The segment that notes the making of the first key."""
        return next(path for path in (self / "log/segments").iterdir() if b'"act":"key.made"' in lines(path)[1])

    @property
    def anchors(self) -> list[Path]:
        """The public keys that were kept."""
        return sorted(self.keys.glob("*/*.pub"))

    def note(self, number: int) -> Path:
        return self / f"{CHECKPOINTS}/{number:08}.note"

    def leaves(self, number: int) -> Path:
        return self / f"{CHECKPOINTS}/{number:08}.leaves"

    def token(self) -> Path:
        (token,) = (self / CHECKPOINTS).glob("*.tsr")
        return token

    def open(self) -> VaultParts:
        return open_vault(self.root, self.keys)


def ring(root: Path, keys: Path, parts: VaultParts) -> Keyring:
    return Keyring(root, keys=Keys(keys, vault=root, vault_id=parts.vault_id), log=parts.log)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> World:
    place = tmp_path_factory.mktemp("world")
    root, keys = place / "vault", place / "keys"
    parts = open_vault(root, keys)
    (place / "file").write_bytes(b"what was seen")
    parts.vault.write_back(parts.vault.preserve(place / "file").id, "run", [{"n": 1}], {})
    parts.registers.append("people", [{"n": 1}], key="a")
    parts.log.checkpoint()
    ring(root, keys, parts).rotate(actor="person-1")
    second = open_vault(root, keys)
    for n in range(12):
        second.log.append("show", actor="person-1", n=n)
    second.log.checkpoint()
    (place / "kept.note").write_bytes((root / f"{CHECKPOINTS}/00000003.note").read_bytes())
    authority = Authority(place / "authority", elliptic=True)
    (place / "query").write_bytes(request(newest_note(root).note))
    authority.answer(place / "query", place / "reply")
    keep_token(root, (place / "reply").read_bytes(), number=4, authority="here", log=second.log, actor="person-1")
    second.log.checkpoint()
    stranger = open_vault(place / "other", keys)
    stranger.log.append("show", actor="person-1")
    return World(root=root, keys=keys, kept=place / "kept.note", certificate=authority.root, other=place / "other")


@pytest.fixture
def world(made: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A copy that a test may harm."""
    shutil.copytree(made.root, tmp_path / "vault")
    shutil.copytree(made.keys, tmp_path / "keys")
    shutil.copytree(made.other, tmp_path / "other")
    for path in (tmp_path / "vault").rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    monkeypatch.setenv("EVIDENCE_KEYS", str(tmp_path / "no keys"))
    return World(
        root=tmp_path / "vault", keys=tmp_path / "keys", kept=made.kept, certificate=made.certificate,
        other=tmp_path / "other",
    )  # fmt: skip


def resigned(note: Path, text: str, key: Ed25519PrivateKey) -> Verifier:
    verifier = Verifier(name=text.splitlines()[0], key=key.public_key().public_bytes_raw())
    note.write_bytes(sign(text, verifier, key))
    return verifier


def text_of(note: Path) -> str:
    return note.read_text().rpartition("\n\n")[0] + "\n"


def key_that_signed(world: World, note: Path) -> Ed25519PrivateKey:
    key_id = base64.b64decode(note.read_text().rsplit(" ", 1)[1])[:4].hex()
    (file,) = world.keys.glob(f"*/{key_id}.pem")
    key = serialization.load_pem_private_key(file.read_bytes(), None)
    assert isinstance(key, Ed25519PrivateKey)
    return key


# What is done, and the place that a finding must name.


def edited(world: World) -> Path:
    world.busy.write_bytes(world.busy.read_bytes().replace(b"person-1", b"person-2", 1))
    return world.busy


def forged_anew(world: World) -> Path:
    entries = [json.loads(line) for line in lines(world.busy)]
    entries[2]["actor"] = "person-2"
    world.busy.write_bytes(chained(entries))
    return world.busy


def cut(world: World) -> Path:
    busy = world.busy
    busy.write_bytes(b"".join(lines(busy)[:5]))
    return busy


def gap(world: World) -> Path:
    busy = world.busy
    there = lines(busy)
    busy.write_bytes(b"".join([*there[:4], *there[6:]]))
    return busy


def reordered(world: World) -> Path:
    there = lines(world.busy)
    there[4], there[6] = there[6], there[4]
    world.busy.write_bytes(b"".join(there))
    return world.busy


def two_ends(world: World) -> Path:
    there = [json.loads(line) for line in lines(world.busy)]
    other = chained([*there[:-1], {**there[-1], "actor": "person-2"}]).splitlines(keepends=True)[-1]
    world.busy.write_bytes(world.busy.read_bytes() + other)
    return world.busy


def two_segments(world: World) -> Path:
    copy = world.busy.with_name("20990101T000000Z-000000000000-000000000000.jsonl")
    copy.write_bytes(b"".join(lines(world.busy)[:7]))
    return copy


def segment_missing(world: World) -> Path:
    gone = world.busy
    gone.unlink()
    return gone


def places_changed(world: World) -> Path:
    one, other = world.first, world.busy
    held = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(held)
    return one


def foreign_segment(world: World) -> Path:
    (stranger,) = (world.other / "log/segments").iterdir()
    shutil.copy(stranger, world / "log/segments")
    return world / f"log/segments/{stranger.name}"


def newest_checkpoint_gone(world: World) -> Path:
    for path in (world / CHECKPOINTS).glob("00000005.*"):
        path.unlink()
    return world.note(5)


def checkpoint_gone(world: World) -> Path:
    world.note(2).unlink()
    return world.note(2)


def leaves_gone(world: World) -> Path:
    world.leaves(2).unlink()
    return world.leaves(2)


def leaves_edited(world: World) -> Path:
    world.leaves(2).write_bytes(world.leaves(2).read_bytes().replace(b'"torn":null', b'"torn": null'))
    return world.leaves(2)


def checkpoints_reordered(world: World) -> Path:
    one, other = world.note(2), world.note(3)
    held = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(held)
    return one


def beginning_gone(world: World) -> Path:
    world.first.unlink()
    for path in (world / CHECKPOINTS).iterdir():
        path.unlink()
    return world / "log/segments"


def folder_gone(world: World) -> Path:
    shutil.rmtree(world / CHECKPOINTS)
    return world / CHECKPOINTS


def wrong_key(world: World) -> Path:
    forger = resigned(world.note(5), text_of(world.note(5)), Ed25519PrivateKey.generate())
    (world / f"log/keys/{forger.id}.pub").write_text(forger.spelled())
    return world.note(5)


def key_slipped_in(world: World) -> Path:
    forger = Verifier(name=text_of(world.note(1)).splitlines()[0], key=b"k" * 32)
    (world / f"log/keys/{forger.id}.pub").write_text(forger.spelled())
    return world / f"log/keys/{forger.id}.pub"


def checkpoint_forked(world: World) -> Path:
    """The holder of the key signs another history."""
    text = text_of(world.note(4)).splitlines()
    text[5] = f"prev {'0' * 64}"
    resigned(world.note(4), "\n".join(text) + "\n", key_that_signed(world, world.note(4)))
    return world.note(4)


def _written(world: World, *times: str | None) -> Path:
    """Let another process write an entry at each of these times, ``None`` being now, and sign; return its segment."""
    before = set((world / "log/segments").iterdir())
    log = world.open().log
    for at in times:
        with patch("pipeline.vault.custody.utc_now", lambda at=at: at) if at else patch.dict({}):
            log.append("show", actor="person-1")
    log.checkpoint()
    (mine,) = set((world / "log/segments").iterdir()) - before
    return mine


def clock_back(world: World) -> Path:
    return _written(world, None, PAST)


def clock_back_from_the_beginning(world: World) -> Path:
    return _written(world, PAST)


def clock_back_at_checkpoint(world: World) -> Path:
    with patch("pipeline.vault.sequencer.utc_now", lambda: PAST):
        _written(world, None)
    return world.note(6)


def unsigned(world: World) -> Path:
    """Somebody without a key adds to a segment that has ended, as if it had been there."""
    there = [json.loads(line) for line in lines(world.first)]
    forged = {**there[-1], "act": "show", "at": PAST, "facts": {}}
    world.first.write_bytes(chained([*there, forged]))
    return world.first


def torn(world: World) -> Path:
    with world.first.open("ab") as file:
        file.write(b'{"act":"subm')
    return world.first


def retired_key_used(world: World) -> Path:
    (retired,) = [one for one in ring(world.root, world.keys, world.open()).states() if one.state == "retired"]
    (pem,) = world.keys.glob(f"*/{retired.id}.pem")
    pem.with_name("active").write_text(retired.id)
    _written(world, None)
    return world.note(6)


def token_gone(world: World) -> Path:
    token = world.token()
    token.unlink()
    return token


def token_moved(world: World) -> Path:
    token = world.token()
    moved = token.with_name(token.name.replace("00000004", "00000003"))
    token.rename(moved)
    return moved


def token_damaged(world: World) -> Path:
    token = world.token()
    data = token.read_bytes()
    token.write_bytes(data[:-9] + bytes([data[-9] ^ 1]) + data[-8:])
    return token


def slipped_in(world: World) -> Path:
    (world / "log/segments/notes.txt").write_text("x")
    return world / "log/segments/notes.txt"


Harm = Callable[[World], Path]
LOG: list[tuple[Harm, str]] = [
    (edited, "E-LOG-001"), (forged_anew, "E-LOG-009"), (cut, "E-LOG-002"), (gap, "E-LOG-006"),
    (reordered, "E-LOG-008"), (two_ends, "E-LOG-009"), (two_segments, "E-LOG-009"), (segment_missing, "E-LOG-007"),
    (places_changed, "E-LOG-011"), (foreign_segment, "E-LOG-011"), (newest_checkpoint_gone, "E-LOG-002"),
    (checkpoint_gone, "E-LOG-006"), (leaves_gone, "E-LOG-002"), (leaves_edited, "E-LOG-001"),
    (checkpoints_reordered, "E-LOG-008"), (beginning_gone, "E-LOG-002"), (folder_gone, "E-LOG-002"),
    (wrong_key, "E-LOG-003"), (key_slipped_in, "E-LOG-003"), (checkpoint_forked, "E-LOG-009"),
    (clock_back, "E-LOG-010"), (clock_back_from_the_beginning, "E-LOG-010"), (clock_back_at_checkpoint, "E-LOG-010"),
    (unsigned, "E-LOG-015"), (torn, "E-LOG-005"), (retired_key_used, "E-LOG-012"), (token_gone, "E-LOG-002"),
    (token_moved, "E-LOG-014"), (token_damaged, "E-LOG-014"), (slipped_in, "E-VAULT-004"),
]  # fmt: skip

Look = Callable[..., list[tuple[str, str]]]


@pytest.fixture(params=["the command", "the verifier"])
def look(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Look:
    """Verify a copy, with the public keys and the certificate that were kept; return path and code of each finding."""

    def by(world: World, *more: str) -> list[tuple[str, str]]:
        keys = [word for path in world.anchors for word in ("--key", str(path))]
        words = [str(world.root), *keys, "--certificate", str(world.certificate), *more, "--json"]
        capsys.readouterr()
        if request.param == "the command":
            code = main(["verify-log", "--copy", *words])
        else:
            monkeypatch.setattr("sys.argv", ["verifier.py", *words])
            code = standalone.main()
        report = json.loads(capsys.readouterr().out)
        assert code == (1 if report["findings"] else 0), report
        return [(one["path"], one["code"]) for one in report["findings"]]

    return by


def test_nothing_is_found_where_nothing_was_done(world: World, look: Look) -> None:
    assert look(world) == []
    assert look(world, "--note", str(world.kept)) == []


@pytest.mark.parametrize(("harm", "code"), LOG, ids=[one.__name__ for one, _ in LOG])
def test_harm_to_the_log(world: World, look: Look, harm: Harm, code: str) -> None:
    place = harm(world)
    found = look(world)
    assert (place.relative_to(world.root).as_posix(), code) in found, found


def test_a_vault_turned_back_is_found_by_a_note_kept_elsewhere(world: World, look: Look, tmp_path: Path) -> None:
    shutil.copytree(world.root, tmp_path / "earlier")
    _written(world, None)
    kept = shutil.copy(world.note(6), tmp_path / "kept.note")
    shutil.rmtree(world.root)
    shutil.copytree(tmp_path / "earlier", world.root)
    assert look(world) == []
    assert look(world, "--note", str(kept)) == [(f"{CHECKPOINTS}/00000006.note", "E-LOG-013")]


def test_another_history_is_found_by_a_note_kept_elsewhere(world: World, look: Look, tmp_path: Path) -> None:
    shutil.copytree(world.root, tmp_path / "branch")
    other = open_vault(tmp_path / "branch", world.keys).log
    other.append("show", actor="person-1")
    other.checkpoint()
    _written(world, None)
    kept = tmp_path / f"branch/{CHECKPOINTS}/00000006.note"
    assert look(world) == []
    assert look(world, "--note", str(kept)) == [(f"{CHECKPOINTS}/00000006.note", "E-LOG-009")]


def test_in_a_sealed_copy_nothing_may_be_unsigned(world: World, look: Look) -> None:
    segment = Segment(world.root, world.open().vault_id)
    segment.append("show", "person-1", None, {})
    segment.close()
    assert look(world) == []
    assert look(world, "--sealed") == [(f"log/segments/{segment.name}.jsonl", "E-LOG-015")]


@pytest.mark.parametrize("given", [[0], [0, 1]])
def test_the_first_key_vouches_for_those_after_it(world: World, look: Look, given: list[int]) -> None:
    states = ring(world.root, world.keys, world.open()).states()
    keep = {states[n].id for n in given}
    for path in world.anchors:
        if path.stem not in keep:
            path.unlink()
    assert look(world) == []


def test_a_later_key_vouches_for_nothing_before_it(world: World, look: Look) -> None:
    states = ring(world.root, world.keys, world.open()).states()
    for path in world.anchors:
        if path.stem == states[0].id:
            path.unlink()
    assert (f"{CHECKPOINTS}/00000001.note", "E-LOG-003") in look(world)


# Harm to what the log speaks of: the verifier that stands alone reads objects, too.


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


@pytest.mark.parametrize(("harm", "code"), OBJECTS, ids=[one.__name__ for one, _ in OBJECTS])
def test_harm_to_the_objects(
    world: World, harm: Harm, code: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = harm(world)
    monkeypatch.setattr("sys.argv", ["verifier.py", str(world.root), "--json"])
    assert standalone.main() == 1
    found = [(one["path"], one["code"]) for one in json.loads(capsys.readouterr().out)["findings"]]
    assert (place.relative_to(world.root).as_posix(), code) in found, found


def test_an_asset_that_was_disposed_of_is_not_missed(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = world.open()
    shutil.copytree(world.root, world.root.with_name("before"))
    (asset,) = parts.vault.assets()
    parts.vault.dispose(asset, {"by": "person-1", "reason": "asked for"})
    parts.log.checkpoint()
    monkeypatch.setattr("sys.argv", ["verifier.py", str(world.root), "--json"])
    assert standalone.main() == 0, capsys.readouterr().out
    shutil.copytree(world.root.with_name("before") / "objects", world.root / "objects", dirs_exist_ok=True)
    capsys.readouterr()
    assert standalone.main() == 1
    assert [one["code"] for one in json.loads(capsys.readouterr().out)["findings"]] == ["E-VAULT-008"]


def test_an_export_may_leave_objects_out(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(vanished(world).parents[1])
    monkeypatch.setattr("sys.argv", ["verifier.py", str(world.root), "--partial", "--json"])
    assert standalone.main() == 0, capsys.readouterr().out


@pytest.fixture
def alone(tmp_path: Path) -> Callable[..., tuple[int, dict[str, Any]]]:
    """The verifier as it is handed out, run by an interpreter that finds ``cryptography`` and nothing of ours."""
    assert main(["verifier", "--to", str(tmp_path / "handed out.py")]) == 0
    packages = tmp_path / "packages"
    packages.mkdir()
    site = Path(serialization.__file__).parents[4]
    for name in ("cryptography", "cffi", "_cffi_backend", "pycparser"):
        for path in site.glob(f"{name}*"):
            if not path.name.endswith("-info"):
                (packages / path.name).symlink_to(path)
    start = (
        f"import sys, runpy; sys.path.append({str(packages)!r}); sys.argv[:1] = [{str(tmp_path / 'handed out.py')!r}]; "
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )

    def run(world: World, *more: str) -> tuple[int, dict[str, Any]]:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", start, str(world.root), "--json", *more],
            capture_output=True, text=True, cwd="/", env={}, check=False,
        )  # fmt: skip
        assert done.stderr == "", done.stderr
        return done.returncode, json.loads(done.stdout)

    return run


def test_the_verifier_needs_nothing_of_ours(world: World, alone: Callable[..., tuple[int, dict[str, Any]]]) -> None:
    keys = [word for path in world.anchors for word in ("--key", str(path))]
    code, report = alone(world, *keys, "--certificate", str(world.certificate), "--note", str(world.kept))
    assert (code, report["findings"], report["authorities"], report["countersignatures"]) == (0, [], "checked", 1)
    assert (report["objects"], report["checkpoints"]) == (2, 5)
    flipped(world)
    code, report = alone(world, *keys)
    assert (code, [one["code"] for one in report["findings"]]) == (1, ["E-VAULT-001"])


def test_what_is_no_vault_cannot_be_verified(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["verifier.py", str(tmp_path)])
    assert standalone.main() == 2
    assert "no vault" in capsys.readouterr().err
