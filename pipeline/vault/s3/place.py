"""Place: which bucket a vault lies in, and how it is reached."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import Misconfigured
from pipeline.settings import Settings

MEBIBYTE = 1 << 20
_URL = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?P<prefix>(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*)/?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A prefix of a bucket. Without ``access`` the credentials come from where AWS tools look for them."""

    bucket: str
    prefix: str = ""
    endpoint: str | None = None
    region: str | None = None
    access: tuple[str, str] | None = field(default=None, repr=False)
    """Access key and secret: never shown, never logged."""
    cache: Path | None = None
    """Where on this host files are lent from."""
    cache_bytes: int = 0
    """How much of that is kept for the next who asks."""
    part_bytes: int = 64 * MEBIBYTE
    """A larger file goes up in parts of this size; 5 MiB at least."""
    patience: float = 1
    """How long, in seconds, an audit waits for what follows a commit that may have just been made."""
    connect_seconds: float = 10
    read_seconds: float = 60
    tries: int = 6
    """How often a call is made in all before the store counts as down; each waits longer than the one before."""

    @property
    def url(self) -> str:
        """Spell the place, as in the settings."""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")


def parse_url(url: str) -> tuple[str, str]:
    """Split ``s3://bucket/prefix``; ``Misconfigured`` when it is none."""
    found = _URL.fullmatch(url)
    if found is None:
        raise Misconfigured(f"{url!r} is not of the form s3://bucket/prefix", code="E-S3-003")
    return found["bucket"], found["prefix"].strip("/")


def place_at(url: str, settings: Settings) -> Place:
    """Return the place that a URL names, reached as the settings say."""
    bucket, prefix = parse_url(url)
    access = None
    if settings.s3_access_key is not None and settings.s3_secret_key is not None:
        access = settings.s3_access_key.get_secret_value(), settings.s3_secret_key.get_secret_value()
    return Place(
        bucket=bucket, prefix=prefix, endpoint=settings.s3_endpoint, region=settings.s3_region, access=access,
        cache=settings.scratch / "vault", cache_bytes=settings.s3_cache_bytes,
        connect_seconds=settings.s3_connect_seconds, read_seconds=settings.s3_read_seconds, tries=settings.s3_tries,
    )  # fmt: skip


def vault_place(settings: Settings) -> Place | None:
    """Return where the vault lies; ``None`` when that is this host's file system."""
    return None if settings.vault_s3 is None else place_at(settings.vault_s3, settings)
