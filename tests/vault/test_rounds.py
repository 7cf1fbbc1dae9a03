"""Rounds of audits: what was read is known after a kill and after a restart, and what is due comes first."""

import os
import random
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.core.model import AssetId
from pipeline.core.ports import Budget
from pipeline.vault import VaultParts
from pipeline.vault.audited import coverage, last_times
from pipeline.vault.rounds import Checked, due
from tests.vault.conftest import Home
from tests.vault.test_audit import folder_of, write

SIZE = 50_000


@pytest.fixture
def assets(home: Home, tmp_path: Path) -> list[AssetId]:
    """Twelve assets of the same size."""
    vault = home.open().vault
    found = []
    for n in range(12):
        (tmp_path / "one").write_bytes(random.Random(n).randbytes(SIZE))
        found.append(vault.preserve(tmp_path / "one").id)
    return found


Preserve = Callable[[bytes], AssetId]


@pytest.fixture
def preserve(home: Home, tmp_path: Path) -> Preserve:
    def act(data: bytes) -> AssetId:
        (tmp_path / "file").write_bytes(data)
        return home.open().vault.preserve(tmp_path / "file").id

    return act


def objects_read(home: Home) -> set[AssetId]:
    return {AssetId(one) for one in last_times(home.root)}


class TestBudgets:
    def test_no_more_bytes_are_read_than_asked(self, home: Home, assets: list[AssetId]) -> None:
        report = home.open().vault.audit(budget=Budget(max_bytes=3 * SIZE + 7))
        assert (report.bytes, report.checked, report.stopped, report.complete) == (3 * SIZE, 3, "max_bytes", False)
        assert len(objects_read(home)) == 3
        assert report.findings == ()
        assert report.coverage.never == len(assets) - 3

    def test_what_is_larger_than_every_budget_is_read_all_the_same(self, home: Home, assets: list[AssetId]) -> None:
        report = home.open().vault.audit(budget=Budget(max_bytes=10))
        assert (report.checked, report.bytes) == (1, SIZE)
        assert assets

    def test_a_rate_is_kept(self, home: Home, assets: list[AssetId]) -> None:
        began = time.monotonic()
        report = home.open().vault.audit(budget=Budget(max_rate=1_500_000))
        assert time.monotonic() - began >= len(assets) * SIZE / 1_500_000
        assert report.checked == len(assets)

    def test_nothing_is_begun_after_its_time(self, home: Home, assets: list[AssetId]) -> None:
        until = datetime.now(UTC) + timedelta(seconds=0.4)
        report = home.open().vault.audit(budget=Budget(max_rate=400_000, until=until))
        assert report.stopped == "until"
        assert 0 < report.checked < len(assets)
        assert datetime.now(UTC) - until < timedelta(seconds=2)

    def test_reading_nothing_at_all_is_a_finding(self, home: Home, assets: list[AssetId]) -> None:
        report = home.open().vault.audit(budget=Budget(until=datetime.now(UTC) - timedelta(seconds=1)))
        assert [one.code for one in report.findings] == ["E-AUDIT-001"]
        assert assets

    def test_an_empty_part_of_a_vault_is_none(self, home: Home, assets: list[AssetId]) -> None:
        reports = [home.open().vault.audit((n, 40)) for n in range(1, 41)]
        assert {one.code for report in reports for one in report.findings} == set()
        assert sum(one.checked for one in reports) == len(assets)
        assert min(one.checked for one in reports) == 0


class TestGoingOn:
    def test_budgeted_audits_together_read_everything_once(self, home: Home, assets: list[AssetId]) -> None:
        reports = [home.open().vault.audit(budget=Budget(max_bytes=5 * SIZE)) for _ in range(3)]
        assert [one.checked for one in reports] == [5, 5, 5]
        assert [one.coverage.never for one in reports] == [7, 2, 0]
        assert objects_read(home) == set(assets)

    @pytest.mark.slow
    def test_a_killed_audit_loses_only_what_was_in_work(self, home: Home, assets: list[AssetId]) -> None:
        with home.start("audit", str(4 * SIZE)) as auditor:
            deadline = time.monotonic() + 20
            while marked(home) < 6 and time.monotonic() < deadline:
                time.sleep(0.01)
            os.kill(auditor.pid, signal.SIGKILL)
            auditor.wait()
        done = marked(home)
        assert 6 <= done < len(assets)
        assert objects_read(home) == set()
        report = home.open().vault.audit(budget=Budget(max_bytes=SIZE))
        assert report.checked == 1
        assert len(objects_read(home)) == done + 1
        assert report.findings == ()
        assert list((home.root / "locks").glob("audit-*")) == []

    def test_an_interrupted_audit_keeps_what_it_read(self, home: Home, assets: list[AssetId]) -> None:
        def stop(checked: int, _known: int, _bytes: int) -> None:
            if checked == 4:
                raise KeyboardInterrupt

        report = home.open().vault.audit(progress=stop)
        assert report.stopped == "interrupted"
        assert 4 <= report.checked < len(assets)
        assert len(objects_read(home)) == report.checked

    @pytest.mark.slow
    def test_two_at_once_agree_and_find_nothing_false(self, home: Home, assets: list[AssetId]) -> None:
        with home.start("audit", "0") as one, home.start("audit", "0") as other:
            assert [one.wait(30), other.wait(30)] == [0, 0]
            for process in (one, other):
                assert process.stdout is not None
                assert process.stdout.read().split() == ["12", "0"]
        assert objects_read(home) == set(assets)
        assert home.open().vault.audit().findings == ()

    @pytest.mark.slow
    def test_beside_a_writer_nothing_false_is_found(self, home: Home, assets: list[AssetId]) -> None:
        with home.start("write-back-all", *assets) as writer:
            reports = []
            while writer.poll() is None:
                reports.append(home.open().vault.audit())
        assert writer.returncode == 0
        assert [one.findings for one in reports] == [()] * len(reports)


class TestOrder:
    def test_what_was_never_read_is_first(self, home: Home, assets: list[AssetId], preserve: Preserve) -> None:
        home.open().vault.audit()
        new = preserve(b"new")
        assert read_first(home, 1) == {new}
        assert assets

    def test_what_was_written_since_comes_before_what_was_not(self, home: Home, assets: list[AssetId]) -> None:
        vault = home.open().vault
        vault.audit()
        vault.write_back(assets[5], "run", [{"n": 1}], {})
        assert assets[5] in read_first(home, 1)

    def test_what_was_found_wrong_comes_before_what_was_not(self, doomed: Home, assets: list[AssetId]) -> None:
        path = folder_of(doomed, assets[7]) / "v1/content/original"
        whole = path.read_bytes()
        write(path, whole[:-1] + b"?")
        assert doomed.open().vault.audit().findings != ()
        write(path, whole)
        path.chmod(0o444)
        assert assets[7] in read_first(doomed, 1)

    def test_the_longest_unread_is_first_unless_something_speaks_for_another(self) -> None:
        rotation = timedelta(days=90)

        def soon(at: str, *, written: str | None = None, found: str | None = None) -> tuple[int, str]:
            return due(Checked(at=at, since=at), written=written, found=found, rotation=rotation)

        never = due(None, written=None, found=None, rotation=rotation)
        old, new = "2026-01-01T00:00:00.000Z", "2026-03-01T00:00:00.000Z"
        assert never < soon(old) < soon(new)
        assert soon(new, written="2026-03-02T00:00:00.000Z") < soon(old)
        assert soon(new, found=new) < soon(old)
        assert soon(new, written=old) == soon(new)
        assert soon("2025-10-01T00:00:00.000Z") < soon(new, found=new), "nothing waits for ever"


def read_first(home: Home, count: int) -> set[AssetId]:
    """Return what a budget of so many objects goes to."""
    before = last_times(home.root)
    time.sleep(0.002)
    home.open().vault.audit(budget=Budget(max_bytes=count))
    after = last_times(home.root)
    return {AssetId(one) for one in after if before.get(one) != after[one]}


def marked(home: Home) -> int:
    files = list((home.root / "locks").glob("audit-*"))
    return sum(max(0, one.read_bytes().count(b"\n") - 1) for one in files)


def test_nothing_is_written_where_nothing_may_be(parts: VaultParts, home: Home, preserve: Preserve) -> None:
    from pipeline.vault import audit_root

    preserve(b"seen")
    before = sorted((one, one.stat().st_mtime_ns) for one in home.root.rglob("*"))
    assert audit_root(home.root).findings == ()
    assert sorted((one, one.stat().st_mtime_ns) for one in home.root.rglob("*")) == before
    assert parts.vault_id


def test_a_disposed_asset_that_comes_again_was_never_read(home: Home, preserve: Preserve) -> None:
    asset = preserve(b"goes and comes")
    vault = home.open().vault
    assert vault.audit().coverage.never == 0
    vault.dispose(asset, {"by": "p-custodian", "reason": "test"})
    preserve(b"goes and comes")
    assert coverage(home.root).never == 2, "the asset, and the register of tombstones"
    assert vault.audit().findings == ()
    assert coverage(home.root).never == 0
