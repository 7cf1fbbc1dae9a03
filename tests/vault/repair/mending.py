"""Mending: what recover does, and what is found afterwards."""

import hashlib
import shutil
from pathlib import Path

from pipeline.vault import audit_root, open_vault, verify_root
from pipeline.vault.replica.folder import Folder
from pipeline.vault.replica.repair import Mended, mend_frame, mend_objects
from tests.vault.replicas import Pair


def assets(pair: Pair) -> list[str]:
    return sorted(str(one) for one in open_vault(pair.vault, pair.keys, signing=False).vault.assets())


def mend(pair: Pair, tmp_path: Path) -> tuple[Mended, Mended]:
    """Do what recover does: the frame and the log, then whatever an audit names."""
    replica = Folder(pair.replica)
    base = mend_frame(pair.vault, replica, keys=pair.keys, scratch=tmp_path / "scratch")
    findings = audit_root(pair.vault, None, pair.keys).findings
    return base, mend_objects(pair.vault, Folder(pair.vault), replica, findings)


def faults(pair: Pair) -> list[str]:
    found = [*audit_root(pair.vault, None, pair.keys).findings, *verify_root(pair.vault, pair.keys).findings]
    return [f"{one.code} {one.path}: {one.what}" for one in found]


def aside(pair: Pair, one: Mended, path: str) -> Path:
    return pair.vault / "damaged" / one.aside / path


def restored_replica(pair: Pair, tmp_path: Path) -> int:
    """Mend vault and replica, which are damaged at the same places, from a third copy; return how many files."""
    third = tmp_path / "third"
    shutil.copytree(pair.replica, third)
    for path in third.rglob("original"):
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() not in path.parents[2].name:
            at = len(data) // 2
            path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    findings = audit_root(pair.vault, None, pair.keys).findings
    for root in (pair.vault, pair.replica):
        done = mend_objects(root, Folder(root), Folder(third), findings)
    return len(done.replaced)
