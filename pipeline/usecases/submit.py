"""Submit: preserve first, note second, acknowledge last."""

import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.catalogue import ItemRow
from pipeline.core.canonical import digest
from pipeline.core.conditions import defaults, parse
from pipeline.core.model import AssetId, Source
from pipeline.errors import CODES, Misconfigured, Refused
from pipeline.usecases.home import Home, now_text
from pipeline.usecases.intake import Found, find, path_facts, read_manifest

BATCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_CHUNK = 200
"""Items between two acknowledgements: what a crash makes one do again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What is submitted, and the terms on which it came."""

    batch: str
    paths: Sequence[Path]
    source: Source = Source.SUBMITTED
    provider: str | None = None
    url: str | None = None
    conditions: dict[str, Any] | None = None
    rows: Sequence[tuple[Path, dict[str, str]]] = ()
    recursive: bool = False
    follow: bool = False
    progress: Callable[[int, Path], None] = field(default=lambda _n, _path: None)


def submission_of(
    home: Home, batch: str, paths: Sequence[Path], *, source: str = "submitted", provider: str | None = None,
    url: str | None = None, manifest: Path | None = None, conditions: Path | None = None, recursive: bool = False,
    follow: bool = False,
) -> Submission:  # fmt: skip
    """Check everything that can be checked before a byte is preserved; ``Refused`` names what is wrong."""
    rows = read_manifest(manifest) if manifest else []
    if not paths and not rows:
        raise Misconfigured("name at least one path, or a manifest", code="E-CONF-009")
    kind = Source(source)
    terms = None
    if conditions is not None:
        try:
            text = conditions.read_bytes()
        except OSError as err:
            raise Refused(f"the conditions cannot be read: {err.strerror}", code="E-COND-001") from err
        terms = parse(text, base=defaults(kind, home.actor)).as_json()
    return Submission(
        batch=batch, paths=paths, source=kind, provider=provider, url=url, conditions=terms, rows=rows,
        recursive=recursive, follow=follow,
    )  # fmt: skip


def check_reference(batch: str) -> None:
    """Raise ``Refused`` unless a batch reference is well-formed."""
    if not BATCH.fullmatch(batch):
        raise Refused(f"{CODES['E-SUBMIT-007'].meaning}", code="E-SUBMIT-007")


def submit(home: Home, submission: Submission) -> dict[str, Any]:
    """Preserve every readable file, write the batch's register, and answer one line per item."""
    check_reference(submission.batch)
    with home.leases.holding(f"batch:{submission.batch}"):
        register = _open_batch(home, submission.batch)
        known = {_same(one.record, one.asset, one.code): one for one in home.catalogue.items(submission.batch)}
        following = max((one.n for one in known.values()), default=0) + 1
        answers: list[dict[str, Any]] = []
        seen: set[AssetId] = set()  # preserved just now, not yet in the catalogue
        for chunk in _chunks(_found(submission), _CHUNK):
            fresh: list[ItemRow] = []
            for found in chunk:
                submission.progress(len(answers), found.path)
                item = _take(home, submission, found, n=following + len(fresh), seen=seen)
                same = _same(item.record, item.asset, item.code)
                if same in known:
                    item = known[same]
                else:
                    known[same] = item
                    fresh.append(item)
                answers.append(_answer(item))
            _acknowledge(home, submission.batch, register, fresh)
            following += len(fresh)
    totals: dict[str, int] = {}
    for one in answers:
        totals[one["outcome"]] = totals.get(one["outcome"], 0) + 1
    return {"batch": submission.batch, "items": answers, "totals": totals}


def _found(submission: Submission) -> Iterator[Found]:
    yield from find(submission.paths, recursive=submission.recursive, follow=submission.follow)
    for path, facts in submission.rows:
        for one in find([path], recursive=submission.recursive, follow=submission.follow):
            yield Found(path=one.path, code=one.code, reason=one.reason, facts=facts)


def _open_batch(home: Home, batch: str) -> str:
    if register := home.catalogue.register_of(batch):
        return register
    register = f"r-{secrets.token_hex(8)}"
    head = {
        "type": "batch", "schema": "batch/1", "ref": batch, "register": register, "created_at": now_text(),
        "created_by": home.actor,
    }  # fmt: skip
    home.registers.append(f"batch/{batch}", [head], key=f"open-{batch}")
    home.catalogue.add_items(batch, register, head["created_at"], [])
    return register


def _take(home: Home, submission: Submission, found: Found, *, n: int, seen: set[AssetId]) -> ItemRow:
    """Preserve one file, and state how it came."""
    asset: AssetId | None = None
    code, reason, outcome = found.code, found.reason, "refused"
    if code is None:
        try:
            kept = home.vault.preserve(found.path)
        except Refused as err:
            code, reason = err.code, err.reason
        else:
            asset = kept.id
            outcome = "duplicate" if asset in seen or home.catalogue.items_of(asset) else "preserved"
            home.catalogue.add_asset(kept)
            seen.add(asset)
    record = {
        "type": "item", "n": n, "asset": asset, "outcome": outcome, "code": code, "reason": reason,
        **path_facts(found.path), "source": str(submission.source), "provider": submission.provider,
        "url": submission.url, "received_at": now_text(), **found.facts,
        "conditions": submission.conditions, "submitted_by": home.actor, "salt": secrets.token_hex(16),
    }  # fmt: skip
    return ItemRow(n=n, asset=asset, outcome=outcome, code=code, reason=reason, record=record)


def _acknowledge(home: Home, batch: str, register: str, fresh: Sequence[ItemRow]) -> None:
    if not fresh:
        return
    records = [one.record for one in fresh]
    home.registers.append(f"batch/{batch}", records, key=f"items-{fresh[0].n}-{digest(records)[:16]}")
    home.log.append("submit", actor=home.actor, subject=register, items=len(fresh), records=digest(records))
    home.catalogue.add_items(batch, register, records[0]["received_at"], fresh)


def _same(record: dict[str, Any], asset: AssetId | None, code: str | None) -> tuple[Any, ...]:
    """Return what makes a second submission of an item the same item: its path, and its bytes or its fault."""
    return (record.get("path_bytes") or record["path"], asset or code)


def _answer(item: ItemRow) -> dict[str, Any]:
    return {
        "n": item.n, "path": item.record["path"], "asset": item.asset, "outcome": item.outcome, "code": item.code,
        "reason": item.reason,
    }  # fmt: skip


def _chunks(found: Iterable[Found], size: int) -> Iterator[list[Found]]:
    chunk: list[Found] = []
    for one in found:
        chunk.append(one)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
