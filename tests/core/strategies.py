"""Strategies: random terms, grants and acquisitions, mostly permissive: there must be something to forbid."""

from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from hypothesis import strategies as st

from pipeline.core.among import ANY, CUSTODIANS, STAFF
from pipeline.core.conditions import Classification, Conditions, Consent, Exclusion, Processing, Use
from pipeline.core.gate import AcquisitionTerms
from pipeline.core.model import Source
from pipeline.core.people import EVERY, ROLES, Grant, Permission

NOW = datetime(2027, 1, 1, tzinfo=UTC)
FOUNDER, ANA, BEN = "p-0000", "p-aaaa", "p-bbbb"
PERSONS = (FOUNDER, ANA, BEN)
NAMES = {FOUNDER: "founder", ANA: "Ana", BEN: "بەن"}
BATCHES = ("A", "B", "C")
RECIPIENTS = ("International Court", "Commission", "Press")

T = TypeVar("T")


def mostly(usual: T, other: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw the usual value, and one time in six another."""
    return st.tuples(st.integers(0, 5), other).map(lambda drawn: drawn[1] if drawn[0] == 5 else usual)


moments = st.integers(-48, 48).map(lambda hours: NOW + timedelta(hours=hours))
viewers = st.frozensets(st.sampled_from([*PERSONS, "Ana", CUSTODIANS, f"custodian:{ANA}", f"custodian:{BEN}"]))
consents = st.builds(
    Consent,
    by=st.frozensets(st.sampled_from(["mother", "owner"]), min_size=1),
    scope=mostly(frozenset(Use), st.frozensets(st.sampled_from(Use))),
    until=mostly(None, moments),
    withdrawn=mostly(usual=False, other=st.booleans()),
)
conditions: st.SearchStrategy[Conditions] = st.fixed_dictionaries({
    "view": mostly(STAFF, viewers),
    "process": st.builds(
        Processing, allowed=mostly(usual=True, other=st.booleans()),
        exclude=mostly(frozenset(), st.frozensets(st.sampled_from(Exclusion))),
    ),
    "export_to": mostly(ANY, st.frozensets(st.sampled_from(RECIPIENTS))),
    "copy": mostly(usual=True, other=st.booleans()),
    "classification": mostly(Classification.RESTRICTED, st.sampled_from(Classification)),
    "caveats": st.frozensets(st.sampled_from(["no faces", "not before trial"])),
    "consent": mostly(None, consents),
    "protect_source": st.booleans(),
    "valid_from": mostly(None, moments),
    "valid_until": mostly(None, moments),
}).map(Conditions.model_validate)  # fmt: skip

permissions = st.sampled_from([EVERY, EVERY - {Permission.CUSTODY}, *ROLES.values()]) | st.frozensets(
    st.sampled_from(Permission), min_size=1
)
grants = st.builds(
    Grant,
    id=st.uuids().map(lambda one: one.hex),
    person=mostly(ANA, st.just(BEN)),
    permissions=permissions,
    batches=st.just(ANY) | st.frozensets(st.sampled_from(BATCHES), min_size=1),
    clearance=mostly(Classification.SEALED, st.sampled_from(Classification)),
    by=st.just(FOUNDER),
    at=mostly(NOW - timedelta(days=3), moments),
    until=mostly(None, moments),
)
terms = st.builds(
    AcquisitionTerms,
    batch=st.sampled_from(BATCHES),
    n=st.just(0),
    source=st.sampled_from(Source),
    conditions=st.none() | conditions | conditions,
    submitted_by=st.none() | st.sampled_from(PERSONS),
)
acquisitions = st.lists(terms, min_size=1, max_size=3).map(
    lambda some: tuple(
        AcquisitionTerms(
            batch=one.batch, n=n, source=one.source, conditions=one.conditions, submitted_by=one.submitted_by
        )
        for n, one in enumerate(some)
    )
)
