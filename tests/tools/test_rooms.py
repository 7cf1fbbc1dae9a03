"""Rooms: what a crash, a hang and a subverted library can reach, and what they cost."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image

from docker.processes import descendants
from pipeline.errors import Refused, Unavailable
from pipeline.settings import Limits, Settings, read_settings
from pipeline.tools.parsers import Parsers
from pipeline.tools.room import Room
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


def test_a_side_car_is_read_there_too(parsers: Parsers, tmp_path: Path) -> None:
    (tmp_path / "x.gpx").write_text('<gpx><wpt lat="36.2" lon="37.1"/><wpt lat="99" lon="1"/></gpx>', encoding="utf-8")
    found = parsers.sidecar(tmp_path / "x.gpx", "Track.GPX")
    assert found
    assert [(one.lat, one.lon) for one in found.fixes] == [(36.2, 37.1)]
    assert python_inside()
    assert parsers.sidecar(tmp_path / "x.gpx", "track.html") is None


def answering(*said: Mapping[str, object]) -> Room:
    """Return a room in which somebody answers whatever they like."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.settimeout(5)
    for one in said:
        theirs.send(json.dumps(one).encode())
    process = subprocess.Popen(["sleep", "60"], start_new_session=True)
    room = Room(process, ours, 1)
    HELD.append((room, theirs))
    return room


HELD: list[tuple[Room, socket.socket]] = []


@pytest.fixture(autouse=True)
def emptied() -> Iterator[None]:
    yield
    while HELD:
        room, theirs = HELD.pop()
        room.close()
        theirs.close()


@pytest.mark.parametrize(
    "said",
    [
        {"end": "refused", "code": "H-HOLD-001", "reason": "x"}, {"end": "refused", "code": ["E-MEDIA-002"]},
        {"end": "refused"}, {"end": None}, {"end": "unavailable", "code": "E-VAULT-001", "reason": "x"},
        {"text": "all", "data": 0}, {"text": 1 << 60, "data": 0}, {"data": 0}, {"text": 5, "data": -1},
        {"text": 5, "data": 5},
    ],
)  # fmt: skip
def test_what_a_subverted_parser_answers_is_a_refusal_at_most(said: dict[str, object], photograph: Path) -> None:
    with photograph.open("rb") as file, pytest.raises(Refused) as caught:
        list(answering(said).ask({"do": "picture", "how": {}}, file.fileno(), 1000))
    assert caught.value.code in {"E-MEDIA-004", "E-MEDIA-006"}


def test_its_words_act_on_nobody(photograph: Path) -> None:
    said = {"end": "refused", "code": "E-MEDIA-002", "reason": "\x1b[2J\nERROR forged\u202e" + "x" * 5000}
    with photograph.open("rb") as file, pytest.raises(Refused) as caught:
        list(answering(said).ask({"do": "picture", "how": {}}, file.fileno(), 1000))
    assert "\x1b" not in caught.value.reason
    assert "\n" not in caught.value.reason
    assert len(caught.value.reason) <= 1000


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
