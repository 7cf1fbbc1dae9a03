"""The verifier that stands alone reads objects, too."""

import json
import shutil

import pytest

from pipeline.vault import standalone
from tests.vault.log_harm.object_harms import OBJECTS, vanished
from tests.vault.log_harm.world import Harm, World


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
