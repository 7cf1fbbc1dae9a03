"""Beside: what an audit of a bucket looks at besides objects: the vault's identity, foreign keys, the log's parts."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.core.canonical import canonical
from pipeline.core.ports import Finding
from pipeline.errors import PipelineError
from pipeline.vault.layout import INVENTORY
from pipeline.vault.root import DAMAGED, FORMAT, IDENTITY, ROOTS
from pipeline.vault.s3.bucket import Bucket
from pipeline.vault.s3.derivatives import FOLDER
from pipeline.vault.s3.feed import PARTS, opened, part_name, part_number

UNTIL_KNOWN = timedelta(minutes=15)
_UNKNOWN = "the log knows of no such"
_OURS = frozenset({*(f"{name}/" for name in ROOTS), FOLDER, "log/", f"{DAMAGED}/"})


def beside(bucket: Bucket, root: Path, vault_id: str) -> list[Finding]:
    """Return what is wrong there; nothing is changed."""
    found = []
    if (data := bucket.get(IDENTITY)) != canonical({"format": FORMAT, "id": vault_id}):
        what = "it is missing" if data is None else "it is not as it was written"
        found.append(Finding(path=IDENTITY, code="E-VAULT-003" if data is None else "E-VAULT-001", what=what))
    folders, keys = bucket.level("")
    strangers = [*(one for one in folders if one not in _OURS), *(one.name for one in keys if one.name != IDENTITY)]
    folders, keys = bucket.level("log/")
    strangers += [*(one for one in folders if one != PARTS), *(one.name for one in keys)]
    found += [Finding(path=one, code="E-VAULT-004", what="not a part of the vault") for one in strangers]
    return found + _parts(bucket, root)


def unexplained(bucket: Bucket, findings: Sequence[Finding]) -> list[Finding]:
    """Leave out versions that the log does not know yet, since another host has only just made them.

    Hosts put their part of the log at least every minute and at the end of each command; what is
    unknown for longer is a finding.
    """
    young = datetime.now(UTC) - UNTIL_KNOWN
    return [one for one in findings if not (one.what.startswith(_UNKNOWN) and _made(bucket, one.path) > young)]


def _made(bucket: Bucket, folder: str) -> datetime:
    made = (one.changed for one in bucket.keys(f"{folder}/") if one.name.endswith(f"/{INVENTORY}"))
    return min(made, default=datetime.min.replace(tzinfo=UTC))


def _parts(bucket: Bucket, root: Path) -> list[Finding]:
    """Hold every part of the log against this host's copy, which verification has read."""
    found = []
    last = 0
    for key in bucket.keys(PARTS):
        if (number := part_number(key.name)) is None:
            found.append(Finding(path=key.name, code="E-VAULT-004", what="not a part of the log"))
            continue
        if number != last + 1:
            what = f"{number - last - 1} parts of the log are missing from here on"
            found.append(Finding(path=part_name(last + 1), code="E-LOG-006", what=what))
        last = number
        try:
            pieces = opened(key.name, bucket.get(key.name) or b"")
        except PipelineError as err:
            found.append(Finding(path=key.name, code=err.code, what=err.reason))
            continue
        for piece in pieces:
            if _here(root / piece.path, piece.at, len(piece.data)) != piece.data:
                what = f"{piece.path} is another one here"
                found.append(Finding(path=key.name, code="E-LOG-009", what=what))
    return found


def _here(path: Path, at: int, size: int) -> bytes | None:
    try:
        with path.open("rb") as file:
            file.seek(at)
            return file.read(size)
    except OSError:
        return None
