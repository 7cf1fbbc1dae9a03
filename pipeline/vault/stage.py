"""Stage: the content of one version in the making."""

import os
from collections.abc import Iterator
from pathlib import Path

from pipeline.vault.files import Digests, copy_blocks, digest


class Stage:
    """The content of one version in the making, in a folder of its own."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.version = place / "version"
        self.content = self.version / "content"
        self.content.mkdir(parents=True, mode=0o700)
        self.added: dict[str, Digests] = {}

    def target(self, name: str) -> Path:
        """Return where a file of this name belongs, its folder made."""
        path = self.content / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return path

    def add(self, name: str, blocks: Iterator[memoryview]) -> Digests:
        """Write a file from blocks, read-only; it is synced with the whole stage."""
        fd = os.open(self.target(name), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o444)
        try:
            self.added[name] = copy_blocks(blocks, fd)
            os.fchmod(fd, 0o444)
        finally:
            os.close(fd)
        return self.added[name]

    def add_bytes(self, name: str, data: bytes) -> Digests:
        """Write a small file."""
        return self.add(name, iter([memoryview(data)]))

    def adopt(self, name: str) -> Digests:
        """Take in a file that was put at ``target(name)`` already."""
        fd = os.open(self.target(name), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            self.added[name] = digest(fd)
            os.fchmod(fd, 0o444)
        finally:
            os.close(fd)
        return self.added[name]
