"""Ports of keeping: the vault, its registers, the custody log, and files made from assets."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from pipeline.core.model import Asset, AssetId, Derivative


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that an audit found wrong; ``path`` is relative to the vault root."""

    path: str
    code: str
    what: str
    asset: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveyed:
    """An asset as a walk through the vault finds it; with more than one ``versions`` it has records."""

    asset: Asset
    versions: int


Progress = Callable[[int, int, int], None]


class Vault(Protocol):
    """Write-once asset objects, named by the SHA-256 of the bytes.

    ``preserve`` is permanent and may be repeated: the same bytes give the same asset and change
    nothing. It returns only when the bytes are durable. A source that changes while it is read
    raises ``Refused`` (E-SUBMIT-006) and leaves nothing. ``write_back`` adds one version and may
    be repeated with the same ``run``: the second call changes nothing and returns the same.

    Whoever asks for an asset knows of it: one that is not here, or a file of it that is gone, is
    ``Corrupt`` (E-VAULT-003) and no fault of the material. Only ``has`` answers no. One that stands in
    the register ``quarantine`` is neither lent nor written back to: ``Corrupt`` (E-VAULT-009).
    """

    def preserve(self, source: Path, *, move: bool = False, follow: bool = False) -> Asset:
        """Take a file's bytes in. ``follow`` takes the target of a symbolic link, else a link is ``Refused``.

        ``move`` gives up the file; where a link was followed the link alone.
        """
        ...

    def has(self, asset: AssetId) -> bool: ...
    def asset(self, asset: AssetId) -> Asset: ...
    def assets(self) -> Iterator[AssetId]: ...
    def survey(self, part: tuple[int, int]) -> Iterator[Surveyed]:
        """Yield every asset of part ``n`` of ``t`` (from 1), as ``asset`` would, in an order that stays.

        The parts depend on the ids alone. What cannot be read is ``Corrupt``: none is left out silently.
        """
        ...

    def original(self, asset: AssetId) -> AbstractContextManager[Path]:
        """Lend the preserved bytes as a read-only local file."""
        ...

    def write_back(
        self,
        asset: AssetId,
        run: str,
        records: Sequence[Mapping[str, Any]],
        keep: Mapping[str, Path],
        *,
        actor: str = "vault",
    ) -> str:
        """Add ``enrichments/<run>.jsonl`` and kept derivatives (sha256 → file); return the inventory digest.

        The log's entry of the version names ``run`` and ``actor``, the acting person's opaque id. A file
        of ``keep`` that is missing is our fault: never ``Refused``.
        """
        ...

    def records(self, asset: AssetId) -> Iterator[dict[str, Any]]:
        """Every enrichment written back, in the order written, each as it was given."""
        ...

    def kept(self, asset: AssetId, sha256: str) -> Path | None:
        """Return a kept derivative from the vault, if it is there; an asset in quarantine lends none (E-VAULT-009)."""
        ...

    def dispose(self, asset: AssetId, decision: Mapping[str, Any], *, actor: str = "vault") -> dict[str, Any]:
        """Remove an asset for good; return its tombstone, which holds ``decision``. May be repeated.

        The tombstone (register ``tombstones``) and the log's entry are durable before anything is
        removed; what is interrupted then is finished by ``settle``. Who may, and whether a hold
        or a retention forbids it, is for the caller to know.
        """
        ...

    def rewrite(
        self,
        register: str,
        change: Callable[[dict[str, Any], str], dict[str, Any]],
        decision: Mapping[str, Any],
        *,
        actor: str = "vault",
    ) -> dict[str, Any] | None:
        """Write a register anew, so that what its records said is gone for good; return its tombstone.

        ``change`` is given each record and the tombstone's digest, and returns what shall stand: the number
        and the order of records stay. Where there is no such register nothing is done. What is interrupted
        once the tombstone stands is finished by ``settle``; before, it never happened.
        """
        ...

    def audit(
        self,
        part: tuple[int, int] | None = None,
        *,
        registers: Iterable[str] = (),
        budget: "Budget | None" = None,
        both: bool = False,
        actor: str = "vault",
        progress: "Progress | None" = None,
    ) -> "AuditReport":
        """Read every byte of one part (n of t) or of all, compare with the log; collect all findings.

        What was never checked is read first, then what was not for longest. What was read is in the
        log before it counts as checked; an interrupt, a kill or a spent ``budget`` loses at most the
        objects in work. ``both`` compares content with both of its digests, not with the one that
        names it. ``progress`` is told after each object: objects read, known, bytes read.

        ``registers`` are names known from elsewhere: the log has only their digests, and a finding
        about one that vanished should name it.
        """
        ...

    def settle(self) -> int:
        """Finish or sweep what dead processes left; costs nothing when they left nothing. May be repeated."""
        ...

    def recover(self) -> int:
        """Settle what a crash left unfinished; return how many objects were mended. May be repeated."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How much an audit may read: bytes of content, bytes a second, and until when; nothing is no limit.

    An object that was begun is read to its end, and the first of an audit is begun however large it is.
    """

    max_bytes: int | None = None
    max_rate: int | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How far the objects of a part are covered by audits: so many are known, so many were ever read.

    ``oldest`` is the time of the oldest last check (RFC 3339), among those that were ever checked.
    """

    known: int
    checked: int
    oldest: str | None

    @property
    def never(self) -> int:
        """How many were never read by any audit."""
        return self.known - self.checked


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """What an audit read, and what it found.

    ``stopped`` says what ended it before it had read all of its part: ``max_bytes``, ``until`` or
    ``interrupted``. ``coverage`` counts this audit in.
    """

    checked: int
    bytes: int
    findings: tuple[Finding, ...]
    run: str = ""
    stopped: str | None = None
    coverage: Coverage = Coverage(known=0, checked=0, oldest=None)

    @property
    def complete(self) -> bool:
        """Whether everything in its part was read."""
        return self.stopped is None


class Registers(Protocol):
    """Append-only lists of our own, kept in the vault: ``batch/REF``, ``people``, ``conditions``.

    ``append`` is permanent, durable on return, atomic for all its records, and may be repeated
    with the same ``key``: the second call changes nothing. Records come back in order, as given.
    The log's entry names ``actor``, the acting person's opaque id.
    """

    def append(self, name: str, records: Sequence[Mapping[str, Any]], *, key: str, actor: str = "vault") -> None: ...
    def read(self, name: str) -> Iterator[dict[str, Any]]: ...
    def has(self, name: str) -> bool: ...
    def names(self, prefix: str = "") -> Iterator[str]: ...
    def mark(self, name: str) -> str:
        """Name the state of a register cheaply: it changes with every append, and only then."""
        ...


class CustodyLog(Protocol):
    """The hash-chained record of every act. An entry is on disk when ``append`` returns.

    Entries carry ids, digests and salted commitments; never a name, a file name or a URL.
    """

    def append(self, act: str, *, actor: str, subject: str | None = None, **facts: Any) -> str:
        """Write one entry and return its digest."""
        ...

    def checkpoint(self) -> None:
        """Sign the heads of all segments, if anything is new."""
        ...

    def verify(
        self, *, kept: Sequence[Path] = (), certificates: Sequence[Path] = (), sealed: bool = False
    ) -> "LogReport":
        """Read the whole log and check every chain, tree and signature.

        ``kept`` are notes that were kept elsewhere, ``certificates`` files with the roots of timestamp
        authorities. In a ``sealed`` copy every entry must be signed for.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LogReport:
    """What a verification of the custody log covered, and what it found."""

    segments: int
    entries: int
    checkpoints: int
    findings: tuple[Finding, ...]
    unsigned: int = 0
    """Entries that no checkpoint covers yet, but for the log's talk of itself."""
    countersignatures: int = 0
    """Countersignatures that fit their checkpoint."""
    unchecked: int = 0
    """Those of them whose authority could not be checked for want of its root certificate."""


class Derivatives(Protocol):
    """Files made from assets, named by SHA-256. ``keep`` ones outlive the run; scratch ones may vanish."""

    def put(self, file: Path, *, role: str, media_type: str, keep: bool) -> Derivative:
        """Take the file over (it is moved); the same content twice is one file.

        A file that is missing or none is our fault (E-STAGE-001): never ``Refused``.
        """
        ...

    def get(self, sha256: str) -> Path | None:
        """Return a local read-only file with this content, or ``None`` when it is not here."""
        ...

    def lend(self, sha256: str, into: Path) -> Path | None:
        """Put the content, read-only, into a job's folder; ``None`` when it is not here.

        What is lent stays there to its end, whoever drops or sweeps meanwhile.
        """
        ...

    def workspace(self) -> AbstractContextManager[Path]:
        """Lend an empty folder on the scratch disk; it is gone afterwards."""
        ...

    def drop(self, sha256: str) -> None:
        """Forget a scratch file; kept files stay. May be repeated."""
        ...

    def erase(self, sha256: str) -> None:
        """Remove a file, kept or scratch: what it was made from was disposed of. May be repeated."""
        ...

    def sweep(self, older_than_seconds: float) -> int:
        """Remove scratch files not put or lent for so long, and what ended processes left; return how many."""
        ...
