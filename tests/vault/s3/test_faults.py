"""A store that fails in the middle of a commit: old or new, never half, and never a false success."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from pipeline.core.model import AssetId
from pipeline.errors import Misconfigured, Unavailable
from pipeline.vault import VaultParts
from pipeline.vault.s3.bucket import Bucket
from pipeline.vault.s3.place import Place
from tests.plugins.s3 import Fault, Store
from tests.vault.s3.conftest import Open

pytestmark = pytest.mark.slow

File = Callable[..., Path]
CHANGES = "PUT|POST|DELETE"
EVERY_CALL = 30
"""More calls than one act makes."""


def attempt(parts: VaultParts, act: Callable[[], object]) -> bool:
    """Do something; tell whether it says that it was done."""
    try:
        act()
        parts.log.checkpoint()
    except Unavailable:
        return False
    return True


def preserved(parts: VaultParts, data: bytes) -> bool:
    """Tell whether an original is there, and if so that it is whole."""
    asset = AssetId(hashlib.sha256(data).hexdigest())
    if not parts.vault.has(asset):
        return False
    with parts.vault.original(asset) as path:
        assert path.read_bytes() == data
    return True


def sweep(s3: Store, parts: VaultParts, file: File, *, how: str, times: int, points: range) -> int:
    """Fail at one call after the other; return how many there were to fail at."""
    for n in points:
        data = f"{how} {n}".encode()
        fault = Fault(how=how, method=CHANGES, after=n, times=times)
        s3.faults[:] = [fault]
        done = attempt(parts, lambda: parts.vault.preserve(file(data)))  # noqa: B023 - called at once
        s3.faults.clear()
        assert preserved(parts, data) or not done
        parts.vault.settle()
        preserved(parts, data)  # whole, if it is there
        assert attempt(parts, lambda: parts.vault.preserve(file(data)))  # noqa: B023 - called at once
        assert preserved(parts, data)
        if len(fault.seen) <= n:
            return n
    return len(points)


@pytest.mark.parametrize("how", ["500", "cut", "lost"])
def test_a_store_that_goes_down_at_some_points(
    s3: Store, once: Place, bucket: Bucket, at: Open, file: File, *, how: str
) -> None:
    parts = at(once)
    sweep(s3, parts, file, how=how, times=999, points=range(0, 6, 2))
    assert parts.vault.audit().findings == ()
    assert bucket.any("objects/")


@pytest.mark.parametrize("how", ["500", "lost"])
def test_a_store_that_goes_down_at_any_point(
    s3: Store, once: Place, bucket: Bucket, at: Open, file: File, *, how: str
) -> None:
    parts = at(once)
    assert 6 < sweep(s3, parts, file, how=how, times=999, points=range(EVERY_CALL)) < EVERY_CALL
    assert parts.vault.audit().findings == ()
    assert bucket.any("objects/")


@pytest.mark.parametrize("how", ["503", "cut", "lost", "silent"])
def test_what_fails_once_is_asked_again(
    s3: Store, place: Place, bucket: Bucket, at: Open, file: File, *, how: str
) -> None:
    parts = at(replace(place, read_seconds=0.5))
    data = b"once " + how.encode()
    s3.faults[:] = [Fault(how=how, key=r"v1/inventory\.json$", seconds=1)]
    asset = parts.vault.preserve(file(data)).id
    assert preserved(parts, data)
    assert parts.vault.audit().findings == ()
    content = [one.name for one in bucket.keys("objects/") if "/content/" in one.name]
    assert [one.rpartition("/")[2] for one in content] == ["original"]
    assert list(parts.vault.assets()) == [asset]


def test_an_answer_that_breaks_off_is_asked_for_again(
    s3: Store, place: Place, bucket: Bucket, at: Open, file: File
) -> None:
    parts = at(place)
    asset = parts.vault.preserve(file(b"x" * 100_000)).id
    s3.faults[:] = [Fault(how="half", method="GET", key="original")]
    with parts.vault.original(asset) as path:
        assert hashlib.sha256(path.read_bytes()).hexdigest() == asset
    assert bucket.any("objects/")


def test_bytes_that_change_on_the_way_are_no_success(
    s3: Store, once: Place, bucket: Bucket, at: Open, file: File
) -> None:
    parts = at(once)
    for how in ("flip", "rot"):
        s3.faults[:] = [Fault(how=how, key="original$")]
        with pytest.raises(Unavailable) as caught:
            parts.vault.preserve(file(how.encode()))
        assert caught.value.code == "E-S3-004"
        s3.faults.clear()
        parts.vault.preserve(file(how.encode()))
        assert preserved(parts, how.encode())
    assert parts.vault.audit().findings == ()
    assert bucket.any("objects/")


@pytest.mark.parametrize(("how", "code"), [("403", "E-S3-002"), ("507", "E-HOST-003")])
def test_each_refusal_says_who_must_act(s3: Store, once: Place, at: Open, file: File, *, how: str, code: str) -> None:
    parts = at(once)
    s3.faults[:] = [Fault(how=how, times=99)]
    with pytest.raises((Unavailable, Misconfigured)) as caught:
        parts.vault.preserve(file())
    assert caught.value.code == code


def test_a_register_is_added_to_once(s3: Store, once: Place, bucket: Bucket, at: Open) -> None:
    parts = at(once)
    for n, how in enumerate(["lost", "500", "cut"]):
        s3.faults[:] = [Fault(how=how, key=r"v[0-9]+/inventory\.json$", times=99)]
        assert attempt(parts, lambda: parts.registers.append("people", [{"n": n}], key=str(n))) == (how == "lost")  # noqa: B023
        s3.faults.clear()
        parts.registers.append("people", [{"n": n}], key=str(n))
    assert [one["n"] for one in parts.registers.read("people")] == [0, 1, 2]
    assert parts.vault.audit().findings == ()
    assert bucket.any("registers/")


class TestKilled:
    """A process killed before or after any change that it asked the store for."""

    def worker(self, place: Place, tmp_path: Path, *act: str) -> subprocess.Popen[str]:
        told = {**asdict(place), "cache": str(place.cache)}
        return subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("worker.py")), json.dumps(told), str(tmp_path / "host"),
             str(tmp_path / "keys"), *act],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3])},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def at(self, s3: Store, place: Place, tmp_path: Path, fault: Fault, *act: str) -> bool:
        """Kill a worker at a call; tell whether it was."""
        with self.worker(place, tmp_path, *act) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            assert process.stdout.readline() == "open\n"
            fault.victim = lambda: process.send_signal(signal.SIGKILL)
            s3.faults[:] = [fault]
            out, _ = process.communicate("go\n", timeout=60)
            s3.faults.clear()
        assert (process.returncode == 0) == (out == "done\n")
        return process.returncode == -signal.SIGKILL

    @pytest.mark.parametrize("how", ["kill", "killed"])
    def test_at_any_change(self, s3: Store, bucket: Bucket, at: Open, tmp_path: Path, *, how: str) -> None:
        place = bucket.place
        parts, file, n = at(place), tmp_path / "a file", 0
        for n in range(EVERY_CALL):
            data = f"{how} {n}".encode()
            file.write_bytes(data)
            if not self.at(s3, place, tmp_path, Fault(how=how, method=CHANGES, after=n), "preserve", str(file)):
                break
            preserved(parts, data)
            parts.vault.settle()
            preserved(parts, data)
            parts.vault.preserve(file)
            assert preserved(parts, data)
        assert 5 < n < EVERY_CALL
        parts.log.checkpoint()
        assert parts.vault.audit().findings == ()
        assert bucket.any("objects/")

    def test_what_it_left_is_settled_without_looking_at_anything_else(
        self, s3: Store, bucket: Bucket, at: Open, tmp_path: Path
    ) -> None:
        place = bucket.place
        parts = at(place)
        (tmp_path / "a file").write_bytes(b"what was seen")
        asset = parts.vault.preserve(tmp_path / "a file").id
        fault = Fault(how="killed", key=r"v2/inventory\.json$")
        assert self.at(s3, place, tmp_path, fault, "write-back", asset, "run")
        watched = Fault(how="none", method="GET", key="list-type|prefix", times=0)
        s3.faults[:] = [watched]
        assert parts.vault.settle() == 1
        assert list(parts.vault.records(asset)) == [{"run": "run"}]
        assert parts.vault.settle() == 0
        assert parts.vault.audit().findings == ()
        assert bucket.any("objects/")
