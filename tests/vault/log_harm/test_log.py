"""Each harm to the log is a finding of its own, for the command and for the verifier that stands alone."""

import shutil
from pathlib import Path

import pytest

from pipeline.vault import open_vault
from pipeline.vault.custody import Segment
from tests.vault.log_harm.harms import LOG, _written
from tests.vault.log_harm.world import CHECKPOINTS, Harm, Look, World, ring


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
