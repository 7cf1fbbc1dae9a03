"""Archives: one member of a downloaded package as a stream; nothing else of the package is unpacked."""

import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pipeline.weights.download import wrong

_BROKEN = (KeyError, zipfile.BadZipFile, tarfile.TarError, EOFError)


@contextmanager
def member_of(archive: Path, path: str) -> Iterator[IO[bytes]]:
    """Lend a regular member of a wheel or a tarball; ``Misconfigured`` (E-CONF-005) when it has none such."""
    try:
        if archive.suffix in {".tgz", ".gz"}:
            with tarfile.open(archive, "r:gz") as opened:
                stream = opened.extractfile(path)
                if stream is None or not opened.getmember(path).isreg():
                    raise wrong(archive, f"a member {path}", "no regular file")
                yield stream
        else:
            with zipfile.ZipFile(archive) as unzipped, unzipped.open(path) as stream:
                yield stream
    except _BROKEN as err:
        raise wrong(archive, f"a member {path}", str(err)) from err
