"""Restoration: a whole vault brought back from a replica into a home that holds none."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.ports import Finding
from pipeline.errors import Misconfigured
from pipeline.vault.files import make_dirs, writing
from pipeline.vault.keys import Keys
from pipeline.vault.note import Verifier
from pipeline.vault.replica.folder import Folder
from pipeline.vault.replica.into_bucket import Reborn
from pipeline.vault.replica.marker import read_marker
from pipeline.vault.replica.replicate import replicate
from pipeline.vault.replica.side import Side
from pipeline.vault.root import IDENTITY, REPLICA, held, identity, parse_identity
from pipeline.vault.s3.place import Place
from pipeline.vault.unopened import verify_root


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What a restoration came to. With ``findings`` some of the vault could not be had from this replica."""

    vault_id: str
    checkpoint: int
    """The newest checkpoint that the replica had: what came after it is lost, unless another replica has it."""
    versions: int
    bytes: int
    complete: bool
    findings: tuple[Finding, ...]


def restore(replica: Side, into: Path, *, keys: Path, scratch: Path, bucket: Place | None = None) -> Restored:
    """Bring the vault that ``replica`` is a copy of back into the folder ``into``; may be repeated when interrupted.

    ``keys`` is the folder of signing keys: without those of this vault nothing would prove that the
    replica's log is the vault's (``Misconfigured``, E-CONF-008). ``into`` must hold no vault, or the
    beginning of this same restoration (E-REPLICA-006). Every byte is held against the log. Until
    it is complete the folder is marked as a replica, and cannot be opened for work. With a ``bucket`` the
    objects go there, and ``into`` is this host's part; both must be empty, or the bucket so marked.

    Nothing is logged here: who opens the vault then says in its log that it was restored.
    """
    vault_id = vault_of(replica)
    here = Folder(into) if bucket is None else Reborn(bucket, into, scratch=scratch)
    _free(here, into, vault_id)
    trusted = trusted_keys(keys, into, vault_id)
    with log_at_hand(replica, scratch, vault_id) as log:
        findings = verify_root(log, keys).findings
        with writing(str(into)):
            make_dirs(into, below=Path(into.anchor))
        done = replicate(replica, here, vault_id=vault_id, trusted=trusted, log=Folder(log), unsigned=True)
    complete = done.stopped is None
    if complete:
        if isinstance(here, Reborn):
            here.finish(vault_id)
        here.forget(REPLICA)
    return Restored(
        vault_id=vault_id, checkpoint=done.checkpoint, versions=done.versions, bytes=done.bytes, complete=complete,
        findings=(*findings, *(one for one in done.findings if one not in findings)),
    )  # fmt: skip


def _free(here: Folder | Reborn, into: Path, vault_id: str) -> None:
    """Raise unless there is no vault, or the beginning of this restoration."""
    begun = read_marker(here) if into.is_dir() or isinstance(here, Reborn) else None
    there = identity(into) if into.is_dir() else None
    if begun is None and (there is not None or held(into) is not None):
        which = "this" if there == vault_id else "another"
        raise Misconfigured(f"{into} holds {which} vault already", code="E-REPLICA-006")
    if begun is None and isinstance(here, Reborn) and here.taken():
        raise Misconfigured(
            f"{here.url} is not empty", code="E-REPLICA-006", next_step="name an empty place in vault_s3"
        )  # fmt: skip


def vault_of(side: Side) -> str:
    """Return the identifier of the vault that a place holds a copy of."""
    marker = read_marker(side)
    if marker is not None:
        return marker.vault
    if (data := side.read(IDENTITY)) is None:
        raise Misconfigured(f"{side.url}: there is no copy of a vault", code="E-REPLICA-001")
    return parse_identity(data)


def trusted_keys(keys: Path, vault: Path, vault_id: str) -> dict[str, Verifier]:
    """Return the keys of a vault that are held here."""
    ring = Keys(keys, vault=vault, vault_id=vault_id)
    if (found := ring.trusted()) is None:
        raise Misconfigured(
            f"the keys of vault {vault_id} are not in {ring.folder}", code="E-CONF-008",
            next_step="restore the key folder, or point EVIDENCE_KEYS to it",
        )  # fmt: skip
    return found


@contextmanager
def log_at_hand(side: Side, scratch: Path, vault_id: str) -> Iterator[Path]:
    """Lend a folder with a side's log in it: where it lies, or a copy of it on this machine."""
    if isinstance(side, Folder):
        yield side.root
        return
    with writing("the scratch disk"):
        scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
    with Folder(scratch).staged() as place:
        for folder in side.children("log"):
            make_dirs(place / folder.path, below=place)
            for one in side.children(folder.path):
                with (place / one.path).open("xb") as out:
                    for block in side.blocks(one.path):
                        out.write(block)
        (place / IDENTITY).write_bytes(side.read(IDENTITY) or b'{"format":1,"id":"%s"}' % vault_id.encode())
        yield place
