"""A small installation whose terms, people and holds a test sets anew, and what its rules say of them.

The oracle below is written from the rules as the documentation words them, not from the gate: one
acquisition after the other, one question after the other.
"""

import json
import random
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from pipeline.core.conditions import Classification, parse
from pipeline.core.gate import AcquisitionTerms
from pipeline.core.groups import Group, Join, Leave
from pipeline.core.model import Source
from pipeline.core.people import Grant, Permission, Person, Record, Revocation, as_record
from pipeline.core.rulings import Hold, Lift, Recall, Release, Terms, as_ruling
from pipeline.service import App
from pipeline.usecases.access import CONDITIONS, HOLDS
from pipeline.usecases.home import PEOPLE
from tests.service.conftest import tone

FOUNDER, ANA, BEN = "custodian", "Ana", "Ben"
NAMES = {ANA: "p-aaaa", BEN: "p-bbbb"}
GROUPS = {"Team": "group-aaaa", "Others": "group-bbbb"}
LEVELS = ("unrestricted", "restricted", "confidential", "sealed")
Way = tuple[str, int]


@dataclass(frozen=True, kw_only=True)
class Given:
    """One grant: to a person or a group, from and until so many hours from now."""

    to: str
    permissions: frozenset[str]
    batches: frozenset[str] | None
    level: str
    since: int
    until: int | None

    def counts(self, holders: Iterable[str], batch: str, level: int) -> bool:
        late = self.until is not None and self.until <= 0
        reaches = self.batches is None or batch in self.batches
        return self.to in holders and reaches and LEVELS.index(self.level) >= level and self.since <= 0 and not late


@dataclass(frozen=True, kw_only=True)
class State:
    """Everything that is drawn; hours count from now."""

    terms: Mapping[Way, Mapping[str, Any]]
    grants: tuple[Given, ...]
    members: frozenset[tuple[str, str]]
    held: frozenset[str] = frozenset()
    released: Mapping[Way, int | None] = field(default_factory=dict)


def hours(count: int | None, now: datetime) -> str | None:
    return None if count is None else (now + timedelta(hours=count)).isoformat()


class World:
    """Five assets in three batches: a picture, a copy of it, one that came twice, a tone, an interview."""

    def __init__(self, app: App, folder: Path, *, processed: bool = True) -> None:
        self.app, self.home, self.folder = app, app.home, folder
        self.founder = app.home.actor
        self.ids = {**NAMES, FOUNDER: self.founder}
        self._grants: list[str] = []
        self._members: frozenset[tuple[str, str]] = frozenset()
        self._held: frozenset[str] = frozenset()
        self._releases: list[str] = []
        picture(folder / "one.jpg", 1)
        with Image.open(folder / "one.jpg") as one:
            one.save(folder / "two.jpg", quality=60, exif=one.getexif())
        picture(folder / "three.jpg", 3)
        picture(folder / "four.jpg", 4)
        tone(folder / "tone.wav")
        sent = (("A", "submitted", ("one", "three")), ("B", "submitted", ("two", "three")),
                ("C", "open-source", ("tone",)), ("C", "interview", ("four",)))  # fmt: skip
        self.ways: dict[str, list[Way]] = {}
        self.files: dict[Way, str] = {}
        for batch, source, names in sent:
            files = [folder / (f"{one}.wav" if one == "tone" else f"{one}.jpg") for one in names]
            for item in app.line.submit(files, batch=batch, source=source)["items"]:
                self.ways.setdefault(item["asset"], []).append((batch, item["n"]))
                self.files[batch, item["n"]] = Path(item["path"]).name
        for batch in ("A", "B", "C") if processed else ():
            app.line.process(batch, stages=("identify", "probe", "fingerprint", "geolocate"))
        now = datetime.now(UTC)
        self._people(Person(id=one, name=name, by=self.founder, at=now) for name, one in NAMES.items())
        self._people(Group(id=one, name=name, by=self.founder, at=now) for name, one in GROUPS.items())
        hits = app.finding.search("aleppo", limit=100)["hits"]
        self.hits = {asset: sum(one["asset"] == asset for one in hits) for asset in self.ways}
        self.alike = {
            asset: {one["asset"] for one in app.finding.similar(asset)["links"]} - {asset} for asset in self.ways
        }

    def set(self, state: State) -> None:
        """Put everything in place of what stood before; nothing is opened anew."""
        now, by = datetime.now(UTC), self.founder
        self._people(Revocation(grant=one, by=by, at=now) for one in self._grants)
        ids = {**self.ids, **GROUPS}
        for kind, pairs in ((Leave, self._members - state.members), (Join, state.members - self._members)):
            self._people(kind(group=GROUPS[group], person=NAMES[who], by=by, at=now) for group, who in sorted(pairs))
        made = [
            Grant(
                id=f"g-{secrets.token_hex(8)}", person=ids[one.to], by=by,
                permissions=frozenset(map(Permission, one.permissions)),
                batches="any" if one.batches is None else one.batches, clearance=Classification(one.level),
                at=now + timedelta(hours=max(one.since, 0)),
                until=None if one.until is None else now + timedelta(hours=one.until),
            )
            for one in state.grants
        ]  # fmt: skip
        self._people(made)
        rulings: list[Any] = [Recall(release=one, by=by, at=now, reason="anew") for one in self._releases]
        for (batch, n), terms in state.terms.items():
            base = AcquisitionTerms(batch=batch, n=n, source=Source.SUBMITTED, submitted_by=by).binding
            text = json.dumps(self.worded(terms, now)).encode()
            rulings.append(
                Terms(batch=batch, n=n, conditions=parse(text, base=base), by=by, at=now, reason="drawn")
            )  # fmt: skip
        asset_of = {way: asset for asset, ways in self.ways.items() for way in ways}
        releases = [
            Release(
                id=f"rel-{secrets.token_hex(8)}", asset=asset_of[way], batch=way[0], n=way[1], by=by, at=now,
                reason="drawn", until=None if until is None else now + timedelta(hours=until),
            )
            for way, until in state.released.items()
        ]  # fmt: skip
        self._append(CONDITIONS, [as_ruling(one) for one in [*rulings, *releases]])
        lifts = [Lift(asset=one, by=by, at=now, reason="anew") for one in sorted(self._held - state.held)]
        holds = [Hold(asset=one, by=by, at=now, ground="marked") for one in sorted(state.held - self._held)]
        self._append(HOLDS, [*map(as_ruling, lifts), *map(as_ruling, holds)])
        self._grants, self._members, self._held = [one.id for one in made], state.members, state.held
        self._releases = [one.id for one in releases]

    @staticmethod
    def worded(terms: Mapping[str, Any], now: datetime) -> dict[str, Any]:
        """Write terms down as a provider would: hours become times."""
        found = {"schema": "conditions/1", **terms}
        for name in ("valid_from", "valid_until"):
            found[name] = hours(terms[name], now)
        if terms["consent"]:
            found["consent"] = {**terms["consent"], "until": hours(terms["consent"]["until"], now)}
        return found

    def _people(self, records: Iterable[Record]) -> None:
        self._append(PEOPLE, [as_record(one) for one in records])

    def _append(self, register: str, records: list[dict[str, Any]]) -> None:
        if records:
            self.home.registers.append(register, records, key=secrets.token_hex(8), actor=self.founder)


def picture(file: Path, seed: int) -> None:
    """Draw circles, the same for the same seed, taken in Aleppo."""
    draw = random.Random(seed)
    image = Image.new("RGB", (320, 240), "white")
    pen = ImageDraw.Draw(image)
    for _ in range(40):
        x, y, w, h = draw.randrange(320), draw.randrange(240), draw.randrange(20, 160), draw.randrange(20, 120)
        pen.ellipse((x, y, x + w, y + h), fill=(draw.randrange(256), draw.randrange(256), draw.randrange(256)))
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (36.0, 11.0, 56.76), 3: "E", 4: (37.0, 9.0, 45.72)})
    image.save(file, exif=exif, quality=90)


# --- the oracle

NEEDS = {"view": {"view"}, "search": {"view", "search"}, "export": {"view", "export"}}


@dataclass(frozen=True, kw_only=True)
class Oracle:
    """What the rules say that one person may have."""

    world: World
    state: State
    who: str
    recipient: str

    def rights(self, batch: str, level: int = 0) -> set[str]:
        if self.who == FOUNDER:
            return {"view", "search", "export", "custody", "source_identifying", "process", "audit"}
        holders = {self.who} | {group for group, person in self.state.members if person == self.who}
        held = [one.permissions for one in self.state.grants if one.counts(holders, batch, level)]
        return set().union(*held)

    def keeps(self, asset: str) -> bool:
        return all("custody" in self.rights(batch) for batch, _ in self.world.ways[asset])

    def open(self, purpose: str, asset: str) -> dict[Way, bool] | None:
        """Return the acquisitions that may be shown, and whether with their source; ``None`` when closed."""
        ways = self.world.ways[asset]
        now_released = [one for one in ways if one in self.state.released and (self.state.released[one] or 1) > 0]
        tried = [self._through(purpose, asset, some) for some in (ways, *([one] for one in now_released))]
        opened = [one for one in tried if one is not None]
        if not opened:
            return None
        return {way: any(one.get(way, False) for one in opened) for found in opened for way in found}

    def names_source(self, purpose: str, asset: str) -> bool:
        """Tell whether what identifies the source in the bytes may be shown, too."""
        ways = self.world.ways[asset]
        now_released = [one for one in ways if one in self.state.released and (self.state.released[one] or 1) > 0]
        for some in (ways, *([one] for one in now_released)):
            if (found := self._through(purpose, asset, some)) is None:
                continue
            level = self._level(some)
            protected = any(self.state.terms[one]["protect_source"] for one in some)
            if not protected or any("source_identifying" in self.rights(one[0], level) for one in found):
                return True
        return False

    def _level(self, ways: Iterable[Way]) -> int:
        return max(LEVELS.index(self.state.terms[one]["classification"]) for one in ways)

    def _through(self, purpose: str, asset: str, ways: list[Way]) -> dict[Way, bool] | None:
        level = self._level(ways)
        rights = {one: self.rights(one[0], level) for one in ways}
        keeper = all("custody" in one for one in rights.values())
        reached = [one for one in ways if NEEDS[purpose] <= rights[one]]
        held = asset in self.state.held and not (keeper and purpose == "view")
        if not reached or held or any(self._forbids(self.state.terms[one], purpose, keeper) for one in ways):
            return None
        return {
            one: "source_identifying" in rights[one] or not self.state.terms[one]["protect_source"] for one in reached
        }

    def _forbids(self, terms: Mapping[str, Any], purpose: str, keeper: bool) -> bool:
        consent, view = terms["consent"], terms["view"]
        if consent and (
            consent["withdrawn"]
            or (consent["until"] is not None and consent["until"] <= 0)
            or ("export" if purpose == "export" else "view") not in consent["scope"]
        ):
            return True
        if terms["valid_from"] is not None and terms["valid_from"] > 0:
            return True
        if terms["valid_until"] is not None and terms["valid_until"] <= 0:
            return True
        if view != "staff" and self.who not in view and not (keeper and "custodians" in view):
            return True
        named = terms["export_to"] == "any" or self.recipient in terms["export_to"]
        return purpose == "export" and not (named and terms["copy"])
