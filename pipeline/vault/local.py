"""Local vault: asset objects on a file system."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pipeline.core.model import Asset, AssetId
from pipeline.core.ports import AuditReport, Budget, Progress, Surveyed
from pipeline.errors import Corrupt, Misconfigured
from pipeline.vault import source as src
from pipeline.vault.anew import Change
from pipeline.vault.audit import Order, audit
from pipeline.vault.census import Part
from pipeline.vault.custody import LocalLog
from pipeline.vault.disposal import Disposal
from pipeline.vault.entry import check
from pipeline.vault.files import Digests, clone, writing
from pipeline.vault.inventory import Inventory
from pipeline.vault.journal import Cause
from pipeline.vault.moves import leaving, linked
from pipeline.vault.noting import settle_marks
from pipeline.vault.quarantine import Quarantine
from pipeline.vault.series import Series, json_line
from pipeline.vault.stage import Stage
from pipeline.vault.storage import ASSET, EXTEND, FIRST, ORIGINAL, Storage

ENRICHMENTS = "enrichments/"
DERIVATIVES = "derivatives/"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+@-]{0,199}")


class LocalVault:
    """Assets in ``objects/`` below a vault root. Every promise is written at ``ports.Vault``."""

    def __init__(self, storage: Storage, *, log: LocalLog, quarantine: Quarantine) -> None:
        self._storage = storage
        self._log = log
        self._quarantine = quarantine
        self._store = storage.stores["objects"]
        self._disposal = Disposal(storage)

    def preserve(self, source: Path, *, move: bool = False, follow: bool = False) -> Asset:
        """Take a file's bytes in. ``move`` gives up a file that we wrote ourselves and closed."""
        with src.opened(source, follow=follow) as fd, self._storage.staged() as (stage, journal):
            own = move and not follow and linked(source, fd, stage.target(ORIGINAL))
            digests = stage.adopt(ORIGINAL) if own else self._copy(fd, stage)
            asset = AssetId(digests.sha256)
            kept = self._store.folder(ASSET + asset)
            with leaving(source, fd, place=stage.place, sha256=asset, kept=kept / FIRST) if own else nullcontext():
                made = self._head(asset) is None and self._store.create(
                    ASSET + asset, stage, journal, cause=Cause(message="preserve")
                )
                if not made:  # whoever did may not have waited for the disk yet
                    self._store.make_durable(kept)
        if move and not own:
            with writing("the file that was taken over"):
                source.unlink(missing_ok=True)
        return Asset(id=asset, sha512=digests.sha512, bytes=digests.bytes)

    def has(self, asset: AssetId) -> bool:
        """Tell whether the asset is preserved."""
        return bool(_SHA256.fullmatch(asset)) and self._store.has(ASSET + asset)

    def asset(self, asset: AssetId) -> Asset:
        """Return the asset's noun."""
        head = self._known(asset)
        with _there(asset, ORIGINAL):
            size = self._store.size(head.files(1)[ORIGINAL])
        return Asset(id=asset, sha512=head.sha512(ORIGINAL), bytes=size)

    def assets(self) -> Iterator[AssetId]:
        """Yield every asset, in the order of the folders."""
        for object_id in self._store.ids():
            name = object_id.removeprefix(ASSET)
            if _SHA256.fullmatch(name):
                yield AssetId(name)

    def survey(self, part: tuple[int, int]) -> Iterator[Surveyed]:
        """Walk one part of the vault."""
        yield from self._store.survey(ASSET, part, original=ORIGINAL)

    @contextmanager
    def original(self, asset: AssetId) -> Iterator[Path]:
        """Lend the preserved file itself, which is read-only."""
        self._quarantine.check(asset)
        path = self._known(asset).files(1)[ORIGINAL]
        with ExitStack() as lent:
            with _there(asset, ORIGINAL):
                file = lent.enter_context(self._store.lend(path, asset))
            yield file

    def write_back(
        self,
        asset: AssetId,
        run: str,
        records: Sequence[Mapping[str, Any]],
        keep: Mapping[str, Path],
        *,
        actor: str = "vault",
    ) -> str:
        """Add one version; without records and derivatives there is nothing to add, and nothing is."""
        if not _RUN.fullmatch(run):
            raise Misconfigured(f"a run may not be called {run!r}", code="E-CONF-001")
        check(EXTEND, actor, None, {})  # after the commit it would be too late
        head = self._known(asset)
        if not records and not keep:
            return head.digest
        self._quarantine.check(asset)
        lines = b"".join(json_line(one) for one in records)

        def fill(stage: Stage, parts: list[Inventory]) -> None:
            if not parts:  # disposed of meanwhile: nothing may begin it anew
                self._known(asset)
            if records:
                stage.add_bytes(f"{ENRICHMENTS}{quote(run, safe='+@')}.jsonl", lines)
            have = {name for part in parts for name in part.files(part.head)}
            for sha256, path in sorted(keep.items()):
                if (name := DERIVATIVES + sha256) not in have:
                    _add_derivative(stage, name, sha256, path)
            if not stage.added:  # every derivative was there already: the version still says that the run was here
                stage.add_bytes(f"{ENRICHMENTS}{quote(run, safe='+@')}.jsonl", b"")

        return self._series(asset).add(fill, cause=Cause(message=f"write-back {run}", actor=actor, run=run))

    def records(self, asset: AssetId) -> Iterator[dict[str, Any]]:
        """Yield every enrichment written back, oldest first."""
        self._known(asset)
        yield from self._series(asset).records(ENRICHMENTS)

    def kept(self, asset: AssetId, sha256: str) -> Path | None:
        """Return a kept derivative's file."""
        self._known(asset)
        self._quarantine.check(asset)
        for part in self._series(asset).parts():
            if (path := part.files(part.head).get(DERIVATIVES + sha256)) is not None:
                with _there(asset, sha256):
                    return self._store.file(path, sha256)
        return None

    def dispose(self, asset: AssetId, decision: Mapping[str, Any], *, actor: str = "vault") -> dict[str, Any]:
        """Remove the asset for good, with everything that was written back; its tombstone stays."""
        head = self._head(asset)
        about = {"sha512": head.sha512(ORIGINAL), "bytes": self.asset(asset).bytes} if head is not None else {}
        check(EXTEND, actor, None, {})  # after the tombstone it would be too late
        with writing("the vault"):
            return self._disposal.dispose(asset, about, decision, actor)

    def rewrite(
        self, register: str, change: Change, decision: Mapping[str, Any], *, actor: str = "vault"
    ) -> dict[str, Any] | None:
        """Write a register anew, its old bytes removed for good; its tombstone stays."""
        check(EXTEND, actor, None, {})  # after the tombstone it would be too late
        with writing("the vault"):
            return self._disposal.anew.rewrite(register, change, decision, actor)

    def audit(
        self,
        part: tuple[int, int] | None = None,
        *,
        registers: Iterable[str] = (),
        budget: Budget | None = None,
        both: bool = False,
        actor: str = "vault",
        progress: Progress | None = None,
    ) -> AuditReport:
        """Read every byte of part ``n`` of ``t`` (from 1), or of all, and compare it with the log.

        What ended processes left undone is settled first, as any writer would.
        """
        root = self._storage.root
        with writing("the vault"):
            self._storage.settle()
            self._storage.ground.refresh()
            settle_marks(root, self._log)
            order = Order(
                part=Part(n=part[0], of=part[1]) if part else Part(), budget=budget or Budget(), both=both,
                registers=registers, log=self._log, actor=actor, progress=progress,
            )  # fmt: skip
            report = audit(root, order, trusted=self._log.trusted(), tree=self._storage.ground.tree)
            report = replace(report, findings=tuple(self._storage.ground.judge(report.findings)))
        self._log.told(report.findings)
        return report

    def recover(self) -> int:
        """Settle what was left unfinished, mend every object's root inventory; return how many were mended.

        Remains of entries that ended processes left in the log are signed for, so that they are known.
        """
        with writing("the vault"):
            count = self._storage.recover()
        self._log.checkpoint()
        return count

    def settle(self) -> int:
        """Settle what was left unfinished; costs nothing when nothing was."""
        with writing("the vault"):
            return self._storage.settle()

    def _series(self, asset: AssetId) -> Series:
        return Series(self._storage, "objects", ASSET + asset)

    def _head(self, asset: AssetId) -> Inventory | None:
        return self._store.head(ASSET + asset) if _SHA256.fullmatch(asset) else None

    def _known(self, asset: AssetId) -> Inventory:
        if (head := self._head(asset)) is None:
            raise Corrupt(f"no asset {asset[:80]} is preserved here", code="E-VAULT-003")
        return head

    @staticmethod
    def _copy(fd: int, stage: Stage) -> Digests:
        """Copy or reflink the source, refusing one that moves under us."""
        with src.steady(fd):
            target = os.open(stage.target(ORIGINAL), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                cloned = clone(fd, target)
            finally:
                os.close(target)
            if cloned:
                return stage.adopt(ORIGINAL)
            stage.target(ORIGINAL).unlink()
            return stage.add(ORIGINAL, src.blocks(fd))


@contextmanager
def _there(asset: AssetId, name: str) -> Iterator[None]:
    """Say so when a file that an inventory names is gone."""
    try:
        yield
    except FileNotFoundError as err:
        raise Corrupt(f"{asset}: {name} is gone", code="E-VAULT-003") from err


def _add_derivative(stage: Stage, name: str, sha256: str, path: Path) -> None:
    with src.own(path) as fd:
        if (found := stage.add(name, src.blocks(fd)).sha256) != sha256:
            raise Corrupt(f"derivative {sha256}: its file holds {found}", code="E-VAULT-001")
