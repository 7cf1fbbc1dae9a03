"""Clamd: what a real scanner says is told as it is, and silence is never taken for clean."""

import gzip
import os
import signal
import socket
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.errors import Misconfigured, PipelineError, Refused, Unavailable
from pipeline.settings import Settings, read_settings
from pipeline.tools import open_tools
from pipeline.tools.clamd import NONE, Clamd
from tests.plugins.clamd import EICAR, EICAR_NAME, FILE_BYTES, MARKER, NAME, STREAM_BYTES, Daemon


def at(place: object, **more: float) -> Settings:
    return read_settings().model_copy(update={"clamd": str(place), **more})


def written(folder: Path, data: bytes) -> Path:
    file = folder / "x.bin"
    file.write_bytes(data)
    return file


@pytest.mark.parametrize(("data", "found"), [
    (b"nothing at all, and long enough", ()),
    (b"", ()),
    (b"before " + MARKER + b" after", (NAME,)),
    (EICAR, (EICAR_NAME,)),
])  # fmt: skip
def test_what_it_says_is_told(clamd: Daemon, tmp_path: Path, data: bytes, found: tuple[str, ...]) -> None:
    assert Clamd(at(clamd.socket)).scan(written(tmp_path, data)) == found


def test_it_looks_into_archives(clamd: Daemon, tmp_path: Path) -> None:
    file = tmp_path / "x.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.txt", MARKER * 50)
    assert Clamd(at(clamd.socket)).scan(file) == (NAME,)


def test_what_it_does_not_take_whole_is_not_called_clean(clamd: Daemon, tmp_path: Path) -> None:
    with pytest.raises(Refused) as caught:
        Clamd(at(clamd.socket)).scan(written(tmp_path, bytes(STREAM_BYTES + 1)))
    assert caught.value.code == "U-SCAN-002"


def test_what_it_takes_and_does_not_look_at_is_not_called_clean(clamd: Daemon, tmp_path: Path) -> None:
    scanner = Clamd(at(clamd.socket))
    assert scanner.scan(written(tmp_path, bytes(FILE_BYTES))) == ()
    with pytest.raises(Refused) as caught:
        scanner.scan(written(tmp_path, bytes(FILE_BYTES) + MARKER))
    assert caught.value.code == "U-SCAN-002"


def test_what_unpacks_to_more_than_it_looks_at_is_not_called_clean(clamd: Daemon, tmp_path: Path) -> None:
    with pytest.raises(Refused) as caught:
        Clamd(at(clamd.socket)).scan(written(tmp_path, gzip.compress(bytes(2 * FILE_BYTES) + MARKER)))
    assert caught.value.code == "U-SCAN-002"


@pytest.fixture
def silent(clamd: Daemon) -> Iterator[Daemon]:
    """A scanner that is set as clamd comes: what its limits made it skip is "OK"."""
    clamd.end()
    clamd.settings["AlertExceedsMax"] = "no"
    clamd.start()
    yield clamd
    clamd.settings["AlertExceedsMax"] = "yes"
    clamd.end()


def test_one_that_does_not_tell_of_its_limits_calls_nothing_clean(silent: Daemon, tmp_path: Path) -> None:
    scanner = Clamd(at(silent.socket))
    assert scanner.version().endswith("limits untold")
    for data in (b"nothing at all, and long enough", bytes(FILE_BYTES) + MARKER):
        with pytest.raises(Refused) as caught:
            scanner.scan(written(tmp_path, data))
        assert caught.value.code == "U-SCAN-003"
    assert scanner.scan(written(tmp_path, MARKER)) == (NAME,), "what it names is told all the same"


def test_its_version_names_engine_and_signatures(clamd: Daemon) -> None:
    assert Clamd(at(clamd.socket)).version().startswith("ClamAV ")
    tools = open_tools(at(clamd.socket))
    assert tools.environment("clamd")["clamd"].startswith("ClamAV ")
    tools.close()


def test_none_is_asked_unless_the_settings_name_one(tmp_path: Path) -> None:
    tools = open_tools(read_settings())
    assert tools.scan(tmp_path / "nothing here") is None
    assert tools.environment("clamd") == {"clamd": NONE}
    tools.close()


def test_one_that_is_down_is_unavailable(tmp_path: Path) -> None:
    for place in (tmp_path / "no-socket", "127.0.0.1:1"):
        with pytest.raises(Unavailable) as caught:
            Clamd(at(place)).scan(written(tmp_path, b"x"))
        assert caught.value.code == "E-HOST-008"


def test_one_that_is_killed_in_the_middle_is_unavailable_and_then_there_again(clamd: Daemon, tmp_path: Path) -> None:
    scanner = Clamd(at(clamd.socket))
    pipe = tmp_path / "pipe"  # a file that is still being read when the scanner dies
    os.mkfifo(pipe)
    half = threading.Event()

    def feed() -> None:
        with pipe.open("wb") as file:
            file.write(b"x" * 100_000)
            file.flush()
            half.wait(20)

    feeder = threading.Thread(target=feed)
    feeder.start()

    def kill() -> None:
        clamd.strike(signal.SIGKILL)
        half.set()

    killer = threading.Timer(0.3, kill)
    killer.start()
    with pytest.raises(Unavailable) as caught:
        scanner.scan(pipe)
    killer.join()
    feeder.join()
    assert caught.value.code == "E-HOST-008"
    clamd.end()
    clamd.start()
    assert scanner.scan(written(tmp_path, MARKER)) == (NAME,)


def test_one_that_hangs_is_given_up(clamd: Daemon, tmp_path: Path) -> None:
    clamd.strike(signal.SIGSTOP)
    try:
        with pytest.raises(Unavailable, match="silent"):
            Clamd(at(clamd.socket, clamd_seconds=0.5)).scan(written(tmp_path, b"x"))
    finally:
        clamd.strike(signal.SIGCONT)


@contextmanager
def answering(place: Path, *said: bytes) -> Iterator[None]:
    """Listen where a scanner would, and answer each connection with the next of these."""
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(place))
        door.listen()

        def serve() -> None:
            for one in said:
                line, _ = door.accept()
                with line:
                    line.recv(100)
                    line.sendall(one)

        server = threading.Thread(target=serve, daemon=True)
        server.start()
        yield
        server.join(5)
    place.unlink()


@pytest.mark.parametrize("said", [b"stream: OK", b"", b"x" * 10_000, b"stream: Can't allocate memory ERROR\0", b"OK\0"])
def test_an_answer_that_is_none_is_never_taken_for_clean(clamd: Daemon, tmp_path: Path, said: bytes) -> None:
    with answering(clamd.folder / "liar", said), pytest.raises(Unavailable):
        Clamd(at(clamd.folder / "liar")).scan(written(tmp_path, b"x"))


def test_limits_that_it_reports_as_a_finding_are_no_finding(clamd: Daemon, tmp_path: Path) -> None:
    said = b"stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND\0"
    with answering(clamd.folder / "liar", said), pytest.raises(PipelineError) as caught:
        Clamd(at(clamd.folder / "liar")).scan(written(tmp_path, b"x"))
    assert caught.value.code == "U-SCAN-002"


def test_signatures_that_change_meanwhile_make_it_start_again(clamd: Daemon, tmp_path: Path) -> None:
    limits = b"stream: Heuristics.Limits.Exceeded.MaxRecursion FOUND\0"
    said = [b"ClamAV 1.4.6/1/a\0", limits, b"stream: OK\0", b"ClamAV 1.4.6/2/b\0"]
    with answering(clamd.folder / "liar", *said):
        scanner = Clamd(at(clamd.folder / "liar"))
        assert scanner.version() == "ClamAV 1.4.6/1/a"
        with pytest.raises(Unavailable, match="changed"):
            scanner.scan(written(tmp_path, b"x"))


@pytest.mark.parametrize("place", ["clamd", "run/clamd.ctl", "host:", "host:port", "a b:1"])
def test_a_setting_that_names_no_place_is_told(tmp_path: Path, place: str) -> None:
    (tmp_path / "settings.toml").write_text(f'clamd = "{place}"\n', encoding="utf-8")
    with pytest.raises(Misconfigured, match="clamd"):
        read_settings()
