"""A real file system that runs full in the middle: never a success that is none, and all is well once there is room."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.model import AssetId
from pipeline.errors import Unavailable
from pipeline.usecases.submit import submission_of, submit
from pipeline.vault import VaultParts
from tests.faults import homes
from tests.faults.ground import Ground, show_swept, show_whole
from tests.faults.interrupt import quietly
from tests.faults.table import Row

_SIZE = 3 << 20


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    """A ground on a file system of three megabytes."""
    if os.geteuid() != 0:
        pytest.skip("no small file system can be mounted: not root")
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", str(place)]
    if (done := subprocess.run(mount, capture_output=True, text=True, check=False)).returncode:
        pytest.skip(f"no small file system can be mounted: {done.stderr.strip()}")
    try:
        yield Ground(root=place / "ground")
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def filled(ground: Ground, left: int) -> Path:
    """Take all the room but so many bytes."""
    ballast = ground.root / "ballast"
    with ballast.open("wb") as file:
        free = os.statvfs(ground.root)
        file.write(bytes(max(0, free.f_bavail * free.f_bsize - left)))
    return ballast


def until_full(act: Callable[[int], object]) -> tuple[int, str]:
    """Do something again and again until there is no room; return how often it was done, and the code then."""
    for n in range(10_000):
        try:
            act(n)
        except Unavailable as err:
            return n, err.code
    raise AssertionError("there was always room")


def preserved(parts: VaultParts, ground: Ground) -> Callable[[int], object]:
    def act(n: int) -> object:
        source = ground.root.parent.parent / "source"  # on the other file system
        source.write_bytes(bytes([n % 256]) * 60_000)
        return parts.vault.preserve(source).id

    return act


def written_back(parts: VaultParts, asset: AssetId) -> Callable[[int], object]:
    return lambda n: parts.vault.write_back(asset, f"run-{n}", [{"n": n, "text": "x" * 20_000}], {})


def logged(parts: VaultParts) -> Callable[[int], object]:
    return lambda n: parts.log.append("show", actor="p-1", n=n)


ACTS = {"create": 60_000, "add version": 20_000, "append to the log": 0, "append to a register": 20_000}


@pytest.mark.parametrize("what", ACTS)
def test_a_full_disk_is_told_and_nothing_done_is_lost(what: str, ground: Ground, row: Callable[[], Row]) -> None:
    def work() -> dict[str, Any]:
        ground.found()
        parts = ground.open()
        asset = next(parts.vault.assets())
        acts: dict[str, Callable[[int], object]] = {
            "create": preserved(parts, ground), "add version": written_back(parts, asset),
            "append to the log": logged(parts),
            "append to a register": lambda n: parts.registers.append("list", [{"x": "x" * 20_000}], key=f"{n}"),
        }  # fmt: skip
        ballast = filled(ground, 400_000)
        done, code = until_full(acts[what])
        again, second = until_full(acts[what])  # a part of it may fit
        ballast.unlink()
        for n in range(done + again + 1) if what != "append to the log" else ():
            acts[what](n)  # what was done is not done again, what was not is done now
        acts[what](done + again + 1)
        return {
            "codes": [code, second], "done": done, "again": again, "records": len(list(parts.vault.records(asset))),
            "list": len(list(parts.registers.read("list"))), "assets": len(list(parts.vault.assets())),
        }  # fmt: skip

    cells = row()
    cells.act, cells.fault, cells.points, cells.tried = what, "full tmpfs", 1, 1
    told = quietly(work)
    quietly(lambda: bool(ground.open().vault.recover()))
    assert set(told["codes"]) == {"E-HOST-003"}
    assert told["done"] > 0
    count = told["done"] + told["again"] + 2
    if what == "create":
        assert told["assets"] == count + 1
    elif what == "add version":
        assert told["records"] == count + 1
    elif what == "append to a register":
        assert told["list"] == count
    quietly(lambda: show_whole(ground.vault, ground.keys))
    quietly(lambda: show_swept(ground.vault))
    cells.recovered, cells.endings = 1, {"E-HOST-003": 2}


def test_a_submission_without_room_is_done_when_there_is(ground: Ground, row: Callable[[], Row]) -> None:
    def work() -> dict[str, Any]:
        ground.found()
        files = []
        for n in range(12):
            files.append(ground.root.parent.parent / f"film {n}.bin")
            files[-1].write_bytes(bytes([n]) * 100_000)
        with homes.opened(ground) as home:
            ballast = filled(ground, 700_000)
            with pytest.raises(Unavailable) as caught:
                submit(home, submission_of(home, "b1", files))
            between = len(list(home.vault.assets()))
            ballast.unlink()
            ours = submit(home, submission_of(home, "b1", files))
            home.vault.recover()
            return {
                "code": caught.value.code,
                "between": between,
                "after": len(list(home.vault.assets())),
                "items": ours,
            }

    cells = row()
    cells.act, cells.fault, cells.points, cells.tried = "submit", "full tmpfs", 1, 1
    told = quietly(work)
    assert told["code"] == "E-HOST-003"
    assert 1 < told["between"] < 13
    assert told["after"] == 13
    quietly(lambda: show_whole(ground.vault, ground.keys))
    cells.recovered, cells.endings = 1, {"E-HOST-003": 1}
