"""Naming: what the PRONOM registry calls a file, by its bytes; siegfried's signatures, loaded once a process."""

import logging
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import Refused
from pipeline.parsing.material import Material, Part
from pipeline.parsing.room import serve

_MOST = 8


def name(media: Material) -> Iterator[Part]:
    """Answer with identifier, media type and class of each format that fits by its bytes, not by a name."""
    import pygfried

    with _named(media) as path:
        found = pygfried.identify(str(path), detailed=True)
    (file,) = found["files"]
    if file["errors"]:
        raise Refused("the registry's signatures could not be tried on it", code="E-MEDIA-006")
    fits = [one for one in file["matches"] if "byte match" in one["basis"] or "container" in one["basis"]]
    yield [[one["id"], one["mime"], one["class"]] for one in fits[:_MOST]], b""


@contextmanager
def _named(media: Material) -> Iterator[Path]:
    """Lend a path, which the library wants: where the walls show no open files, that of a copy in memory."""
    here = Path(f"/proc/self/fd/{media.fd}")
    if here.exists():
        yield here
        return
    copy = Path("/tmp/material")  # noqa: S108 (the room's own, and nobody else's)
    with media.open() as file:
        copy.write_bytes(file.read())
    try:
        yield copy
    finally:
        copy.unlink()


if __name__ == "__main__":
    # Its own runtime: with one processor it is as fast, and wakes no thread on another for every file.
    os.environ["GOMAXPROCS"] = "1"
    import pygfried

    logging.disable()
    pygfried.version()
    serve(socket.socket(fileno=int(sys.argv[1])), {"name": name})
