"""Quiet: what libraries inside this process print about untrusted bytes, sent nowhere."""

import os
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager


class _Hush:
    """Counts those who want quiet: the first in makes it, the last out ends it; several may be in at once.

    Pillow's libtiff prints its complaints to descriptor 2 by itself, with bytes of the material in them, and
    Pillow quotes damaged tags in warnings: both belong into no log. Descriptor and warning filters are the
    process's own, so what other threads say meanwhile is lost too; their logs are written elsewhere.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._made = ExitStack()

    @contextmanager
    def __call__(self) -> Iterator[None]:
        with self._lock:
            if not self._inside:
                self._made = _silence()
            self._inside += 1
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1
                if not self._inside:
                    self._made.close()


def _silence() -> ExitStack:
    with ExitStack() as made:
        made.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        sys.stderr.flush()
        kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
        made.callback(os.close, kept)
        made.callback(os.dup2, kept, 2)
        os.dup2(nowhere, 2)
        os.close(nowhere)
        return made.pop_all()


quiet = _Hush()
"""``with quiet():`` nothing is heard of native code and of warnings."""
