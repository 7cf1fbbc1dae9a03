"""Gate: one answer to one question, may this person do this with this asset now.

``weigh`` gives the true answer with its grounds, for the custody log. ``decide`` gives what the
person may be told: where they may not learn that the asset exists, the answer for an unknown one.
Nothing here is remembered: terms, grants, releases and holds are those of the moment of use.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from pipeline.core.among import ANY
from pipeline.core.conditions import Conditions, Exclusion, Use, combined, defaults
from pipeline.core.document import spelled
from pipeline.core.model import Kind, Source
from pipeline.core.people import People, Permission, Person
from pipeline.core.rulings import Release
from pipeline.errors import CODES


class Purpose(StrEnum):
    """What somebody wants to do with an asset."""

    VIEW = "view"
    SEARCH = "search"
    PROCESS = "process"
    TRANSLATE = "translate"
    EXPORT = "export"
    SOURCE = "source"
    """See what identifies the source."""


_PROCESSING = frozenset({Purpose.PROCESS, Purpose.TRANSLATE})
_NEEDS = {
    Purpose.VIEW: frozenset({Permission.VIEW}),
    Purpose.SEARCH: frozenset({Permission.VIEW, Permission.SEARCH}),
    Purpose.PROCESS: frozenset({Permission.PROCESS}),
    Purpose.TRANSLATE: frozenset({Permission.PROCESS}),
    Purpose.EXPORT: frozenset({Permission.VIEW, Permission.EXPORT}),
    Purpose.SOURCE: frozenset({Permission.VIEW}),
}
_USES = {Purpose.PROCESS: Use.PROCESS, Purpose.TRANSLATE: Use.PROCESS, Purpose.EXPORT: Use.EXPORT}

SOURCE_IDENTIFYING = frozenset({"position", "serials", "owner", "device"})
"""The facts in the bytes that identify a source, as they are named in ``withheld`` (H-SOURCE-001)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcquisitionTerms:
    """What the gate must know of one acquisition; ``conditions=None`` where the provider said nothing."""

    batch: str
    n: int
    source: Source
    conditions: Conditions | None = None
    submitted_by: str | None = None
    """The person id of the submitter."""

    @property
    def id(self) -> tuple[str, int]:
        """The acquisition's only name."""
        return self.batch, self.n

    @property
    def binding(self) -> Conditions:
        """What holds for it: the provider's words, else the defaults of its source type."""
        return self.conditions or defaults(self.source, self.submitted_by)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The answer, with its grounds.

    ``known`` is false where the person may not learn that the asset exists. ``through`` are the
    acquisitions that may be shown, ``sources`` those of them whose file name and whatever else
    tells who gave it may be shown too. ``withheld`` names the facts in the bytes to leave out.
    ``terms`` is what binds the use, as far as the person may read it.
    """

    allowed: bool
    known: bool
    code: str | None
    reasons: tuple[str, ...] = ()
    through: frozenset[tuple[str, int]] = frozenset()
    sources: frozenset[tuple[str, int]] = frozenset()
    withheld: frozenset[str] = frozenset()
    terms: Conditions | None = None

    def told(self) -> "Decision":
        """Return what the person may be told."""
        return self if self.known else UNKNOWN


UNKNOWN = Decision(allowed=False, known=False, code="E-FIND-001", reasons=(CODES["E-FIND-001"].meaning,))
"""The answer for an asset that does not exist, and for one that somebody may not know of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One question, as far as it is the same for every way through."""

    actor: Person
    purpose: Purpose
    people: People
    now: datetime
    recipient: str | None
    outside: bool
    translates: bool
    with_source: bool
    held: bool

    def holds(self, batch: str, terms: Conditions) -> frozenset[Permission]:
        return self.people.permissions(self.actor.id, batch, self.now, terms.classification)


def decide(
    actor: Person | None, purpose: Purpose, acquisitions: Sequence[AcquisitionTerms], people: People, now: datetime,
    *, recipient: str | None = None, outside: bool = False, kind: Kind | None = None, with_source: bool = False,
    held: bool = False, releases: Iterable[Release] = (),
) -> Decision:  # fmt: skip
    """Say whether ``actor`` may do this with the asset that came by ``acquisitions``, as they may be told.

    ``recipient`` is to whom an export goes, ``outside`` whether a service that is not ours would
    read it, ``kind`` what processing would write, ``with_source`` whether an export is asked to
    keep what identifies the source, ``held`` whether a hold stands on the asset, ``releases``
    those recorded for it. No acquisitions is an unknown asset.
    """
    return weigh(
        actor, purpose, acquisitions, people, now, recipient=recipient, outside=outside, kind=kind,
        with_source=with_source, held=held, releases=releases,
    ).told()  # fmt: skip


def weigh(
    actor: Person | None, purpose: Purpose, acquisitions: Sequence[AcquisitionTerms], people: People, now: datetime,
    *, recipient: str | None = None, outside: bool = False, kind: Kind | None = None, with_source: bool = False,
    held: bool = False, releases: Iterable[Release] = (),
) -> Decision:  # fmt: skip
    """Answer as ``decide`` does, but with the true grounds: for the custody log, never for the actor."""
    if actor is None or not acquisitions:
        return UNKNOWN
    case = _Case(
        actor=actor, purpose=purpose, people=people, now=now, recipient=_recipient(recipient), outside=outside,
        translates=purpose is Purpose.TRANSLATE or kind == Kind.TRANSLATION, with_source=with_source, held=held,
    )  # fmt: skip
    ways = [tuple(acquisitions), *((one,) for one in _released(acquisitions, releases, people, now))]
    answers = [_through(case, way) for way in ways]
    if passed := [one for one in answers if one.allowed]:
        return _merged(passed)
    return replace(answers[0], known=_may_know(case, ways))


def _released(
    acquisitions: Sequence[AcquisitionTerms], releases: Iterable[Release], people: People, now: datetime
) -> list[AcquisitionTerms]:
    """Return the acquisitions that a release in force names, by a custodian of every batch that has a say."""
    batches = {one.batch for one in acquisitions}
    named = {
        (one.batch, one.n)
        for one in releases
        if one.in_force(now) and all(people.might(one.by, Permission.CUSTODY, one.at, batch) for batch in batches)
    }
    return [one for one in acquisitions if one.id in named]


def _through(case: _Case, way: Sequence[AcquisitionTerms]) -> Decision:
    """Answer for the terms of these acquisitions together."""
    terms = combined(one.binding.renamed(case.people.ids) for one in way)
    holds = {one.id: case.holds(one.batch, terms) for one in way}
    custodian = all(Permission.CUSTODY in held for held in holds.values())
    reached = [one for one in way if _NEEDS[case.purpose] <= holds[one.id]]
    trusted = {one.id for one in reached if Permission.SOURCE_IDENTIFYING in holds[one.id]}
    codes = [code for code, stands in _grounds(case, terms, custodian, bool(reached), bool(trusted)) if stands]
    if codes:
        return Decision(allowed=False, known=False, code=codes[0], reasons=_why(codes))
    shown = combined(one.binding for one in reached)
    shown = shown.model_copy(update={"classification": terms.classification, "caveats": terms.caveats})
    if case.purpose is Purpose.EXPORT and not case.with_source:
        trusted = set()
    return Decision(
        allowed=True, known=True, code=None, through=frozenset(one.id for one in reached), terms=shown,
        sources=frozenset(one.id for one in reached if one.id in trusted or not one.binding.protect_source),
        withheld=SOURCE_IDENTIFYING if terms.protect_source and not trusted else frozenset(),
    )  # fmt: skip


def _grounds(
    case: _Case, terms: Conditions, custodian: bool, reached: bool, sees_source: bool
) -> Iterable[tuple[str, bool]]:
    """Yield every ground for a denial, the gravest first, and whether it stands."""
    consent, now = terms.consent, case.now
    ended = consent is not None and (consent.withdrawn or (consent.until is not None and consent.until <= now))
    yield "H-GRANT-001", not reached
    yield "H-HOLD-001", case.held and not (custodian and case.purpose in {Purpose.VIEW, Purpose.SOURCE})
    yield "H-COND-002", ended
    yield "H-COND-001", _forbidden(case, terms, custodian)
    if case.purpose is Purpose.EXPORT:
        yield "H-EXPORT-001", not case.recipient or (terms.export_to != ANY and case.recipient not in terms.export_to)
        yield "H-COPY-001", not terms.copy_allowed
    wants_source = case.purpose is Purpose.SOURCE or (case.purpose is Purpose.EXPORT and case.with_source)
    yield "H-SOURCE-001", wants_source and terms.protect_source and not sees_source


def _forbidden(case: _Case, terms: Conditions, custodian: bool) -> bool:
    """Tell whether the terms themselves forbid this use by this person now."""
    early = terms.valid_from is not None and case.now < terms.valid_from
    late = terms.valid_until is not None and terms.valid_until <= case.now
    uncovered = terms.consent is not None and _USES.get(case.purpose, Use.VIEW) not in terms.consent.scope
    leaves = case.outside and Exclusion.OUTSIDE_SERVICES in terms.process.exclude
    if case.purpose in _PROCESSING:
        translates = case.translates and Exclusion.MACHINE_TRANSLATION in terms.process.exclude
        return early or late or uncovered or leaves or translates or not terms.process.allowed
    return early or late or uncovered or leaves or not terms.open_to(case.actor.id, custodian=custodian)


def _may_know(case: _Case, ways: Sequence[Sequence[AcquisitionTerms]]) -> bool:
    """Tell whether the person may learn that the asset exists: they see it, process it, or keep it."""
    held = [case.people.permissions(case.actor.id, one.batch, case.now) for one in ways[0]]
    if all(Permission.CUSTODY in one for one in held):
        return True
    if case.purpose in _PROCESSING and any(Permission.PROCESS in one for one in held):
        return True
    seeing = replace(case, purpose=Purpose.VIEW, outside=False)
    return any(_through(seeing, way).allowed for way in ways)


def _merged(passed: Sequence[Decision]) -> Decision:
    """Join the ways that are open: what one of them shows is shown."""
    return replace(
        passed[0],
        through=frozenset().union(*(one.through for one in passed)),
        sources=frozenset().union(*(one.sources for one in passed)),
        withheld=frozenset.intersection(*(one.withheld for one in passed)),
        terms=combined(one.terms for one in passed if one.terms),
    )


def _recipient(given: str | None) -> str | None:
    try:
        return None if given is None else spelled(given)
    except ValueError:  # not a name, so nobody allowed it
        return None


def _why(codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(CODES[code].meaning for code in codes)
