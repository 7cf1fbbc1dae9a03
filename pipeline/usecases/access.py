"""Access: the gate with this home's facts; every purpose passes here, and is judged at the moment of use."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from pipeline.core import gate
from pipeline.core.conditions import Conditions
from pipeline.core.gate import AcquisitionTerms, Decision, Purpose
from pipeline.core.model import AssetId, Source
from pipeline.core.people import People, Permission, Person
from pipeline.core.rulings import Rulings, fold_rulings
from pipeline.errors import CODES, Misconfigured, PipelineError
from pipeline.usecases.home import Home

CONDITIONS = "conditions"
"""The register of conditions changed after submission, and of releases."""

HOLDS = "holds"
"""The register of assets that nobody but a custodian may touch."""


KNOWING = frozenset(Permission) - {Permission.SUBMIT, Permission.ADMINISTER}
COUNTING = frozenset({Permission.PROCESS, Permission.AUDIT, Permission.CUSTODY})
"""Who may read the ledger of a batch: it counts all items, also those that a reader may not know of."""


class Denied(PipelineError):
    """The person may not do that; says so only where they may know of it."""

    code = "E-ACCESS-001"


class Access:
    """One use: people and changed conditions are read once, so that all of its answers agree."""

    def __init__(self, home: Home, *, actor: str | None = None) -> None:
        self._home = home
        self._other = actor
        self._now = datetime.now(UTC)

    @cached_property
    def people(self) -> People:
        """Everybody known and their grants; of the acting person what their token keeps to."""
        people = self._home.people
        person = self._home.person_in(people)
        if self._other is not None or self._home.within is None or person is None:
            return people
        return replace(people, within={person.id: self._home.within})

    @cached_property
    def person(self) -> Person | None:
        """Who asks; ``None`` for a stranger."""
        return self._home.person_in(self.people) if self._other is None else self.people.named(self._other)

    @cached_property
    def rulings(self) -> Rulings:
        """Changed terms, releases and holds."""
        return standing_rulings(self._home)

    def may(self, permission: Permission, batch: str | None = None) -> bool:
        """Tell whether the actor has a permission over a batch, or over all."""
        person = self.person
        return person is not None and self.people.may(person.id, permission, self._now, batch)

    def need(self, permission: Permission, batch: str | None = None) -> None:
        """Raise ``Denied`` unless the actor has a permission."""
        if not self.may(permission, batch):
            over = f" over batch {batch}" if batch else ""
            raise Denied(f"this needs the permission {permission!s}{over}")

    def keeps(self, person: str) -> bool:
        """Tell whether somebody is a custodian of anything: whoever could act as them could open it."""
        batches = (None, *self._home.catalogue.batches())
        return any(self.people.may(person, Permission.CUSTODY, self._now, one) for one in batches)

    def terms(self, asset: AssetId) -> tuple[AcquisitionTerms, ...]:
        """Return what binds each acquisition of an asset, as of now."""
        return tuple(self.terms_of(batch, item.record) for batch, item in self._home.catalogue.items_of(asset))

    def terms_of(self, batch: str, record: Mapping[str, Any]) -> AcquisitionTerms:
        """Return what binds the acquisition that a register's line states."""
        terms = self.rulings.terms.get((batch, record["n"]))
        if terms is None and record["conditions"]:
            terms = Conditions.from_json(record["conditions"])
        return AcquisitionTerms(
            batch=batch, n=record["n"], source=_source(record["source"]), submitted_by=record["submitted_by"],
            conditions=terms,
        )  # fmt: skip

    def weigh(
        self, purpose: Purpose, asset: AssetId, *, recipient: str | None = None, outside: bool = False
    ) -> Decision:
        """Ask the gate for the true grounds: for the custody log, never for the actor."""
        return self._weigh(purpose, asset, self.terms(asset), recipient=recipient, outside=outside)

    def told(self, purpose: Purpose, asset: AssetId, ways: Sequence[AcquisitionTerms]) -> Decision:
        """Ask the gate, as the actor may be told, where it is known already how the asset came."""
        return self._weigh(purpose, asset, ways).told()

    def _weigh(
        self, purpose: Purpose, asset: AssetId, ways: Sequence[AcquisitionTerms], *, recipient: str | None = None,
        outside: bool = False,
    ) -> Decision:  # fmt: skip
        return gate.weigh(
            self.person, purpose, ways, self.people, self._now, recipient=recipient,
            outside=outside, releases=self.rulings.releases.get(asset, ()), held=asset in self.rulings.held,
        )  # fmt: skip

    def decide(
        self, purpose: Purpose, asset: AssetId, *, recipient: str | None = None, outside: bool = False
    ) -> Decision:
        """Ask the gate, as the actor may be told. ``outside``: a service that is not ours would read it."""
        return self.weigh(purpose, asset, recipient=recipient, outside=outside).told()

    def batches(self, among: frozenset[Permission] = KNOWING) -> tuple[str, ...]:
        """Return the batches over which the actor has one of these permissions; by default any but to submit."""
        person = self.person
        if person is None:
            return ()
        known = self._home.catalogue.batches()
        return tuple(ref for ref in known if self.people.permissions(person.id, ref, self._now) & among)


def _source(text: str) -> Source:
    """Read a source type; one that this version does not know is bound as closely as an interview."""
    return Source(text) if text in list(Source) else Source.INTERVIEW


def standing_rulings(home: Home) -> Rulings:
    """Return changed terms, releases and holds as they stand now."""
    return home.folded([CONDITIONS, HOLDS], fold_rulings)


def decide(home: Home, purpose: Purpose, asset: AssetId, *, outside: bool = False) -> Decision:
    """Ask the gate once."""
    return Access(home).decide(purpose, asset, outside=outside)


def resolve(home: Home, access: Access, given: str, purpose: Purpose) -> tuple[AssetId, Decision]:
    """Find the one asset that a prefix names among those the actor may know of; else as if there were none."""
    text = given.strip().lower()
    if not text or not set(text) <= set("0123456789abcdef"):
        raise Denied(CODES["E-FIND-001"].meaning, code="E-FIND-001")
    known: list[tuple[AssetId, Decision]] = []
    for asset in home.catalogue.assets_like(text):
        decision = access.decide(purpose, asset)
        if decision.known:
            known.append((asset, decision))
        if len(known) > 1:
            raise Misconfigured("the prefix fits more than one asset", code="E-FIND-003")
    if not known:
        raise Denied(CODES["E-FIND-001"].meaning, code="E-FIND-001")
    asset, decision = known[0]
    if not decision.allowed:
        raise Denied("; ".join(decision.reasons), code=decision.code)
    return asset, decision
