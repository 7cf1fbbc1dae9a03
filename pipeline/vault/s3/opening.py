"""Opening of a vault in a bucket: its identity there, its log and unfinished work on this host's disk."""

import json
import uuid
from functools import partial
from pathlib import Path

from pipeline.core.canonical import canonical
from pipeline.errors import Corrupt, Misconfigured
from pipeline.vault.files import make_dirs, write_new, writing
from pipeline.vault.ground import Ground
from pipeline.vault.layout import ROOT_FILES
from pipeline.vault.process import locked
from pipeline.vault.root import ELSEWHERE, FORMAT, IDENTITY, REPLICA, ROOTS, held, identity, initialise, parse_identity
from pipeline.vault.s3.beside import beside, unexplained
from pipeline.vault.s3.bucket import Bucket
from pipeline.vault.s3.cache import Cache
from pipeline.vault.s3.feed import PARTS, Feed
from pipeline.vault.s3.place import Place
from pipeline.vault.s3.store import S3Store
from pipeline.vault.s3.tree import S3Tree


def in_bucket(place: Place, root: Path) -> Ground:
    """Reach a vault in a bucket, laid down at first use, and bring this host's copy of its log up to date."""
    bucket = Bucket(place)
    _belongs(root, place)
    vault_id = _identity(bucket) or _lay_down(bucket, root)
    with writing(f"the vault's local part at {root}"):
        if identity(root) not in {None, vault_id}:
            raise Misconfigured(f"{place.url} holds another vault than the one whose log lies here", code="E-S3-005")
        initialise(root, vault_id=vault_id)
        bind(root, place)
    feed = Feed(bucket, root)
    feed.pull()
    cache = Cache(place.cache or root / "cache", bucket, most=place.cache_bytes)
    return Ground(
        root=root, vault_id=vault_id, untouched=lambda: holds(bucket) is None,
        shelf=partial(S3Store, bucket=bucket, cache=cache), tree=S3Tree(bucket), turn=feed.turn,
        noted=feed.push_when_due, refresh=feed.pull,
        judge=lambda findings: [*unexplained(bucket, findings), *beside(bucket, root, vault_id)],
    )  # fmt: skip


def _identity(bucket: Bucket) -> str | None:
    data = bucket.get(IDENTITY)
    return None if data is None else parse_identity(data)


def _lay_down(bucket: Bucket, root: Path) -> str:
    """Make a vault where there is none; of several commands that come together one decides its identifier."""
    if bucket.get(REPLICA) is not None:
        raise Misconfigured(
            f"{bucket.place.url}: a vault is on its way back there", code="E-REPLICA-004",
            next_step="repeat evidence recover --from, which goes on where it was",
        )  # fmt: skip
    if (what := holds(bucket)) is not None and (known := _identity(bucket)) is None:
        raise Corrupt(
            f"{IDENTITY} is gone from a vault that holds {what}", code="E-VAULT-003",
            next_step=f"restore {IDENTITY} from a copy; the id also stands in the first entry of every log segment",
        )  # fmt: skip
    if identity(root) is not None:
        raise Corrupt(f"{bucket.place.url} holds nothing, and the log of a vault lies here", code="E-VAULT-003")
    for name in ROOTS:
        for file, data in ROOT_FILES.items():
            bucket.put_new(f"{name}/{file}", data)
    bucket.put_new(IDENTITY, canonical({"format": FORMAT, "id": str(uuid.uuid4())}))
    if (known := _identity(bucket)) is None:
        raise Corrupt(f"{IDENTITY} is gone", code="E-VAULT-003")
    return known


def holds(bucket: Bucket) -> str | None:
    """Name something that a vault in a bucket holds; ``None`` when nothing was ever kept in it."""
    ours = frozenset(f"{name}/{file}" for name in ROOTS for file in ROOT_FILES)
    found = (bucket.any(below, but=ours) for below in (*(f"{name}/" for name in ROOTS), PARTS))
    return next((one for one in found if one is not None), None)


def _belongs(root: Path, place: Place) -> None:
    """Refuse a home that belongs to another vault."""
    marker = root / ELSEWHERE
    if marker.is_file():
        url = json.loads(marker.read_bytes()).get("s3")
        if url != place.url:
            raise Misconfigured(f"this home belongs to the vault at {url}, not at {place.url}", code="E-S3-005")
    elif (what := held(root)) is not None:
        raise Misconfigured(f"this home holds a vault of its own ({what})", code="E-S3-005")


def bind(root: Path, place: Place) -> None:
    """Note where the objects are, so that without the setting nobody takes this for an empty vault."""
    if (root / ELSEWHERE).is_file():
        return
    make_dirs(root / "locks", below=root)
    with locked(root / "locks" / "init"):
        if not (root / ELSEWHERE).is_file():
            fresh = root / "locks" / "fresh"
            fresh.unlink(missing_ok=True)
            write_new(fresh, canonical({"s3": place.url}))
            fresh.replace(root / ELSEWHERE)
