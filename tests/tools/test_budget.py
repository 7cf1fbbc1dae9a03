"""Small things go on together, what is too much together waits, and nothing waits for ever."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image

from pipeline.tools.budget import Budget, pixels


def test_never_more_than_all_and_everybody_comes_to_their_turn() -> None:
    budget, lock = Budget(10), threading.Lock()
    inside: list[int] = []
    most = 0

    def use(size: int) -> int:
        nonlocal most
        with budget.part(size):
            with lock:
                inside.append(size)
                most = max(most, sum(min(one, 10) for one in inside))
            time.sleep(0.001)
            with lock:
                inside.remove(size)
        return size

    sizes = [1, 4, 7, 25, 3, 10, 2] * 8
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(use, sizes)) == sizes

    assert most <= 10


def test_what_fits_goes_on_together() -> None:
    budget, meeting = Budget(10), threading.Barrier(3)

    def use(size: int) -> None:
        with budget.part(size):
            meeting.wait(60)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(use, [3, 3, 4]))


def test_the_header_tells_the_size(tmp_path: Path) -> None:
    Image.new("L", (300, 200)).save(tmp_path / "x.png")
    (tmp_path / "y.png").write_bytes((tmp_path / "x.png").read_bytes()[:20])

    assert pixels(tmp_path / "x.png", 1_000_000) == 60_000
    assert pixels(tmp_path / "x.png", 50_000) == 0
    assert pixels(tmp_path / "y.png", 1_000_000) == 0
