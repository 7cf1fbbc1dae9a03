"""Several threads over one shard: everything is done once, faults stay with their item, an interrupt ends all."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.catalogue import Lost
from pipeline.core import halt
from pipeline.core.model import Asset
from pipeline.errors import Corrupt, Unavailable
from pipeline.settings import read_settings
from pipeline.tools.sandbox import Bounds, Call, run
from pipeline.usecases import crew
from pipeline.usecases.crew import each, lease_of
from pipeline.usecases.home import Home, open_home

Open = Callable[[int], Home]


@pytest.fixture
def opened() -> Iterator[Open]:
    homes: list[Home] = []

    def at_once(threads: int) -> Home:
        homes.append(open_home(read_settings().model_copy(update={"items_at_once": threads})))
        return homes[-1]

    yield at_once
    for one in homes:
        one.close()


def assets(home: Home, folder: Path, count: int = 12, *, large: int = 0) -> list[Asset]:
    found = []
    for n in range(count):
        file = folder / f"{n}.txt"
        file.write_bytes(b"%d" % n)
        one = home.vault.preserve(file)
        found.append(Asset(id=one.id, sha512=one.sha512, bytes=crew.LARGE_BYTES if n < large else one.bytes))
    return found


def held(home: Home, some: list[Asset]) -> list[str]:
    """Return the leases that nobody else could take now."""
    return [one.id for one in some if not _free(home, one)]


def _free(home: Home, asset: Asset) -> bool:
    taken = home.leases.take(lease_of(asset.id))
    if taken:
        home.leases.release(lease_of(asset.id))
    return taken


@pytest.mark.parametrize("threads", [1, 8])
def test_everything_is_done_once_and_told_in_the_calling_thread(opened: Open, tmp_path: Path, threads: int) -> None:
    home = opened(threads)
    some = assets(home, tmp_path)
    told: list[tuple[str, int]] = []

    each(home, some, lambda asset: asset.id, told=lambda one: told.append((one, threading.get_ident())))

    assert sorted(one for one, _ in told) == sorted(one.id for one in some)
    assert {thread for _, thread in told} == {threading.get_ident()}
    assert held(home, some) == []


def test_several_are_worked_on_at_the_same_time(opened: Open, tmp_path: Path) -> None:
    home = opened(4)
    meeting = threading.Barrier(4)

    each(home, assets(home, tmp_path, 4), lambda _asset: meeting.wait(60))


def test_of_the_large_ones_one_at_a_time(opened: Open, tmp_path: Path) -> None:
    home = opened(4)
    some = assets(home, tmp_path, 6, large=4)
    alone, small = threading.Lock(), threading.Event()

    def work(asset: Asset) -> None:
        if asset.bytes < crew.LARGE_BYTES:
            small.set()
            return
        assert small.wait(60)  # small ones go on beside a large one
        assert alone.acquire(blocking=False)
        time.sleep(0.01)
        alone.release()

    each(home, some, work)


def test_an_outside_fault_of_one_does_not_lose_the_others(opened: Open, tmp_path: Path) -> None:
    home = opened(4)
    some = assets(home, tmp_path)
    told: list[str] = []

    def work(asset: Asset) -> str:
        if asset is some[3]:
            raise Unavailable("down")
        return asset.id

    with pytest.raises(Unavailable):
        each(home, some, work, told=told.append)

    assert sorted(told) == sorted(one.id for one in some if one is not some[3])
    assert held(home, some) == []


def test_work_that_was_lost_is_looked_at_again(opened: Open, tmp_path: Path) -> None:
    home = opened(4)
    some = assets(home, tmp_path)
    told: list[str] = []
    lost = iter([True, True])

    def work(asset: Asset) -> str:
        if asset is some[0] and next(lost, False):
            raise Lost("taken over")
        return asset.id

    each(home, some, work, told=told.append)

    assert sorted(told) == sorted(one.id for one in some)


def test_what_another_worker_holds_comes_last(opened: Open, tmp_path: Path) -> None:
    home, other = opened(2), opened(1)
    some = assets(home, tmp_path, 4)
    order: list[str] = []
    assert other.leases.take(lease_of(some[0].id))

    def told(one: str) -> None:
        order.append(one)
        if len(order) == 3:
            other.leases.release(lease_of(some[0].id))

    each(home, some, lambda asset: asset.id, told=told)

    assert order[-1] == some[0].id
    assert len(order) == 4


def test_damage_ends_the_work_of_all(opened: Open, tmp_path: Path) -> None:
    home = opened(3)
    some = assets(home, tmp_path)

    def work(asset: Asset) -> None:
        if asset is some[0]:
            raise Corrupt("damaged")
        halt.pause(600)

    with pytest.raises(Corrupt):
        each(home, some, work)

    assert held(home, some) == []


@pytest.mark.parametrize("threads", [1, 4])
def test_an_interrupt_ends_threads_and_the_programs_that_they_wait_for(
    opened: Open, tmp_path: Path, threads: int
) -> None:
    home = opened(threads)
    some = assets(home, tmp_path)
    begun = threading.Semaphore(0)
    bounds = Bounds(seconds=600, memory=1 << 30, file_bytes=0, answer_bytes=1 << 10)
    home.tools.isolation()

    def work(_asset: Asset) -> None:
        begun.release()
        run(Call(argv=["sleep", "600"], bounds=bounds, policy="required"))

    def interrupt() -> None:
        for _ in range(threads):
            begun.acquire()
        time.sleep(0.2)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        each(home, some, work)

    assert time.monotonic() - began < 60
    assert [one.name for one in threading.enumerate() if one.name.startswith("hand-")] == []
    assert held(home, some) == []
