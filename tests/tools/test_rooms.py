"""Rooms: what a crash, a hang and a subverted library can reach, and what they cost."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image

from docker.processes import descendants
from pipeline.errors import Refused, Unavailable
from pipeline.settings import Limits, Settings, read_settings
from pipeline.tools.parsers import Parsers
from pipeline.tools.rooms import MOST_FILES

OTHERS: frozenset[int] = frozenset()


@pytest.fixture(autouse=True)
def others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rooms of other tests may stand in this process; none of them is counted here."""
    monkeypatch.setattr(sys.modules[__name__], "OTHERS", frozenset(_rooms()))


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    Image.new("RGB", (64, 48), (9, 99, 199)).save(tmp_path / "x.png")
    return tmp_path / "x.png"


@pytest.fixture
def parsers() -> Iterator[Parsers]:
    found = Parsers(read_settings())
    yield found
    found.close()


def limited(**limits: float) -> Settings:
    return read_settings().model_copy(update={"limits": Limits(**limits)})


def insides() -> list[int]:
    """Return the processes that parse for the test in hand, as the host sees them."""
    return [pid for pid in _rooms() if pid not in OTHERS]


def _rooms() -> list[int]:
    mine = descendants(os.getpid())
    return [pid for pid in mine if "pipeline.parsing.room" in _command(pid) and "bwrap" not in _command(pid)[:12]]


def _command(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return ""
    program = Path(os.fsdecode(words[0])).name
    return f"{program} {os.fsdecode(b' '.join(words[1:]))}"


def python_inside() -> int:
    (pid,) = [pid for pid in insides() if _command(pid).startswith("python")]
    return pid


def strike(how: signal.Signals) -> None:
    pid = python_inside()
    os.kill(pid, how)
    with suppress(ProcessLookupError):  # gone already
        os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize(
    ("with_signal", "raised", "code"),
    [
        (signal.SIGSEGV, Refused, "E-MEDIA-006"),
        (signal.SIGABRT, Refused, "E-MEDIA-006"),
        (signal.SIGKILL, Unavailable, "E-HOST-005"),
    ],
)
def test_a_crash_costs_one_file(
    parsers: Parsers, photograph: Path, with_signal: signal.Signals, raised: type[Exception], code: str
) -> None:
    assert parsers.picture(photograph).width == 64
    os.kill(python_inside(), signal.SIGSTOP)  # in the middle of the next file
    end = threading.Timer(0.3, strike, [with_signal])
    end.start()
    with pytest.raises(raised) as caught:
        parsers.picture(photograph)
    end.join()
    assert getattr(caught.value, "code", None) == code
    assert parsers.picture(photograph).rows == 48


def test_what_hangs_is_ended(photograph: Path) -> None:
    parsers = Parsers(limited(tool_seconds=3))
    parsers.picture(photograph)
    stuck = python_inside()
    os.kill(stuck, signal.SIGSTOP)
    began = time.monotonic()
    with pytest.raises(Refused) as caught:
        parsers.picture(photograph)
    assert caught.value.code == "E-MEDIA-005"
    assert time.monotonic() - began < 6
    assert stuck not in insides()
    assert parsers.exif(photograph) == {}
    parsers.close()


def test_what_needs_too_much_memory_is_refused(tmp_path: Path, photograph: Path) -> None:
    Image.new("L", (30_000, 13_000)).save(tmp_path / "large.png", compress_level=1)
    parsers = Parsers(limited(picture_memory_bytes=450_000_000))
    with pytest.raises(Refused) as caught:
        parsers.picture(tmp_path / "large.png")
    assert caught.value.code == "E-MEDIA-004"
    assert parsers.picture(photograph).rows == 48
    parsers.close()


def test_a_room_sees_no_file_no_network_and_no_environment(
    parsers: Parsers, photograph: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "quillfeather")
    parsers.picture(photograph)
    inside = Path(f"/proc/{python_inside()}")
    root = inside / "root"
    assert not (root / photograph.relative_to("/")).exists()
    assert not (root / "etc/passwd").exists()
    assert not (root / "proc/self").exists()
    assert b"quillfeather" not in (inside / "environ").read_bytes()
    devices = [line.split(":")[0].strip() for line in (inside / "net/dev").read_text().splitlines()[2:]]
    assert devices == ["lo"]
    held = [str(one.readlink()) for one in (inside / "fd").iterdir()]
    assert not any(str(photograph.parent) in one for one in held), "the file of before is not kept open"


def test_a_room_is_left_after_so_many_files(parsers: Parsers, photograph: Path) -> None:
    parsers.exif(photograph)
    first = python_inside()
    for _ in range(MOST_FILES):
        parsers.exif(photograph)
    assert python_inside() != first


def test_nothing_is_left_when_they_are_closed(photograph: Path) -> None:
    parsers = Parsers(read_settings())
    parsers.picture(photograph)
    there = set(insides())
    parsers.close()
    assert there
    assert not there & set(insides())
