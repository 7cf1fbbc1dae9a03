"""A companion tells what it finds, learns nothing of ours, and never outlives who started it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from docker.processes import descendants, start_ticks
from pipeline.core.halt import Halt
from pipeline.tools.companion import companion

CHECKOUT = Path(__file__).resolve().parents[2]
ENDLESS = "import os\nprint(os.getpid(), flush=True)\nwhile True: print('x' * 60)\n"


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """A program that says who it is, and never ends by itself."""
    (tmp_path / "endless.py").write_text(ENDLESS)
    return tmp_path / "endless.py"


@pytest.fixture(autouse=True)
def _none_is_left() -> Iterator[None]:
    before = set(descendants(os.getpid()))
    yield
    assert set(descendants(os.getpid())) <= before


def test_it_tells_line_by_line(tmp_path: Path) -> None:
    (tmp_path / "p.py").write_text("import sys\nprint(*map(ascii, sys.argv[1:]), sep='\\n')\n")

    with companion([str(tmp_path / "p.py"), "one", "a\udcffb", "two"]) as lines:
        assert list(lines) == ["'one'\n", "'a\\udcffb'\n", "'two'\n"]


def test_what_is_left_unread_ends_it(endless: Path) -> None:
    with companion([str(endless)]) as lines:
        pid = int(next(lines))
        assert start_ticks(pid) is not None

    assert start_ticks(pid) is None


def test_an_error_ends_it(endless: Path) -> None:
    seen: list[int] = []

    def interrupted() -> None:
        with companion([str(endless)]) as lines:
            seen.append(int(next(lines)))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [start_ticks(pid) for pid in seen] == [None]


def test_it_learns_nothing_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVIDENCE_S3_SECRET_KEY", "quillfeather-4711")
    monkeypatch.setenv("PYTHONSTARTUP", "quillfeather-4711")
    (tmp_path / "p.py").write_text("import os, sys\nprint(sorted(os.environ.items()), sys.path)\n")

    with companion([str(tmp_path / "p.py")]) as lines:
        (said,) = lines

    assert "quillfeather" not in said
    assert "PATH" in said
    assert "site-packages" not in said


def test_when_work_is_over_nobody_waits_for_it(tmp_path: Path) -> None:
    (tmp_path / "p.py").write_text("import time\nprint('here', flush=True)\ntime.sleep(600)\n")
    halt, began = Halt(), time.monotonic()

    def listen() -> None:
        with halt.bound(), companion([str(tmp_path / "p.py")]) as lines:
            next(lines)
            halt.give()
            assert list(lines) == []

    with pytest.raises(KeyboardInterrupt):
        listen()
    assert time.monotonic() - began < 60


def test_it_ends_with_a_parent_that_is_killed(endless: Path) -> None:
    code = (
        f"from pipeline.tools.companion import companion\nwith companion([{str(endless)!r}]) as lines:\n"
        "    print(next(lines), end='', flush=True)\n    input()\n"
    )
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code], env=env, text=True, **pipes) as parent:  # type: ignore[call-overload] # a dict of pipes
        pid = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + 10
    while start_ticks(pid) is not None and time.monotonic() < deadline:
        time.sleep(0.01)

    left = start_ticks(pid)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    assert left is None
