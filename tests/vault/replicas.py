"""Replicas of vaults in tests: filled, looked at by audit and verification, and replicated in other processes."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.core.ports import Budget, Finding
from pipeline.vault import VaultParts, audit_root, open_vault, verify_root
from pipeline.vault.replica.folder import Folder
from pipeline.vault.replica.replicate import Replicated, replicate


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A vault, its keys, and a place for its replica."""

    vault: Path
    keys: Path
    replica: Path

    def open(self) -> VaultParts:
        return open_vault(self.vault, self.keys)

    def go(self, **given: Any) -> Replicated:
        parts = open_vault(self.vault, self.keys, signing=False)
        budget = Budget(**given)
        return replicate(
            Folder(self.vault),
            Folder(self.replica),
            vault_id=parts.vault_id,
            trusted=parts.log.trusted(),
            budget=budget,
        )

    def faults(self) -> list[Finding]:
        """Return what audit and verification find wrong with the replica as it lies."""
        return [*audit_root(self.replica, None, self.keys).findings, *verify_root(self.replica, self.keys).findings]

    def same(self) -> bool:
        """Tell whether the replica has every file of the vault's objects, byte for byte."""
        return files(self.vault) == files(self.replica)


def files(root: Path) -> dict[str, bytes]:
    """Return what lies in a vault's storage roots."""
    places = [root / "objects", root / "registers"]
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for place in places
        for path in place.rglob("*")
        if path.is_file()
    }


def fill(pair: Pair, file: Callable[..., Path], count: int, *, word: str = "one") -> list[str]:
    """Preserve files, write back to each, add to a register, and sign."""
    parts, found = pair.open(), []
    for n in range(count):
        asset = parts.vault.preserve(file(f"{word} {n}".encode() * 50)).id
        parts.vault.write_back(asset, f"run-{word}", [{"n": n}], {})
        found.append(str(asset))
    for n in range(2):
        parts.registers.append("people", [{"word": word}], key=f"{word}-{n}")
    parts.log.checkpoint()
    ended(parts)
    return found


def ended(parts: VaultParts) -> None:
    """Let go of the log as a process does at its end."""
    parts.log._segment.get().close()
    parts.log._segment.forget()


if __name__ == "__main__":  # replicate in a process of its own, that may be killed
    there = Pair(vault=Path(sys.argv[1]), keys=Path(sys.argv[2]), replica=Path(sys.argv[3]))
    print(there.go().checkpoint)
