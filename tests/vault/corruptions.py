"""Corruptions: one piece of seeded damage to a vault, and the path that an audit must name for it."""

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.vault.conftest import objects


@dataclass(frozen=True, kw_only=True)
class Damage:
    """What was done. ``path`` is relative to the vault's root; an audit names it, or something in it or above it."""

    path: str
    kind: str

    def named_by(self, path: str) -> bool:
        """Tell whether a finding's path points there."""
        if self.path.startswith("log/"):
            return path.startswith("log/")  # a chain that is broken is told where it was missed
        return path == self.path or path.startswith(f"{self.path}/") or self.path.startswith(f"{path}/")


def corrupt(root: Path, rng: random.Random) -> Damage:
    """Do one thing to the vault at ``root`` that nobody may do."""
    kind = rng.choice(sorted(_KINDS))
    path = _KINDS[kind](root, rng)
    return Damage(path=path.relative_to(root).as_posix(), kind=kind)


def _files(root: Path) -> list[Path]:
    return sorted(one for name in ("objects", "registers") for one in (root / name).rglob("*") if one.is_file())


def _pick(root: Path, rng: random.Random, *, least: int = 1) -> Path:
    return rng.choice([one for one in _files(root) if one.stat().st_size >= least])


def _write(path: Path, data: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(data)


def _flip(root: Path, rng: random.Random) -> Path:
    path = _pick(root, rng)
    data = bytearray(path.read_bytes())
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    _write(path, bytes(data))
    return path


def _truncate(root: Path, rng: random.Random) -> Path:
    path = _pick(root, rng)
    data = path.read_bytes()
    _write(path, data[: rng.randrange(len(data))])
    return path


def _extend(root: Path, rng: random.Random) -> Path:
    path = _pick(root, rng)
    _write(path, path.read_bytes() + rng.randbytes(rng.randint(1, 64)))
    return path


def _swap(root: Path, rng: random.Random) -> Path:
    one = _pick(root, rng)
    others = [path for path in _files(root) if path.read_bytes() != one.read_bytes()]
    other = rng.choice(others)
    data = one.read_bytes()
    _write(one, other.read_bytes())
    _write(other, data)
    return one


def _remove_file(root: Path, rng: random.Random) -> Path:
    path = _pick(root, rng, least=0)
    path.unlink()
    return path


def _remove_object(root: Path, rng: random.Random) -> Path:
    path = rng.choice(objects(root))
    shutil.rmtree(path)
    return path


def _remove_version(root: Path, rng: random.Random) -> Path:
    folder = rng.choice(objects(root))
    newest = max((one for one in folder.glob("v*") if one.is_dir()), key=lambda one: int(one.name[1:]))
    shutil.rmtree(newest)
    before = folder / f"v{int(newest.name[1:]) - 1}"
    if before.is_dir():  # as a rollback would leave it
        for name in ("inventory.json", "inventory.json.sha512"):
            _write(folder / name, (before / name).read_bytes())
    return newest


def _add_file(root: Path, rng: random.Random) -> Path:
    folder = rng.choice(objects(root))
    places = [folder, *(one for one in folder.rglob("*") if one.is_dir())]
    path = rng.choice(sorted(places)) / f"slipped-in-{rng.randrange(1000)}"
    path.write_bytes(rng.randbytes(rng.randint(0, 100)))
    return path


def _empty_folder(root: Path, rng: random.Random) -> Path:
    path = rng.choice(objects(root)) / f"v{rng.randint(1, 1)}" / f"empty-{rng.randrange(1000)}"
    path.mkdir()
    return path


def _link(root: Path, rng: random.Random) -> Path:
    path = _pick(root, rng)
    target = path.with_name(f"{path.name}.kept")
    path.rename(target)
    path.symlink_to(target)
    return path


_KINDS: dict[str, Callable[[Path, random.Random], Path]] = {
    "flip": _flip,
    "truncate": _truncate,
    "extend": _extend,
    "swap": _swap,
    "remove file": _remove_file,
    "remove object": _remove_object,
    "remove version": _remove_version,
    "add file": _add_file,
    "empty folder": _empty_folder,
    "link": _link,
}
KINDS = tuple(sorted(_KINDS))
