"""However a replication ends, the replica is a valid vault, and the next run completes it."""

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import Unavailable
from tests.vault.replicas import Pair, fill
from tests.vault.replication.killing import inject, killed, points, run


class TestEndings:
    @pytest.mark.slow
    def test_killed_at_a_few_moments(self, pair: Pair, file: Callable[..., Path], tmp_path: Path) -> None:
        killed(pair, file, tmp_path, every=False, first=False)

    @pytest.mark.slow
    def test_killed_the_first_time(self, pair: Pair, file: Callable[..., Path], tmp_path: Path) -> None:
        killed(pair, file, tmp_path, every=False, first=True)

    @pytest.mark.slow
    @pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
    def test_a_failing_disk_is_no_success(
        self, pair: Pair, file: Callable[..., Path], tmp_path: Path, error: str
    ) -> None:
        fill(pair, file, 1)
        pair.go()
        fill(pair, file, 1, word="two")
        spare = tmp_path / "spare"
        shutil.copytree(pair.replica, spare)
        for call, n in random.Random(3).sample(points(pair, tmp_path, ("rename", "fsync", "write")), 3):
            code = run(pair, *inject(call, n, f"error={error}"))
            assert code != 0 or pair.same(), (call, n)
            assert pair.faults() == [], (call, n)
            pair.go()
            assert pair.same()
            shutil.rmtree(pair.replica)
            shutil.copytree(spare, pair.replica)

    def test_a_full_disk(self, pair: Pair, file: Callable[..., Path]) -> None:
        fill(pair, file, 1)
        pair.replica.mkdir()
        mount = f"mount -t tmpfs -o size=1m tmpfs '{pair.replica}' 2>/dev/null"
        if os.geteuid() != 0 or os.system(mount) != 0:
            pytest.skip("no small file system can be mounted here")
        try:
            pair.go()
            assert pair.faults() == []
            parts = pair.open()
            big = parts.vault.preserve(file(os.urandom(3 << 20))).id
            parts.log.checkpoint()
            with pytest.raises(Unavailable) as caught:
                pair.go()
            assert caught.value.code == "E-HOST-003"
            assert pair.faults() == []
            assert not list(pair.replica.rglob(f"*{big}"))
            os.system(f"mount -o remount,size=30m '{pair.replica}'")
            assert pair.go().findings == ()
            assert pair.same()
            assert pair.faults() == []
        finally:
            os.system(f"umount -l '{pair.replica}'")
