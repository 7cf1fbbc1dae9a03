"""Derivatives in a bucket: kept files reach every host; scratch files stay where they were made."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.core.model import Derivative
from pipeline.errors import Corrupt
from pipeline.vault.derivatives import LocalDerivatives
from pipeline.vault.files import Digests, digest_file
from pipeline.vault.s3.bucket import Bucket

FOLDER = "derivatives/"


class S3Derivatives:
    """Kept files in a bucket and, once asked for, on this host. Every promise is written at ``ports.Derivatives``."""

    def __init__(self, local: LocalDerivatives, bucket: Bucket) -> None:
        self._local = local
        self._bucket = bucket

    def put(self, file: Path, *, role: str, media_type: str, keep: bool) -> Derivative:
        """Take the file over; a kept one is in the bucket when this returns."""
        made = self._local.put(file, role=role, media_type=media_type, keep=keep)
        if keep and self._bucket.bytes_of(_name(made.sha256)) != made.bytes:
            if (here := self._local.get(made.sha256)) is None:
                raise Corrupt(f"derivative {made.sha256} is gone", code="E-VAULT-003")
            sha512 = digest_file(here).sha512
            self._bucket.put_file(
                _name(made.sha256), here, Digests(sha256=made.sha256, sha512=sha512, bytes=made.bytes)
            )
        return made

    def get(self, sha256: str) -> Path | None:
        """Return a local file with this content, fetched where another host put it."""
        if (here := self._local.get(sha256)) is not None or not _plain(sha256):
            return here
        with self._local.workspace() as place:
            found = self._bucket.fetch(_name(sha256), place / sha256)
            if found is None:
                return None
            if found.sha256 != sha256:
                raise Corrupt(f"derivative {sha256}: its file holds {found.sha256}", code="E-VAULT-001")
            self._local.put(place / sha256, role="fetched", media_type="", keep=True)
        return self._local.get(sha256)

    def lend(self, sha256: str, into: Path) -> Path | None:
        """Put the content into a job's folder."""
        if (lent := self._local.lend(sha256, into)) is not None or self.get(sha256) is None:
            return lent
        return self._local.lend(sha256, into)

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """Lend an empty folder."""
        with self._local.workspace() as place:
            yield place

    def drop(self, sha256: str) -> None:
        """Forget a scratch file."""
        self._local.drop(sha256)

    def erase(self, sha256: str) -> None:
        """Remove a file, kept or scratch, here and in the bucket."""
        if _plain(sha256):
            self._bucket.delete(_name(sha256))
        self._local.erase(sha256)

    def sweep(self, older_than_seconds: float) -> int:
        """Remove old scratch files of this host."""
        return self._local.sweep(older_than_seconds)


def _plain(sha256: str) -> bool:
    return len(sha256) == 64 and not set(sha256) - set("0123456789abcdef")  # noqa: PLR2004 - a SHA-256


def _name(sha256: str) -> str:
    return f"{FOLDER}{sha256[:2]}/{sha256}"
