"""Harms to the log: each returns the place that a finding must name."""

import json
import shutil
from pathlib import Path
from unittest.mock import patch

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pipeline.vault.note import Verifier
from tests.vault.log_harm.world import CHECKPOINTS, PAST, Harm, World, key_that_signed, resigned, ring, text_of
from tests.vault.test_custody import chained, lines


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
