"""What every vault promises of what is said of its assets, and of its audit."""

import hashlib
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import Corrupt, Misconfigured, PipelineError, Refused
from tests.contracts.vault.ports import Ports


class TestEveryVault:
    def test_records_come_back_as_given_and_in_order(self, again: Callable[[], Ports], source: Path) -> None:
        ports = again()
        asset = ports.vault.preserve(source).id
        first: list[dict[str, Any]] = [{"z": 1.0, "a": "سڵاو", "n": None}, {"line": "one\ntwo\u2028three"}]
        second: list[dict[str, Any]] = [{"body": {"x": [0.1, -0.0, 1e300]}}]
        ports.vault.write_back(asset, "run-9", first, {})
        ports.vault.write_back(asset, "run-10", second, {})
        found = list(again().vault.records(asset))
        assert found == first + second
        assert [list(one) for one in found] == [["z", "a", "n"], ["line"], ["body"]]
        assert isinstance(found[0]["z"], float)

    def test_a_run_is_written_back_once(self, again: Callable[[], Ports], source: Path) -> None:
        asset = again().vault.preserve(source).id
        first = again().vault.write_back(asset, "run", [{"n": 1}], {})
        again().vault.write_back(asset, "later", [{"n": 2}], {})
        assert again().vault.write_back(asset, "run", [{"n": 1}], {}) == first
        assert [one["n"] for one in again().vault.records(asset)] == [1, 2]

    @pytest.mark.slow
    def test_eight_writers_of_one_asset_lose_nothing(self, ports: Ports, source: Path) -> None:
        asset = ports.vault.preserve(source).id

        def write(who: int) -> None:
            for n in range(2):
                ports.vault.write_back(asset, f"run-{who}-{n}", [{"who": who, "n": n}], {})

        threads = [threading.Thread(target=write, args=(who,)) for who in range(8)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        found = [(one["who"], one["n"]) for one in ports.vault.records(asset)]
        assert sorted(found) == [(who, n) for who in range(8) for n in range(2)]
        assert ports.vault.audit().findings == ()

    @pytest.mark.parametrize("ending", ["original", "run.jsonl", "v1/inventory.json", "v2/inventory.json.sha512"])
    def test_a_flipped_bit_is_found_and_named(self, ports: Ports, source: Path, ending: str) -> None:
        asset = ports.vault.preserve(source).id
        ports.vault.write_back(asset, "run", [{"n": 1}], {})
        assert ports.vault.audit().findings == ()
        ports.flip(ending)
        found = ports.vault.audit().findings
        assert any(one.path.endswith(ending) and one.asset == asset for one in found), found

    def test_damaged_records_are_never_given_out(self, ports: Ports, source: Path) -> None:
        asset = ports.vault.preserve(source).id
        ports.vault.write_back(asset, "run", [{"n": 1}], {})
        ports.flip("run.jsonl")
        with pytest.raises(Corrupt):
            list(ports.vault.records(asset))

    def test_what_is_no_file_is_refused_and_leaves_nothing(self, ports: Ports, source: Path, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(source)
        os.mkfifo(tmp_path / "fifo")
        odd = {"gone": "E-SUBMIT-001", "fifo": "E-SUBMIT-003", ".": "E-SUBMIT-004", "link": "E-SUBMIT-005"}
        for name, code in odd.items():
            with pytest.raises(Refused) as caught:
                ports.vault.preserve(tmp_path / name)
            assert caught.value.code == code
        assert list(ports.vault.assets()) == []
        assert ports.vault.audit().findings == ()

    @pytest.mark.slow
    def test_a_hundred_and_more_runs_keep_their_order(self, ports: Ports, source: Path) -> None:
        asset = ports.vault.preserve(source).id
        digests = [ports.vault.write_back(asset, f"run{n}", [{"n": n}], {}) for n in range(ports.part + 3)]
        assert [one["n"] for one in ports.vault.records(asset)] == list(range(ports.part + 3))
        assert ports.vault.write_back(asset, f"run{ports.part + 1}", [{"n": ports.part + 1}], {}) == digests[-2]
        assert len(set(digests)) == ports.part + 3
        assert list(ports.vault.assets()) == [asset]
        assert ports.vault.audit().findings == ()

    def test_kept_derivatives_come_back(self, ports: Ports, source: Path, tmp_path: Path) -> None:
        asset = ports.vault.preserve(source).id
        (tmp_path / "thumb").write_bytes(b"small picture")
        name = hashlib.sha256(b"small picture").hexdigest()
        ports.vault.write_back(asset, "run", [{"n": 1}], {name: tmp_path / "thumb"})
        ports.vault.write_back(asset, "run2", [{"n": 2}], {name: tmp_path / "thumb"})
        kept = ports.vault.kept(asset, name)
        assert kept is not None
        assert kept.read_bytes() == b"small picture"
        assert ports.vault.kept(asset, "0" * 64) is None

    def test_a_derivative_under_a_wrong_name_is_not_written(self, ports: Ports, source: Path, tmp_path: Path) -> None:
        asset = ports.vault.preserve(source).id
        (tmp_path / "thumb").write_bytes(b"something else")
        with pytest.raises(Corrupt):
            ports.vault.write_back(asset, "run", [{"n": 1}], {"0" * 64: tmp_path / "thumb"})
        assert list(ports.vault.records(asset)) == []

    def test_a_derivative_that_is_gone_is_our_fault(self, ports: Ports, source: Path, tmp_path: Path) -> None:
        asset = ports.vault.preserve(source).id
        with pytest.raises(PipelineError) as caught:
            ports.vault.write_back(asset, "run", [{"n": 1}], {"0" * 64: tmp_path / "gone"})
        assert not isinstance(caught.value, Refused)
        assert caught.value.code == "E-STAGE-001"
        assert list(ports.vault.records(asset)) == []

    def test_an_impossible_actor_changes_nothing(self, ports: Ports, source: Path) -> None:
        asset = ports.vault.preserve(source).id
        with pytest.raises(Misconfigured):
            ports.vault.write_back(asset, "run", [{"n": 1}], {}, actor="A Name")
        with pytest.raises(Misconfigured):
            ports.registers.append("people", [{"n": 1}], key="k", actor="A Name")
        assert list(ports.vault.records(asset)) == []
        assert not ports.registers.has("people")
        assert ports.vault.audit().findings == ()

    def test_nothing_new_makes_no_version(self, ports: Ports, source: Path) -> None:
        asset = ports.vault.preserve(source).id
        assert ports.vault.write_back(asset, "a", [], {}) == ports.vault.write_back(asset, "b", [], {})

    def test_an_untouched_vault_passes_its_audit(self, ports: Ports, source: Path) -> None:
        size = ports.vault.preserve(source).bytes
        report = ports.vault.audit()
        assert report.findings == ()
        assert report.checked == 1
        assert report.bytes == size

    def test_parts_of_an_audit_add_up(self, ports: Ports, source: Path) -> None:
        for n in range(12):
            source.write_bytes(b"picture %d" % n)
            ports.vault.preserve(source)
        whole = ports.vault.audit()
        thirds = [ports.vault.audit((n, 3)) for n in (1, 2, 3)]
        assert sum(one.checked for one in thirds) == whole.checked == 12
        assert sum(one.bytes for one in thirds) == whole.bytes
        assert not any(one.findings for one in thirds)
