"""A kept exiftool answers as a new one does, sees one file at a time and nothing else, and never stays too long."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.core.canonical import canonical
from pipeline.core.halt import Halt
from pipeline.settings import Settings
from pipeline.tools import exiftool, resident, sandbox
from pipeline.tools.exiftool import _OPTIONS, _START, _call, residents
from pipeline.tools.resident import Resident, Residents
from pipeline.tools.sandbox import MEDIA


@pytest.fixture
def kept(settings: Settings) -> Iterator[Residents]:
    one = residents(settings)
    yield one
    one.close()


def tags(answer: bytes) -> bytes:
    """Return an answer as it is recorded: what was read before changes only the order of derived tags."""
    return canonical(exiftool.recorded(answer))


def cold(settings: Settings, media: Path) -> bytes:
    answer = sandbox.run(_call([*_START, *_OPTIONS, MEDIA], settings, media)).stdout
    return tags(answer) if answer else b""


def one_of(kept: Residents) -> Resident:
    (found,) = kept._idle
    return found


@pytest.mark.slow
def test_every_answer_is_that_of_a_process_of_its_own(settings: Settings, kept: Residents, testdata: Path) -> None:
    files = [
        one
        for folder in ("photo_exif", "hostile", "neardup", "photo_objects", "ocr")
        for one in sorted((testdata / folder).rglob("*"))
        if one.is_file()
    ]
    with ThreadPoolExecutor(2) as pool:
        alone = dict(zip(files, pool.map(lambda one: cold(settings, one), files), strict=True))
    answered = 0
    for _ in range(2):  # what was read before must not matter
        random.Random(len(files) + answered).shuffle(files)
        for one in files:
            said = kept.ask(_OPTIONS, one)
            assert said is None or tags(said) == alone[one], one.name
            answered += said is not None

    assert answered > 1.8 * sum(0 < one.stat().st_size <= resident.MOST_BYTES for one in files)


def test_one_process_reads_many_files_and_none_is_left_behind(
    settings: Settings, kept: Residents, testdata: Path
) -> None:
    some = sorted((testdata / "photo_exif").glob("ia_landscape*"))
    for one in some:
        assert kept.ask(_OPTIONS, one) is not None

    process = one_of(kept)
    assert process.asked == len(some) + 1
    assert os.fstat(process._file).st_size == 0
    assert list((settings.scratch / "rooms").iterdir()) == []
    kept.close()
    assert process._process.returncode == -signal.SIGKILL


def test_it_sees_one_file_without_a_name_and_cannot_change_it(settings: Settings, tmp_path: Path) -> None:
    """The room is asked by a shell in exiftool's place."""
    media = tmp_path / "photo"
    media.write_bytes(b"evidence")
    script = (
        'while read -r word; do case "$word" in -execute*) '
        f"ls -A /in; cat {MEDIA}; echo changed 2>&- >>{MEDIA} && echo written; ls {tmp_path} 2>&-; "
        'echo "{ready${word#-execute}}";; esac; done'
    )
    shell = Residents(settings, ("sh", "-c", script))
    try:
        assert shell.ask([], media) == b"media\nevidence"
    finally:
        shell.close()


def test_a_process_is_replaced_after_so_many_files(
    kept: Residents, testdata: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resident, "MOST_FILES", 3)
    photo = testdata / "photo_exif/ia_landscape_1.jpg"
    seen = set()
    for _ in range(6):
        assert kept.ask(_OPTIONS, photo) is not None
        seen |= {one._process.pid for one in kept._idle}

    assert len(seen) > 1


def test_nothing_is_read_after_a_file_that_is_called_broken(kept: Residents, testdata: Path, tmp_path: Path) -> None:
    assert kept.ask(_OPTIONS, testdata / "photo_exif/ia_landscape_1.jpg") is not None
    broken = tmp_path / "x"
    broken.write_bytes(b"\x00" * 500)

    said = kept.ask(_OPTIONS, broken)

    assert said is not None
    assert b"ExifTool:Error" in said
    assert kept._idle == []


def test_one_that_died_is_never_believed(settings: Settings, kept: Residents, testdata: Path) -> None:
    photo = testdata / "photo_exif/ia_landscape_1.jpg"
    whole = exiftool.metadata(photo, settings)
    assert kept.ask(_OPTIONS, photo) is not None
    os.killpg(one_of(kept)._process.pid, signal.SIGKILL)
    assert exiftool.metadata(photo, settings, kept) == whole


def test_one_that_is_too_slow_or_says_too_much_is_given_up(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x").write_bytes(b"x")
    monkeypatch.setattr(resident, "_SECONDS", 1.0)
    begin = 'read -r w; read -r w; echo "{ready${w#-execute}}"; '
    for script in ("sleep 600", "while :; do echo; done", "exit", 'read -r w; read -r w; echo "{ready1}"; sleep 9'):
        odd = Residents(
            settings.model_copy(update={"limits": settings.limits.model_copy(update={"answer_bytes": 1000})}),
            ("sh", "-c", begin + script),
        )  # fmt: skip
        assert odd.ask(["-x"], tmp_path / "x") is None, script
        assert odd._idle == []
        odd.close()


@pytest.mark.parametrize("size", [0, 65])
def test_the_empty_and_the_large_are_left_to_a_process_of_their_own(
    kept: Residents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(resident, "MOST_BYTES", 64)
    (tmp_path / "x").write_bytes(b"x" * size)

    assert kept.ask(_OPTIONS, tmp_path / "x") is None
    assert kept._idle == []


def test_threads_share_no_more_processes_than_there_are_processors(kept: Residents, testdata: Path) -> None:
    photos = sorted((testdata / "photo_exif").glob("ia_*.jpg"))
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda one: kept.ask(_OPTIONS, one), photos * 3))

    assert None not in found
    turns = [[tags(one) for one in found[n :: len(photos)] if one] for n in range(len(photos))]
    assert all(len(set(same)) == 1 for same in turns)
    assert len(kept._idle) <= len(os.sched_getaffinity(0))


def test_an_interrupt_ends_the_process_that_is_asked(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"x")
    deaf = Residents(settings, ("sh", "-c", 'read -r w; read -r w; echo "{ready${w#-execute}}"; exec sleep 600'))
    over, ended = Halt(), list[type[BaseException]]()

    def ask() -> None:
        with over.bound():
            try:
                deaf.ask(["-x"], tmp_path / "x")
            except BaseException as err:  # noqa: BLE001 (the test looks at it)
                ended.append(type(err))

    thread = threading.Thread(target=ask)
    thread.start()
    time.sleep(1)
    over.give()
    thread.join(5)

    assert ended == [KeyboardInterrupt]
    assert deaf._idle == []
    deaf.close()


@pytest.mark.parametrize("end", ["pass", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"])
def test_none_outlives_the_process_that_started_it(testdata: Path, end: str) -> None:
    script = (
        "from pathlib import Path; import sys\n"
        "from pipeline.settings import read_settings\n"
        "from pipeline.tools import open_tools\n"
        "tools = open_tools(read_settings()); tools.metadata(Path(sys.argv[1]))\n"
        "print(tools._residents._idle[0]._process.pid, flush=True)\n" + end
    )
    photo = testdata / "photo_exif/ia_landscape_1.jpg"
    done = subprocess.run([sys.executable, "-c", script, photo], capture_output=True, text=True, check=False)
    pid = int(done.stdout)
    until = time.monotonic() + 10
    while (there := Path(f"/proc/{pid}").exists()) and time.monotonic() < until:
        time.sleep(0.05)

    assert not there
    assert done.stderr == ""
