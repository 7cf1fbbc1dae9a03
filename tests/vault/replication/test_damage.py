"""Nothing goes over that the log does not prove, and nothing to a place that is not this vault's."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import Misconfigured
from pipeline.vault import open_vault
from pipeline.vault.replica.folder import Folder
from tests.vault.replicas import Pair, files, fill
from tests.vault.spoiling import everything, original, spoil


class TestDamage:
    def test_what_is_damaged_at_the_source_never_goes_over(self, pair: Pair, file: Callable[..., Path]) -> None:
        bad, good = fill(pair, file, 2)
        data = spoil(original(pair.vault, bad))
        done = pair.go()
        (finding,) = done.findings
        assert (finding.code, finding.asset) == ("E-VAULT-001", bad)
        assert finding.path.endswith("v1/content/original")
        assert done.owed > 0
        assert not list(pair.replica.rglob(f"*{bad}"))
        assert original(pair.replica, good).read_bytes() == original(pair.vault, good).read_bytes()
        assert pair.go().findings == done.findings
        original(pair.vault, bad).write_bytes(data)
        healed = pair.go()
        assert (healed.findings, healed.owed) == ((), 0)
        assert pair.same()
        assert pair.faults() == []

    def test_nor_over_a_good_replica(self, pair: Pair, file: Callable[..., Path]) -> None:
        (asset,) = fill(pair, file, 1)
        pair.go()
        data = spoil(original(pair.vault, asset))
        fill(pair, file, 1, word="two")
        pair.go()
        assert original(pair.replica, asset).read_bytes() == data

    def test_a_consistent_rewrite_is_found(self, pair: Pair, file: Callable[..., Path]) -> None:
        (asset,) = fill(pair, file, 1)
        folder = original(pair.vault, asset).parents[2]
        body = json.loads((folder / "v2/inventory.json").read_bytes())
        body["versions"]["v2"]["created"] = "2001-01-01T00:00:00Z"
        from pipeline.vault.inventory import spelled

        inventory, sidecar, _ = spelled(body)
        for place in (folder, folder / "v2"):
            for name, content in (("inventory.json", inventory), ("inventory.json.sha512", sidecar)):
                (place / name).chmod(0o644)
                (place / name).write_bytes(content)
        (finding,) = pair.go().findings
        assert (finding.code, finding.asset) == ("E-VAULT-001", asset)

    def test_an_edited_segment_stops_it(self, pair: Pair, file: Callable[..., Path]) -> None:
        fill(pair, file, 1)
        pair.go()
        fill(pair, file, 1, word="two")
        segment = max((pair.vault / "log/segments").iterdir(), key=lambda one: one.stat().st_mtime_ns)
        segment.write_bytes(segment.read_bytes().replace(b'"run":"run-two"', b'"run":"run-twe"'))
        before = files(pair.replica)
        done = pair.go()
        assert done.stopped == "findings"
        assert {one.code for one in done.findings} == {"E-LOG-001"}
        assert files(pair.replica) == before
        assert pair.faults() == []


class TestTheWrongWay:
    def test_a_vault_turned_back_is_never_copied(self, pair: Pair, file: Callable[..., Path], tmp_path: Path) -> None:
        fill(pair, file, 1)
        shutil.copytree(pair.vault, tmp_path / "earlier")
        fill(pair, file, 1, word="two")
        pair.go()
        before = everything(pair.replica)
        shutil.rmtree(pair.vault)
        shutil.copytree(tmp_path / "earlier", pair.vault)
        done = pair.go()
        assert done.stopped == "findings"
        assert {"E-LOG-013", "E-LOG-007"} <= {one.code for one in done.findings}
        fill(pair, file, 1, word="three")  # it goes on another way
        assert {"E-LOG-009", "E-LOG-007"} <= {one.code for one in pair.go().findings}
        assert everything(pair.replica) == before

    def test_another_vaults_replica_is_left_alone(self, pair: Pair, file: Callable[..., Path], tmp_path: Path) -> None:
        other = Pair(vault=tmp_path / "other", keys=tmp_path / "keys", replica=pair.replica)
        fill(other, file, 1)
        other.go()
        before = everything(pair.replica)
        fill(pair, file, 1, word="two")
        with pytest.raises(Misconfigured) as caught:
            pair.go()
        assert caught.value.code == "E-REPLICA-001"
        assert everything(pair.replica) == before

    @pytest.mark.parametrize("what", ["vault", "files"])
    def test_so_is_whatever_else_lies_there(self, pair: Pair, file: Callable[..., Path], what: str) -> None:
        fill(pair, file, 1)
        if what == "vault":
            open_vault(pair.replica, pair.keys)
        else:
            pair.replica.mkdir()
            (pair.replica / "letters.txt").write_text("mine")
        before = everything(pair.replica)
        with pytest.raises(Misconfigured) as caught:
            pair.go()
        assert caught.value.code == "E-REPLICA-001"
        assert {path: data for path, data in everything(pair.replica).items() if data} == {
            path: data for path, data in before.items() if data
        }

    def test_a_replica_is_not_opened_for_work(self, pair: Pair, file: Callable[..., Path]) -> None:
        fill(pair, file, 1)
        pair.go()
        before = everything(pair.replica)
        with pytest.raises(Misconfigured) as caught:
            open_vault(pair.replica, pair.keys)
        assert caught.value.code == "E-REPLICA-004"
        assert everything(pair.replica) == before

    def test_a_note_by_a_key_that_is_not_held_stops_it(self, pair: Pair, file: Callable[..., Path]) -> None:
        fill(pair, file, 1)
        from pipeline.vault.replica.replicate import replicate

        vault_id = pair.open().vault_id
        done = replicate(Folder(pair.vault), Folder(pair.replica), vault_id=vault_id, trusted={})
        assert [one.code for one in done.findings] == ["E-LOG-003"]
        assert not (pair.replica / "vault.json").exists()
