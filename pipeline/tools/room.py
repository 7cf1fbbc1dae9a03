"""Room: one process that parses untrusted bytes for us, and what is believed of its answers."""

import json
import os
import signal
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import IO, Any, Protocol

from pipeline.core.halt import ended_by
from pipeline.core.text import printable
from pipeline.errors import CODES, Misconfigured, PipelineError, Refused, Unavailable

__all__ = ["Part", "Room"]

_WORDS = 65_536
_ENDS = {"refused": Refused, "unavailable": Unavailable}
_SHELL = 128
_MAY_SAY = ("E-MEDIA-", "E-HOST-", "U-")
"""What a parser may say of a file."""

Part = tuple[Any, bytes]
"""What is said, and the bytes that go with it."""


class _Process(Protocol):
    pid: int
    returncode: int | None
    stdin: IO[bytes] | None
    stdout: IO[bytes] | None

    def wait(self, timeout: float | None = None) -> int: ...
    def poll(self) -> int | None: ...


class Room:
    """One process, and the socket on which it is asked."""

    def __init__(self, process: _Process, asked: socket.socket, seconds: float) -> None:
        self._process = process
        self._asked = asked
        self._seconds = seconds
        self.files = 0
        self.sound = True

    def ask(self, question: Mapping[str, Any], media: int, most: int) -> Iterator[Part]:
        """Yield the parts of an answer about an open file, none larger than ``most`` bytes."""
        self.files += 1
        self.sound = False  # until the end was heard
        answer = os.memfd_create("answer", os.MFD_CLOEXEC)
        try:
            with ended_by(self.end):
                self._say(json.dumps(question).encode(), [media, answer])
                while "end" not in (heard := self._hear()):
                    yield _read(answer, heard.get("text"), heard.get("data"), most)
                    self._say(b"more", [])
        finally:
            os.close(answer)
        self.sound = True
        if heard["end"] != "done":
            raise _error(heard)

    def greet(self) -> None:
        """Wait until it has loaded what it needs; what goes wrong until then is no file's fault."""
        try:
            self._hear()
        except Refused as err:
            self.close()
            raise Misconfigured(f"what parses could not be started: {err.reason}", code="E-CONF-003") from err

    def _say(self, words: bytes, fds: list[int]) -> None:
        try:
            socket.send_fds(self._asked, [words], fds)
        except OSError as err:
            raise self._ended() from err

    def _hear(self) -> Mapping[str, Any]:
        try:
            words = self._asked.recv(_WORDS)
        except TimeoutError:
            self.end()
            raise Refused("reading it took too long", code="E-MEDIA-005") from None
        except OSError as err:
            raise self._ended() from err
        if not words:
            raise self._ended()
        try:
            return dict(json.loads(words))
        except (ValueError, TypeError) as err:
            self.end()
            raise Refused("what was to read it answers nonsense", code="E-MEDIA-006") from err

    def _ended(self) -> PipelineError:
        """Say why the process is gone."""
        with suppress(Exception):  # it may still be ending
            self._process.wait(timeout=self._seconds)
        self.end()
        status = self._process.wait()
        number = -status if status < 0 else status - _SHELL
        if number in {signal.SIGKILL, signal.SIGTERM}:
            return Unavailable("what was reading it was killed by the system", code="E-HOST-005")
        if number == signal.SIGXCPU:
            return Refused("reading it took more processor time than allowed", code="E-MEDIA-005")
        name = signal.Signals(number).name if number in set(signal.Signals) else f"status {status}"
        return Refused(f"what was reading it ended with {name}", code="E-MEDIA-006")

    def end(self) -> None:
        """End it, with all that it may have started. May be repeated."""
        if self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """End it and return when it is gone."""
        self.end()
        self._process.wait()
        self._asked.close()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()


def _error(heard: Mapping[str, Any]) -> PipelineError:
    """Return what it raised; of its words no more is believed than of any other answer."""
    end, code, reason = (str(heard.get(name)) for name in ("end", "code", "reason"))
    words = printable(reason, limit=1000)
    if end == "fault":
        return PipelineError(words, code="E-STAGE-001")
    raised = _ENDS.get(end)
    if raised is None or code not in CODES or not code.startswith(_MAY_SAY):
        return Refused("what was to read it answers nonsense", code="E-MEDIA-006")
    return raised(words, code=code)


def _read(answer: int, text: Any, data: Any, most: int) -> Part:
    """Read a part; the other side may lie about lengths, and may write while we read."""
    if not (isinstance(text, int) and isinstance(data, int) and 0 < text <= most and 0 <= data <= most):
        raise Refused("the answer about it is too large", code="E-MEDIA-004")
    said = os.pread(answer, text, 0)
    rest = bytearray()
    while len(rest) < data and (more := os.pread(answer, data - len(rest), text + len(rest))):
        rest += more
    if len(rest) != data:
        raise Refused("the answer about it is not whole", code="E-MEDIA-006")
    try:
        return json.loads(said), bytes(rest)
    except ValueError as err:
        raise Refused("the answer about it is no JSON", code="E-MEDIA-006") from err
