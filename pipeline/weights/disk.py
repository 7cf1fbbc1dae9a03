"""Weights on disk: which files of a card lie here, and whether every byte is as the card says."""

import errno
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from pipeline.errors import Misconfigured
from pipeline.weights.card import Card, Source, WeightFile
from pipeline.weights.recorded import settled

_MARKER = ".verified.json"
_CHUNK = 1 << 20
_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}

Progress = Callable[[str, int, int], None]
"""Called with what is read or fetched, the bytes so far, and all bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """A model whose weights lie on this machine, verified: the card, the source, file name → path."""

    card: Card
    source: Source
    files: Mapping[str, Path]

    @property
    def weights_sha256(self) -> str:
        """The digest that names the model."""
        return self.digests[self.card.weights]

    @property
    def digests(self) -> dict[str, str]:
        """File name → SHA-256."""
        return {one.name: one.sha256 for one in self.source.files if one.sha256}


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a verification found of one file of a model."""

    model: str
    file: str
    bytes: int
    sha256: str
    code: str | None = None
    reason: str | None = None


def sha256_of(file: Path, tell: Callable[[int], None] | None = None) -> str:
    """Return the SHA-256 of a file, reading every byte; ``tell`` hears the bytes read so far."""
    digest, read = hashlib.sha256(), 0
    with file.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            read += len(chunk)
            if tell:
                tell(read)
    return digest.hexdigest()


def locate(folder: Path, source: Source) -> dict[str, Path] | None:
    """Say where the files of a source lie or would lie; ``None`` when its library is not installed."""
    if source.card:
        folder = folder.parent / source.card
    if source.kind == "debian":
        return {one.name: Path("/", one.parts[0].path) for one in source.files}
    if source.kind != "installed":
        return {one.name: folder / one.name for one in source.files}
    found: dict[str, Path] = {}
    for one in source.files:
        try:
            library = metadata.distribution(one.parts[0].package or "")
        except metadata.PackageNotFoundError:
            return None
        found[one.name] = Path(str(library.locate_file(one.parts[0].path)))
    return found


def find(models: Path, card: Card, *, memory: Path | None = None) -> Installed | None:
    """Return the model if its weights are here and right, else ``None``.

    A file is read once per place: its state (size, times, inode) is remembered beside it with
    its digest, or below ``memory`` where the models folder cannot be written. Any change of the
    state makes it read again.
    """
    folder = models / card.name
    markers = [folder / _MARKER, *([_elsewhere(memory, folder)] if memory else [])]
    for stated in card.sources:
        source = settled(folder, stated)
        files = locate(folder, source) if source else None
        if source and files and all(_as_promised(markers, source, files)):
            return Installed(card=card, source=source, files=files)
    return None


def require(models: Path, card: Card, *, memory: Path | None = None) -> Installed:
    """Return the model; ``Misconfigured`` says whether weights are missing (E-CONF-004) or wrong (E-CONF-005)."""
    if found := find(models, card, memory=memory):
        return found
    for one in verify(models, card):
        if one.code:
            raise Misconfigured(one.reason or one.file, code=one.code)
    raise Misconfigured(f"model {card.name}: its weights changed while they were read", code="E-CONF-005")


def verify(models: Path, card: Card, progress: Progress | None = None) -> tuple[Checked, ...]:
    """Read every byte of a model's files and compare; missing and wrong ones come with a code."""
    folder = models / card.name
    stated = _likeliest(folder, card)
    source = settled(folder, stated) or stated
    files = locate(folder, source)
    results = []
    for one in source.files:
        path = files[one.name] if files else None
        code = reason = None
        if path is None or not path.is_file():
            code, reason = "E-CONF-004", f"model {card.name}: {one.name} is missing{_fix(source, one)}"
        elif (found := sha256_of(path, _telling(progress, f"{card.name} {one.name}", one.bytes or 0))) != one.sha256:
            code, reason = "E-CONF-005", f"{path}: expected SHA-256 {one.sha256}, found {found}"
        results.append(
            Checked(
                model=card.name, file=one.name, bytes=one.bytes or 0, sha256=one.sha256 or "", code=code, reason=reason
            )
        )
    return tuple(results)


def _fix(source: Source, file: WeightFile) -> str:
    """Name the package of the operating system that brings a file; other sources are fetched."""
    return f"; install the package {file.parts[0].package}" if source.kind == "debian" else ""


def _remember(markers: Sequence[Path], states: Mapping[str, Any]) -> None:
    """Keep what was verified in the first place that can be written, so that it need not be read again."""
    for marker in markers:
        draft = marker.with_name(f"{marker.name}.{os.getpid()}")
        try:
            if marker.name != _MARKER:  # a model's own folder is never made here
                marker.parent.mkdir(parents=True, exist_ok=True)
            draft.write_text(json.dumps(states, sort_keys=True, indent=1), encoding="utf-8")
            draft.replace(marker)
        except OSError as err:
            # Where nothing can be written the weights are simply read again by each process.
            if err.errno not in _READ_ONLY and not isinstance(err, FileNotFoundError):
                raise
        else:
            return


def _elsewhere(memory: Path, folder: Path) -> Path:
    """Return where to remember a model's weights if not beside them; other folders have other files there."""
    return memory / "weights" / f"{hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]}.json"


def _likeliest(folder: Path, card: Card) -> Source:
    """Choose the source whose files are here, the first of the card when none is whole."""

    def present(source: Source) -> int:
        files = locate(folder, source) or {}
        sizes = {one.name: one.bytes for one in source.files}
        return sum(path.is_file() and path.stat().st_size == sizes[name] for name, path in files.items())

    return max(card.sources, key=present)


def _telling(progress: Progress | None, what: str, of: int) -> Callable[[int], None] | None:
    return None if progress is None else lambda done: progress(what, done, of)


def _as_promised(markers: Sequence[Path], source: Source, files: Mapping[str, Path]) -> Iterator[bool]:
    remembered = [_remembered(marker) for marker in markers]
    fresh: dict[str, Any] = {}
    for one in source.files:
        path = files[one.name]
        if not path.is_file() or path.stat().st_size != one.bytes:
            yield False
            return
        state = _state(path)
        kept = next((known[str(path)] for known in remembered if known.get(str(path), {}).get("state") == state), None)
        digest = kept["sha256"] if kept else sha256_of(path)
        fresh[str(path)] = {"state": state, "sha256": digest}
        yield digest == one.sha256
    if fresh not in remembered:
        _remember(markers, fresh)


def _state(path: Path) -> list[int]:
    # The change time cannot be set back, so that a replaced file is noticed even with its old date.
    facts = path.stat()
    return [facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino]


def _remembered(marker: Path) -> dict[str, Any]:
    try:
        value = json.loads(marker.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # no memory, or a torn one: read the weights
        return {}
    return value if isinstance(value, dict) else {}
