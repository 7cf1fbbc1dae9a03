"""Lag: how far a replica is behind its vault, in checkpoints and in bytes, without copying anything."""

from typing import Any

from pipeline.vault.replica.marker import read_marker
from pipeline.vault.replica.objects import folder_of
from pipeline.vault.replica.side import Side
from pipeline.vault.replica.standing import Standing, note_digest, read_checkpoint
from pipeline.vault.replica.strand import Broken, Told, end_of, follow
from pipeline.vault.root import IDENTITY


def lag_of(source: Side, target: Side) -> dict[str, Any]:
    """Return the replica's vault, checkpoint and lag; of a place that is no replica everything is ``None``."""
    marker = read_marker(target)
    if marker is None:
        return {"vault": None, "complete": None, "checkpoint": None, "lag": None, "owed": None}
    here, there = Standing.of(source), Standing.of(target)
    try:
        size = _missing(source, target, here, there)
    except Broken:  # the vault's log cannot be followed: replication will say why
        size = None
    return {
        "vault": marker.vault, "complete": target.read(IDENTITY) is not None, "checkpoint": there.newest,
        "lag": {"checkpoints": here.newest - there.newest, "bytes": size}, "owed": len(marker.owed),
    }  # fmt: skip


def _missing(source: Side, target: Side, here: Standing, there: Standing) -> int:
    """Add up the bytes of the log and of the versions that it names beyond what the replica's log has."""
    told, total, prev = Told(), 0, note_digest(target, there.newest)
    leaves = {}
    for number in range(there.newest + 1, here.newest + 1):
        one = read_checkpoint(source, number, prev=prev, trusted=None)
        prev = one.digest
        total += len(one.note) + len(one.leaves)
        leaves.update({leaf.segment: leaf for leaf in one.parsed})
    for name, leaf in leaves.items():
        size = there.segments.get(name, 0)
        if leaf.place.bytes > size:
            follow(source, name, end_of(target, name, size), leaf, told)
            total += leaf.place.bytes - size
    for version in set(told.versions):
        folder = folder_of(source, version.root, version.subject)
        total += _size(source, f"{folder}/v{version.number}") if folder is not None else 0
    return total


def _size(side: Side, folder: str) -> int:
    return sum(one.bytes if one.kind == "file" else _size(side, one.path) for one in side.children(folder))
