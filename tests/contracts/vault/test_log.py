"""What every custody log promises."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import Misconfigured
from tests.contracts.vault.ports import Ports


class TestEveryLog:
    def test_entries_verify(self, again: Callable[[], Ports]) -> None:
        first, second = again(), again()
        digests = {first.log.append("submit", actor="person-1", subject="batch:B1", count=3, ok=True, codes=["A", "B"])}
        digests.add(second.log.append("submit", actor="person-2"))
        first.log.checkpoint()
        report = second.log.verify()
        assert len(digests) == 2
        assert report.findings == ()
        assert report.checkpoints == 1
        assert report.entries >= 4

    def test_nothing_new_makes_no_checkpoint(self, ports: Ports) -> None:
        ports.log.append("submit", actor="person-1")
        ports.log.checkpoint()
        ports.log.checkpoint()
        assert ports.log.verify().checkpoints == 1

    @pytest.mark.parametrize(
        "value",
        [
            "a name",
            "file.jpg/../x",
            "https://example.org/x",
            "",
            "é",
            1.5,
            {"a": 1},
            b"x",
            ["ok", "not ok"],
            2**60,
            "x" * 201,
        ],
    )
    def test_it_takes_no_names(self, ports: Ports, value: object) -> None:
        before = ports.log.verify().entries
        with pytest.raises(Misconfigured) as caught:
            ports.log.append("submit", actor="person-1", fact=value)
        assert not isinstance(value, str) or not value or value not in str(caught.value)
        assert ports.log.verify().entries == before

    def test_every_version_leaves_an_entry(self, ports: Ports, source: Path) -> None:
        before = ports.log.verify().entries
        asset = ports.vault.preserve(source).id
        ports.vault.write_back(asset, "run", [{"n": 1}], {})
        ports.vault.write_back(asset, "run", [{"n": 1}], {})
        ports.registers.append("people", [{"n": 1}], key="k")
        assert ports.log.verify().entries == before + 3
