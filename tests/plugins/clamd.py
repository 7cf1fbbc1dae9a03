"""Clamd: a real scanner of this machine with a signature database of the tests' own, on a socket of their own."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

STREAM_BYTES = 1_048_576
"""What it takes at most; clamd's own way to say 1M."""

FILE_BYTES = 786_432
"""Of what it takes, it looks at no more than that."""

MARKER = b"evidence-marker-of-a-worm"
NAME = "Evidence.Test.Worm.UNOFFICIAL"
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}" + b"$EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"
EICAR_NAME = "Evidence.Eicar.UNOFFICIAL"
_START_SECONDS = 30.0


@dataclass(kw_only=True)
class Daemon:
    """One clamd; it may be killed and started again."""

    folder: Path
    settings: dict[str, object]
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self.folder / "s"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.socket.unlink(missing_ok=True)
        lines = "".join(f"{name} {value}\n" for name, value in self.settings.items())
        (self.folder / "clamd.conf").write_text(lines, encoding="utf-8")
        program = shutil.which("clamd", path=f"{os.environ['PATH']}:/usr/sbin")
        if program is None:
            pytest.skip("no clamd; install the Debian package clamav-daemon")
        with (self.folder / "out").open("wb") as out:
            self.process = subprocess.Popen(
                [program, "-c", str(self.folder / "clamd.conf")], stdout=out, stderr=subprocess.STDOUT
            )
        until = time.monotonic() + _START_SECONDS
        while not self.answers():
            assert self.process.poll() is None, (self.folder / "out").read_text(errors="replace")[-500:]
            assert time.monotonic() < until, "clamd does not answer"
            time.sleep(0.05)

    def answers(self) -> bool:
        """Tell whether somebody listens."""
        with socket.socket(socket.AF_UNIX) as line:
            return line.connect_ex(str(self.socket)) == 0

    def strike(self, how: signal.Signals) -> None:
        """Send it a signal."""
        assert self.process
        self.process.send_signal(how)

    def end(self) -> None:
        """Kill it, and wait until it is gone."""
        if self.process and self.process.poll() is None:
            self.process.kill()
        if self.process:
            self.process.wait()


@pytest.fixture(scope="session")
def _daemon() -> Iterator[Daemon]:
    with tempfile.TemporaryDirectory(prefix="clamd-") as place:  # a socket's path must be short
        folder = Path(place)
        database = folder / "db"
        database.mkdir()
        lines = [f"{name.removesuffix('.UNOFFICIAL')}:0:*:{data.hex()}\n" for name, data in _SIGNATURES.items()]
        (database / "tests.ndb").write_text("".join(lines), encoding="ascii")
        settings: dict[str, object] = {
            "LocalSocket": folder / "s", "DatabaseDirectory": database, "Foreground": "yes", "MaxThreads": 4,
            "StreamMaxLength": STREAM_BYTES, "TemporaryDirectory": folder, "MaxFileSize": FILE_BYTES,
            "AlertExceedsMax": "yes",
        }  # fmt: skip
        daemon = Daemon(folder=folder, settings=settings)
        try:
            yield daemon
        finally:
            daemon.end()


_SIGNATURES = {NAME: MARKER, EICAR_NAME: EICAR}


@pytest.fixture
def clamd(_daemon: Daemon) -> Daemon:
    """Return a scanner that answers."""
    if _daemon.process is None or _daemon.process.poll() is not None or not _daemon.answers():
        _daemon.end()
        _daemon.start()
    return _daemon
