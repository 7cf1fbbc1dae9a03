"""Clamd: the malware scanner that the settings name, asked over its own protocol; bytes are sent, never a path."""

import io
import re
import socket
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import BinaryIO

from pipeline.core.halt import ended_by
from pipeline.errors import Refused, Unavailable
from pipeline.settings import Settings
from pipeline.tools.answers import text_safe

NONE = "none"
"""The version of no scanner."""

_CHUNK = 1 << 18
_MOST_ANSWER = 4096
_CONNECT_SECONDS = 5.0
_TOO_LARGE = "INSTREAM size limit exceeded"
_LIMITS = "Heuristics.Limits.Exceeded"
_UNTOLD = "; limits untold"
_DEEPEST = 120
"""No clamd opens archives in archives so deep: it takes at most 100."""
_FOUND = re.compile(r"stream: (?P<name>.{1,500}) FOUND")


class Clamd:
    """The scanner that the settings name. Any thread may ask; each question has a connection of its own."""

    def __init__(self, settings: Settings) -> None:
        self._place = settings.clamd
        self._seconds = settings.clamd_seconds
        self._told = threading.local()
        self._tells: dict[str, bool] = {}

    def version(self) -> str:
        """Return engine and signatures as clamd names them; ``NONE`` where none is configured, and nothing is asked.

        Asked anew every time: clamd reads new signatures while it runs. Its own name for them leaves out those
        that an operator added. One that is silent about its limits says so in its name: it can call nothing clean.
        """
        if not self._place:
            return NONE
        self._told.version = said = self._ask_version()
        return said if self._tells_limits(said) else said + _UNTOLD

    def scan(self, media: Path) -> tuple[str, ...] | None:
        """Return the names of what was found; ``None`` where no scanner is configured.

        Raises ``Refused`` for what is larger than clamd takes (U-SCAN-002), and for what it calls clean without
        telling what its limits made it skip (U-SCAN-003); ``Unavailable`` (E-HOST-008) when it does not answer, or
        read other signatures than it named when this thread asked for its version.
        """
        if not self._place:
            return None
        with media.open("rb") as file:
            said = self._send(file)
        told = getattr(self._told, "version", None)
        if told is not None and told != self._ask_version():
            raise _down("its signatures changed while it read")
        if said == "stream: OK":
            if not self._tells_limits(told or self._ask_version()):
                raise Refused("the malware scanner does not tell what its limits made it skip", code="U-SCAN-003")
            return ()
        found = _FOUND.fullmatch(said)
        if said.startswith(_TOO_LARGE) or (found and found["name"].startswith(_LIMITS)):
            raise Refused("larger than the malware scanner takes", code="U-SCAN-002")
        if not found:
            raise _down("it could not read it")
        return (text_safe(found["name"]),)

    def _tells_limits(self, version: str) -> bool:
        """Tell whether it reports what its limits made it skip; else "OK" may mean "not looked at"."""
        if version not in self._tells:
            self._tells[version] = f"stream: {_LIMITS}" in self._send(io.BytesIO(_nested()))
        return self._tells[version]

    def _ask_version(self) -> str:
        with self._connected() as line:
            line.sendall(b"zVERSION\0")
            said = _answer(line)
        if not said.startswith("ClamAV "):
            raise _down("what answers there is no clamd")
        return text_safe(said)

    def _send(self, file: BinaryIO) -> str:
        with self._connected() as line:
            # It says why it takes no more, and hangs up: what it said is there to be read.
            with suppress(BrokenPipeError, ConnectionResetError):
                line.sendall(b"zINSTREAM\0")
                while chunk := file.read(_CHUNK):
                    line.sendall(len(chunk).to_bytes(4) + chunk)
                line.sendall(bytes(4))
            return _answer(line)

    @contextmanager
    def _connected(self) -> Iterator[socket.socket]:
        try:
            with self._open() as line, ended_by(lambda: _hang_up(line)):
                line.settimeout(self._seconds)
                yield line
        except TimeoutError:
            raise _down("it is silent") from None
        except OSError as err:
            raise _down(err.strerror or type(err).__name__) from err

    def _open(self) -> socket.socket:
        place = str(self._place)
        if not place.startswith("/"):
            host, _, port = place.rpartition(":")
            return socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_SECONDS)
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            line.settimeout(_CONNECT_SECONDS)
            line.connect(place)
        except BaseException:
            line.close()
            raise
        return line


@cache
def _nested() -> bytes:
    """Return an archive in an archive, and so on, deeper than any scanner looks."""
    inner = b"nothing"
    for _ in range(_DEEPEST):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr(zipfile.ZipInfo("x.zip"), inner)
        inner = out.getvalue()
    return inner


def _hang_up(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


def _answer(line: socket.socket) -> str:
    """Read one answer, which ends with NUL; one that is cut off is none."""
    data = b""
    while not data.endswith(b"\0"):
        more = line.recv(_MOST_ANSWER)
        data += more
        if not more or len(data) > _MOST_ANSWER:
            raise _down("its answer is cut off")
    return data[:-1].decode(errors="replace")


def _down(why: str) -> Unavailable:
    return Unavailable(f"the malware scanner: {why}", code="E-HOST-008")
