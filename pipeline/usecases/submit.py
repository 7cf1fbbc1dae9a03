"""Submit: preserve first, note second, acknowledge last."""

import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pipeline.catalogue import ItemRow
from pipeline.core.canonical import digest
from pipeline.core.clock import now_text
from pipeline.core.conditions import defaults, parse
from pipeline.core.gate import Purpose
from pipeline.core.model import AssetId, Source
from pipeline.errors import CODES, Misconfigured, Refused, Unavailable
from pipeline.usecases.access import Access
from pipeline.usecases.batches import open_batch
from pipeline.usecases.home import Home
from pipeline.usecases.intake import Found, find, path_facts, read_manifest, read_small
from pipeline.usecases.tombstones import GONE
from pipeline.usecases.unlawful import listed, stop_listed
from pipeline.usecases.withdrawing import withdraw

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
    conditions: dict[Source, dict[str, Any]] = field(default_factory=dict)
    """What the provider wrote, completed by the defaults of each source type; empty when nothing was written."""
    rows: Sequence[tuple[Path, dict[str, str]]] = ()
    recursive: bool = False
    follow: bool = False


def submission_of(
    home: Home, batch: str, paths: Sequence[Path], *, source: str = "submitted", provider: str | None = None,
    url: str | None = None, manifest: Path | None = None, conditions: Path | None = None, recursive: bool = False,
    follow: bool = False,
) -> Submission:  # fmt: skip
    """Check everything that can be checked before a byte is preserved; ``Refused`` names what is wrong."""
    rows = read_manifest(manifest) if manifest else []
    if not paths and not rows:
        raise Misconfigured("name at least one path, or a manifest", code="E-CONF-009")
    terms = {}
    if conditions is not None:
        try:
            text = read_small(conditions)
        except OSError as err:
            raise Refused(f"the conditions cannot be read: {err.strerror}", code="E-COND-001") from err
        terms = {kind: parse(text, base=defaults(kind, home.actor)).as_json() for kind in Source}
    return Submission(
        batch=batch, paths=paths, source=Source(source), provider=provider, url=url, conditions=terms, rows=rows,
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
        work = _Work(home, submission)
        answers = [work.answer(item) for item in work.items()]
    totals: dict[str, int] = {}
    for one in answers:
        totals[one["outcome"]] = totals.get(one["outcome"], 0) + 1
    return {"batch": submission.batch, "items": answers, "totals": totals}


class _Work:
    """One submission at work, under the lease of its batch."""

    def __init__(self, home: Home, submission: Submission) -> None:
        self._home = home
        self._submission = submission
        self._actor = home.actor
        self._access = Access(home)
        self._lists = listed(home)
        self._register, before = open_batch(home, submission.batch, self._actor)
        self._next = max((one.n for one in before), default=0) + 1
        # What was submitted before is the same item again; twice in one call is two items.
        self._before: dict[tuple[Any, ...], list[ItemRow]] = {}
        for one in before:
            if one.code == GONE:
                continue  # what comes again after its disposal is another item
            self._before.setdefault(_place(one.record), []).append(one)
        self._mine: dict[AssetId, list[int]] = {}
        for one in before:
            if one.asset and one.record["submitted_by"] == self._actor:
                self._mine.setdefault(one.asset, []).append(one.n)
        self._taken: set[AssetId] = set()

    def items(self) -> Iterator[ItemRow]:
        for chunk in _chunks(_found(self._submission), _CHUNK):
            fresh: list[ItemRow] = []
            answered: list[ItemRow] = []
            for found in chunk:
                item = self._take(found)
                if known := self._known(item.record):
                    item = known
                else:
                    fresh.append(item)
                    self._next += 1
                    if item.asset:
                        self._mine.setdefault(item.asset, []).append(item.n)
                answered.append(item)
            self._acknowledge(fresh)
            yield from answered

    def _known(self, record: dict[str, Any]) -> ItemRow | None:
        """Take out the item of an earlier call that this one repeats."""
        places = self._before.get(_place(record), [])
        for at, one in enumerate(places):
            if _adds_nothing(record, one.record):
                return places.pop(at)
        return None

    def answer(self, item: ItemRow) -> dict[str, Any]:
        """Answer for an item; that its bytes came before, by a way unknown to this person, is not said."""
        outcome = item.outcome
        if outcome == "duplicate" and not self._may_know_of_another(item):
            outcome = "preserved"
        return {
            "n": item.n, "path": item.record["path"], "asset": item.asset, "outcome": outcome, "code": item.code,
            "reason": item.reason,
        }  # fmt: skip

    def _may_know_of_another(self, item: ItemRow) -> bool:
        if item.asset is None or any(n < item.n for n in self._mine.get(item.asset, ())):
            return item.asset is not None
        ways = self._access.decide(Purpose.VIEW, item.asset).through
        return any(batch != self._submission.batch or n < item.n for batch, n in ways)

    def _take(self, found: Found) -> ItemRow:
        """Preserve one file, and state how it came."""
        given = self._submission
        asset: AssetId | None = None
        code, reason, outcome = found.code, found.reason, "refused"
        if code is None:
            try:
                kept = self._home.vault.preserve(found.target or found.path)
            except Refused as err:
                code, reason = err.code, err.reason
            else:
                asset = kept.id
                if stop_listed(self._home, asset, self._lists):  # before anybody hears that it is here
                    withdraw(self._home, asset)
                outcome = self._outcome(asset)
                self._home.catalogue.add_asset(kept)
        source = Source(found.facts.get("source") or given.source)
        record = {
            "type": "item", "n": self._next, "asset": asset, "outcome": outcome, "code": code, "reason": reason,
            **path_facts(found.path), "provider": given.provider, "url": given.url, **found.facts,
            "received_at": now_text(), "source": str(source), "conditions": given.conditions.get(source),
            "submitted_by": self._actor, "salt": secrets.token_hex(16),
        }  # fmt: skip
        return ItemRow(n=self._next, asset=asset, outcome=outcome, code=code, reason=reason, record=record)

    def _outcome(self, asset: AssetId) -> str:
        new = asset not in self._taken and not self._home.catalogue.items_of(asset)
        self._taken.add(asset)
        return "preserved" if new else "duplicate"

    def _acknowledge(self, fresh: Sequence[ItemRow]) -> None:
        if not fresh:
            return
        home, batch = self._home, self._submission.batch
        records = [one.record for one in fresh]
        home.registers.append(
            f"batch/{batch}", records, key=f"items-{fresh[0].n}-{digest(records)[:16]}", actor=self._actor
        )
        home.log.append("submit", actor=self._actor, subject=self._register, items=len(fresh), records=digest(records))
        home.catalogue.add_items(batch, self._register, records[0]["received_at"], fresh)
        if any(one.asset and not home.vault.has(one.asset) for one in fresh):
            raise Unavailable("an asset was disposed of while it came again", code="E-VAULT-006")


_TERMS = ("provider", "url", "collected_at", "collector", "reference", "part_of", "role", "conditions")
"""Facts that make a second submission of the same file another acquisition of it, where they say something else."""


def _place(record: dict[str, Any]) -> tuple[str, str, str]:
    """Return what an item is found again by: its path, its bytes or its fault, and how it came."""
    return (record.get("path_bytes") or record["path"], record["asset"] or record["code"], record["source"])


def _adds_nothing(new: dict[str, Any], old: dict[str, Any]) -> bool:
    """Tell whether a second submission states nothing that the first did not: silence is no other statement."""
    return all(new.get(name) in (None, old.get(name)) for name in _TERMS)


def _found(submission: Submission) -> Iterator[Found]:
    yield from find(submission.paths, recursive=submission.recursive, follow=submission.follow)
    for path, facts in submission.rows:
        for one in find([path], recursive=submission.recursive, follow=submission.follow):
            yield replace(one, facts=facts)


def _chunks(found: Iterable[Found], size: int) -> Iterator[list[Found]]:
    chunk: list[Found] = []
    for one in found:
        chunk.append(one)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
