"""Strategies: random terms, people, grants and acquisitions for property tests of the gate."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from pipeline.core.among import ANY, CUSTODIANS, STAFF
from pipeline.core.conditions import Classification, Conditions, Consent, Exclusion, Processing, Use
from pipeline.core.gate import AcquisitionTerms
from pipeline.core.model import Source
from pipeline.core.people import Grant, Permission

NOW = datetime(2027, 1, 1, tzinfo=UTC)
FOUNDER, ANA, BEN = "p-0000", "p-aaaa", "p-bbbb"
PERSONS = (FOUNDER, ANA, BEN)
NAMES = {FOUNDER: "founder", ANA: "Ana", BEN: "بەن"}
BATCHES = ("A", "B", "C")
RECIPIENTS = ("International Court", "Commission", "Press")

moments = st.integers(-48, 48).map(lambda hours: NOW + timedelta(hours=hours))
viewers = st.frozensets(st.sampled_from([*PERSONS, "Ana", CUSTODIANS, f"custodian:{ANA}", f"custodian:{BEN}"]))
consents = st.builds(
    Consent,
    by=st.frozensets(st.sampled_from(["mother", "owner"]), min_size=1),
    scope=st.frozensets(st.sampled_from(Use)),
    until=st.none() | moments,
    withdrawn=st.booleans(),
)


@st.composite
def conditions(draw: st.DrawFn, *, generous: bool = False) -> Conditions:
    """Draw any terms; generous ones leave something to forbid."""
    if generous:
        view = draw(st.just(STAFF) | viewers.map(lambda some: some | {ANA}))
        consent = draw(st.none())
        edges: st.SearchStrategy[datetime | None] = st.none()
    else:
        view, consent, edges = draw(st.just(STAFF) | viewers), draw(st.none() | consents), st.none() | moments
    return Conditions.model_validate({
        "view": view,
        "process": Processing(
            allowed=generous or draw(st.booleans()), exclude=draw(st.frozensets(st.sampled_from(Exclusion)))
        ),
        "export_to": draw(st.just(ANY) | st.frozensets(st.sampled_from(RECIPIENTS))),
        "copy": generous or draw(st.booleans()),
        "classification": draw(st.sampled_from(Classification)),
        "caveats": draw(st.frozensets(st.sampled_from(["no faces", "not before trial"]))),
        "consent": consent,
        "protect_source": draw(st.booleans()),
        "valid_from": draw(edges),
        "valid_until": draw(edges),
    })  # fmt: skip


@st.composite
def grants(draw: st.DrawFn) -> Grant:
    """Draw a grant to anybody, of anything, in force or not."""
    return Grant(
        id=draw(st.uuids()).hex,
        person=draw(st.sampled_from([ANA, BEN])),
        permissions=draw(st.frozensets(st.sampled_from(Permission), min_size=1)),
        batches=draw(st.just(ANY) | st.frozensets(st.sampled_from(BATCHES))),
        clearance=draw(st.sampled_from(Classification)),
        by=FOUNDER,
        at=draw(moments),
        until=draw(st.none() | moments),
    )


@st.composite
def acquisitions(draw: st.DrawFn, *, at_least: int = 1) -> tuple[AcquisitionTerms, ...]:
    """Draw the ways an asset came, each with its own number."""
    said = st.none() | conditions() | conditions(generous=True)
    return tuple(
        AcquisitionTerms(
            batch=draw(st.sampled_from(BATCHES)),
            n=n,
            source=draw(st.sampled_from(Source)),
            conditions=draw(said),
            submitted_by=draw(st.none() | st.sampled_from(PERSONS)),
        )
        for n in range(draw(st.integers(at_least, 4)))
    )
