"""Door: watches the whole test run for programs that this package starts past the sandbox.

Every start that Python announces (``sys.addaudithook``) is looked at: when code of ``pipeline`` is on the stack and
``pipeline.tools.sandbox`` is not, the run fails at its end and names the place. Libraries that start programs for us
(whisper's ``load_audio``, ffmpeg-python's ``run``) are seen like our own code. What a test starts itself is its own
affair.
"""

import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest

PACKAGE = "pipeline"
DOOR = "pipeline.tools.sandbox"
STARTS = frozenset({
    "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.startfile", "os.system", "pty.spawn",
    "subprocess.Popen",
})  # fmt: skip

offences: list[str] = []
"""One line for each start past the door: what was started, and the innermost place of ours on the stack."""

_installed: list[bool] = []


def install() -> None:
    """Begin to watch. An audit hook cannot be taken away again, so it is set once per process."""
    if not _installed:
        _installed.append(True)
        sys.addaudithook(_look)


def _look(event: str, args: tuple[Any, ...]) -> None:
    if event in STARTS and (place := past_the_door(sys._getframe(1))):
        offences.append(f"{event} {args[:1]!r:.80} from {place}")


def past_the_door(frame: FrameType | None) -> str | None:
    """Return where our code starts a program without the sandbox; ``None`` when all is well."""
    place: str | None = None
    for module, line in _stack(frame):
        if module == DOOR:
            return None
        if place is None and (module == PACKAGE or module.startswith(PACKAGE + ".")):
            place = f"{module}:{line}"
    return place


def _stack(frame: FrameType | None) -> Iterator[tuple[str, int]]:
    while frame:
        yield str(frame.f_globals.get("__name__", "")), frame.f_lineno
        frame = frame.f_back


def pytest_configure() -> None:
    install()


@pytest.fixture(scope="session", autouse=True)
def _watched() -> Iterator[None]:
    """Fail the run at its end; a fixture, since a worker process of the run has no exit status of its own."""
    yield
    assert not offences, "\n".join(["programs started past pipeline.tools.sandbox:", *sorted(set(offences))])


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if offences:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if offences:
        terminalreporter.section("programs started past pipeline.tools.sandbox")
        for line in sorted(set(offences)):
            terminalreporter.line(line)
