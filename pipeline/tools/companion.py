"""Companion: a process of ours that goes ahead on another processor, and tells line by line what it finds."""

import fcntl
import io
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from pipeline.core.halt import ended_by
from pipeline.tools import sandbox

_PIPE = 1 << 20
"""Bytes by which it may be ahead, where the system allows so many."""


@contextmanager
def companion(argv: Sequence[str]) -> Iterator[Iterator[str]]:
    """Lend the lines of a Python program that needs the standard library alone; it is gone afterwards.

    Lines that end say nothing of why: the program tells its own end. Raises ``Unavailable`` (E-HOST-005) when it
    cannot be started.
    """
    # -I and -S: nothing of the environment, no site's own start-up code.
    process = sandbox.our_own([os.path.realpath(sys.executable), "-I", "-S", "-B", *argv])
    assert process.stdout

    def end() -> None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    try:
        with suppress(OSError):
            fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, _PIPE)
        with ended_by(end), io.TextIOWrapper(process.stdout, encoding="ascii") as lines:
            yield lines
    finally:
        if process.poll() is None:
            end()
        process.wait()
        process.stdout.close()
