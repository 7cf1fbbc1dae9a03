"""Local registers: append-only lists as OCFL objects on a file system."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.errors import Misconfigured
from pipeline.vault.entry import check
from pipeline.vault.files import writing
from pipeline.vault.inventory import Inventory
from pipeline.vault.journal import Cause
from pipeline.vault.layout import object_digest
from pipeline.vault.process import locked
from pipeline.vault.series import VERSIONS_PER_OBJECT, Series, json_line
from pipeline.vault.stage import Stage
from pipeline.vault.storage import EXTEND, REGISTER, Storage

ENTRIES = "entries/"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9][A-Za-z0-9._-]{0,99}){0,3}")


class LocalRegisters:
    """Registers in ``registers/`` below a vault root. Every promise is written at ``ports.Registers``."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._store = storage.stores["registers"]

    def append(self, name: str, records: Sequence[Mapping[str, Any]], *, key: str, actor: str = "vault") -> None:
        """Add records as one version of the register; nothing happens without records."""
        check(EXTEND, actor, None, {})  # after the commit it would be too late
        if not records:
            return
        lines = b"".join(json_line(one) for one in records)

        def fill(stage: Stage, parts: list[Inventory]) -> None:
            number = sum(part.head for part in parts) + 1
            stage.add_bytes(f"{ENTRIES}{number:08}.jsonl", lines)

        series = self._series(name)
        message = f"append {hashlib.sha256(key.encode(errors='surrogatepass')).hexdigest()}"
        cause = Cause(message=message, actor=actor)
        # The lock only spares appenders on one host each other's retries; the rename is what decides.
        with writing("the vault"), self.alone(name):
            series.add(fill, cause=cause)

    @contextmanager
    def alone(self, name: str, *, seconds: float | None = None) -> Iterator[None]:
        """Keep others on this host from appending; a thread may hold several registers, and one twice.

        With ``seconds`` whoever still has to wait then is told so (``Unavailable``, E-VAULT-006).
        """
        held = self._storage.held
        locks = self._storage.root / "locks"
        path = locks / f"register-{object_digest(REGISTER + _valid(name))[:2]}"
        if path in held.paths:
            yield
            return
        locks.mkdir(mode=0o700, exist_ok=True)
        with locked(path, seconds=seconds):
            held.paths.add(path)
            try:
                yield
            finally:
                held.paths.discard(path)

    def checked(self, path: Path, sha512: str) -> bytes:
        """Return a file of a register; ``Corrupt`` when it is not what was written."""
        return Series.whole(self._store, path, sha512)

    def read(self, name: str) -> Iterator[dict[str, Any]]:
        """Yield the records in order; none where there is no such register."""
        yield from self._series(name).records(ENTRIES)

    def has(self, name: str) -> bool:
        """Tell whether anything was ever appended under this name."""
        return self._store.has(REGISTER + _valid(name))

    def mark(self, name: str) -> str:
        """Name the state of a register without reading it: it changes with every append, and only then."""
        part, head = 0, 0
        newest = self._store.newest(REGISTER + _valid(name))
        while newest:
            part, head = part + 1, newest
            newest = self._store.newest(f"{REGISTER}{name}:{part + 1}") if head >= VERSIONS_PER_OBJECT else 0
        return f"{part}.{head}"

    def names(self, prefix: str = "") -> Iterator[str]:
        """Yield the names of all registers that begin with ``prefix``, sorted."""
        found = []
        for object_id in self._store.ids():
            name = object_id.removeprefix(REGISTER)
            if ":" not in name and name.startswith(prefix):
                found.append(name)
        yield from sorted(found)

    def _series(self, name: str) -> Series:
        return Series(self._storage, "registers", REGISTER + _valid(name))


def _valid(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise Misconfigured(f"a register may not be called {name[:200]!r}", code="E-CONF-001")
    return name
