"""Spoiling: what lies in a vault, and a bit of it turned."""

from pathlib import Path

from tests.vault.conftest import objects


def original(root: Path, asset: str) -> Path:
    (found,) = [one for one in objects(root / "objects") if one.name.endswith(asset)]
    return found / "v1/content/original"


def spoil(path: Path) -> bytes:
    """Flip a bit; return what was there."""
    data = path.read_bytes()
    path.chmod(0o644)
    at = len(data) // 2
    path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    return data


def everything(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes() if path.is_file() else b""
        for path in sorted(root.rglob("*"))
        if not path.relative_to(root).as_posix().startswith(("locks", "staging"))
    }
