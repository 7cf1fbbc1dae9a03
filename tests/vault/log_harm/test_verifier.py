"""The verifier that is handed out needs nothing of ours."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.vault import standalone
from tests.vault.log_harm.object_harms import flipped
from tests.vault.log_harm.world import World


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
