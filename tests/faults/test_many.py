"""Many: a thousand corruptions, eight writers on one object, two audits at once."""

import os
import random
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pipeline.vault import audit_root
from tests.faults.ground import Ground, show_swept, show_whole
from tests.faults.interrupt import Fork, quietly
from tests.faults.table import Row
from tests.vault.corruptions import KINDS, corrupt

CORRUPTIONS, FEW_CORRUPTIONS = 1000, 60
WRITERS, VERSIONS, FEW_VERSIONS = 8, 25, 6


def _corrupted(ground: Ground, spare: Path, seed: int) -> str:
    """Do one thing nobody may do, and audit; return its kind, or raise where it is not named."""
    ground.put_back(spare)
    damage = corrupt(ground.vault, random.Random(seed))
    findings = audit_root(ground.vault, None, ground.keys).findings
    assert any(damage.named_by(one.path) for one in findings), (seed, damage, findings)
    return damage.kind


def test_every_corruption_is_found_and_named(long: bool, row: Callable[[], Row], tmp_path: Path) -> None:
    count = CORRUPTIONS if long else FEW_CORRUPTIONS
    ground, spare = Ground(root=tmp_path / "ground"), tmp_path / "spare"
    ground.found()
    parts = ground.open()
    for n in range(3):
        asset = parts.vault.preserve(ground.file(b"film %d" % n * 100)).id
        parts.vault.write_back(asset, "run", [{"n": n}], {})
    parts.log.checkpoint()
    shutil.copytree(ground.root, spare)
    told = row()
    told.act, told.fault, told.points, told.tried = "corruption found", "seeded damage", count, count
    for seed in range(count):
        kind = _corrupted(ground, spare, seed)
        told.recovered += 1
        told.endings[kind] = told.endings.get(kind, 0) + 1
    assert set(told.endings) == set(KINDS)


def test_writers_on_one_object_lose_nothing(long: bool, row: Callable[[], Row], tmp_path: Path) -> None:
    versions = VERSIONS if long else FEW_VERSIONS
    ground = Ground(root=tmp_path / "ground")
    quietly(ground.found)
    asset = quietly(lambda: ground.open().vault.preserve(ground.file()).id)

    def write(who: int) -> None:
        parts = ground.open()
        for n in range(versions):
            parts.vault.write_back(asset, f"run-{who}-{n}", [{"who": who, "n": n}], {})

    told = row()
    told.act, told.fault, told.points = f"{WRITERS} writers, {versions} versions each", "at once", WRITERS * versions
    told.tried = WRITERS * versions
    children = [Fork(lambda who=who: write(who)) for who in range(WRITERS)]  # type: ignore[misc]  # who is bound
    for one in children:
        one.go()
    assert [one.wait() for one in children] == [{"done": None}] * WRITERS
    found = quietly(lambda: [[one["who"], one["n"]] for one in ground.open().vault.records(asset)])
    assert sorted(found) == [[who, n] for who in range(WRITERS) for n in range(versions)]
    for who in range(WRITERS):  # each its own in the order in which it wrote
        assert [n for one, n in found if one == who] == list(range(versions))
    told.recovered = len(found)
    quietly(lambda: show_whole(ground.vault, ground.keys))
    quietly(lambda: show_swept(ground.vault))


def test_two_audits_at_once_beside_a_writer(row: Callable[[], Row], tmp_path: Path) -> None:
    ground = Ground(root=tmp_path / "ground")
    quietly(ground.found)

    def audit() -> list[object]:
        report = ground.open().vault.audit()
        return [report.checked, [str(one) for one in report.findings]]

    def write() -> None:
        parts = ground.open()
        for n in range(5):
            parts.vault.preserve(ground.file(b"film %d" % n, f"{os.getpid()}.bin"))
            parts.registers.append("list", [{"n": n}], key=f"{n}")

    told = row()
    told.act, told.fault, told.points, told.tried = "two audits and a writer", "at once", 2, 2
    children = [Fork(audit), Fork(audit), Fork(write)]
    with ThreadPoolExecutor(len(children)) as pool:
        for one in children:
            one.go()
        first, second, _ = pool.map(Fork.wait, children)
    for said in (first, second):
        assert "done" in said, said
        assert said["done"][0] > 0
        assert said["done"][1] == []
        told.recovered += 1
    quietly(lambda: show_whole(ground.vault, ground.keys))
