"""The nouns: what a batch is made of, and what can be said of an asset."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, ClassVar, NewType

from pipeline.core.canonical import digest

AssetId = NewType("AssetId", str)
"""SHA-256 of the original bytes, lower-case hex: an asset's only name."""

EnrichmentId = NewType("EnrichmentId", str)
Key = NewType("Key", str)


class Media(StrEnum):
    """What sort of thing the bytes are."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    OTHER = "other"


class Kind(str):
    """What an enrichment speaks of. The line's own kinds are named here; a new stage may name its own."""

    __slots__ = ()

    FORMAT: ClassVar["Kind"]
    SCAN: ClassVar["Kind"]
    PROBE: ClassVar["Kind"]
    AUDIO: ClassVar["Kind"]
    KEYFRAMES: ClassVar["Kind"]
    PREVIEWS: ClassVar["Kind"]
    FINGERPRINT: ClassVar["Kind"]
    SPEECH: ClassVar["Kind"]
    TRANSCRIPT: ClassVar["Kind"]
    OCR: ClassVar["Kind"]
    TRANSLATION: ClassVar["Kind"]
    OBJECTS: ClassVar["Kind"]
    TAGS: ClassVar["Kind"]
    SENSITIVITY: ClassVar["Kind"]
    PLACES: ClassVar["Kind"]


Kind.FORMAT = Kind("format")
Kind.SCAN = Kind("scan")
Kind.PROBE = Kind("probe")
Kind.AUDIO = Kind("audio")
Kind.KEYFRAMES = Kind("keyframes")
Kind.PREVIEWS = Kind("previews")
Kind.FINGERPRINT = Kind("fingerprint")
Kind.SPEECH = Kind("speech")
Kind.TRANSCRIPT = Kind("transcript")
Kind.OCR = Kind("ocr")
Kind.TRANSLATION = Kind("translation")
Kind.OBJECTS = Kind("objects")
Kind.TAGS = Kind("tags")
Kind.SENSITIVITY = Kind("sensitivity")
Kind.PLACES = Kind("places")


class Outcome(StrEnum):
    """How a stage ended. The vocabulary is closed; each but ``done`` comes with a code."""

    DONE = "done"
    EMPTY = "empty"
    NOT_APPLICABLE = "not_applicable"
    UNSUPPORTED = "unsupported"
    REFUSED = "refused"
    FAILED = "failed"
    HELD = "held"

    @property
    def final(self) -> bool:
        """Whether a kept result of this kind makes doing the work again unnecessary.

        ``unsupported`` is final while the engines stay the same: the engines are part of the
        key, so another set of engines looks under another key.
        """
        return self not in {Outcome.FAILED, Outcome.HELD}


class Source(StrEnum):
    """How material came to us."""

    SUBMITTED = "submitted"
    OPEN_SOURCE = "open-source"
    INTERVIEW = "interview"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One preserved content. Never edited."""

    id: AssetId
    sha512: str
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How much of the material a result rests on.

    ``of`` and ``read`` count ``unit`` (``seconds``, ``frames``, ``bytes``); ``of`` is what the
    container promises where that is plausible for its bytes, else ``None`` with the flag
    ``declared_implausible``. ``gaps`` are ``(start, end, code)``.
    """

    unit: str
    of: float | None
    read: float
    gaps: tuple[tuple[float, float, str], ...] = ()
    flags: tuple[str, ...] = ()

    @property
    def partial(self) -> bool:
        """Whether something that was promised was not read."""
        short = self.of is not None and self.read < self.of
        return short or bool(self.gaps) or "decode_error" in self.flags

    def as_json(self) -> dict[str, Any]:
        """Return the coverage as it stands in an enrichment."""
        return {
            "unit": self.unit,
            "of": self.of,
            "read": self.read,
            "gaps": [list(gap) for gap in self.gaps],
            "flags": list(self.flags),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Coverage":
        """Read a coverage back."""
        return cls(
            unit=value["unit"],
            of=value["of"],
            read=value["read"],
            gaps=tuple((gap[0], gap[1], gap[2]) for gap in value["gaps"]),
            flags=tuple(value.get("flags", ())),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """Who made a statement: everything that can change the result, enough to make it again."""

    stage: str
    version: int
    engine: str | None = None
    model: str | None = None
    weights_sha256: str | None = None
    provenance: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivative:
    """A file made from an asset, named by its content. ``keep`` ones are written back."""

    role: str
    sha256: str
    bytes: int
    media_type: str
    keep: bool


@dataclass(frozen=True, kw_only=True)
class Enrichment:
    """An append-only statement about an asset, and who made it from what."""

    asset: AssetId
    kind: Kind
    maker: Maker
    basis: tuple[EnrichmentId, ...]
    outcome: Outcome
    made_at: str
    code: str | None = None
    reason: str | None = None
    coverage: Coverage | None = None
    body: Mapping[str, Any] = field(default_factory=dict)
    derivatives: tuple[Derivative, ...] = ()
    supersedes: tuple[EnrichmentId, ...] = ()
    facts: tuple[str, ...] = ()
    """Salted digests of what was read of an acquisition, for stages that read one."""
    of_acquisition: tuple[str, int] | None = None
    """(batch, n) when the statement rests on one acquisition and is shown only with it."""
    by: str = "machine"
    reviewer: str | None = None

    @cached_property
    def key(self) -> Key:
        """What determines the work, known before it is done."""
        return key_of(self.asset, self.kind, self.maker, (*self.basis, *self.facts))

    @cached_property
    def id(self) -> EnrichmentId:
        """What was said, and under which key."""
        coverage = self.coverage.as_json() if self.coverage else None
        return EnrichmentId(digest([self.key, self.outcome, self.code, coverage, dict(self.body)]))

    def as_json(self) -> dict[str, Any]:
        """Return the record as it is written to the vault and shown."""
        return {
            "id": self.id,
            "key": self.key,
            "asset": self.asset,
            "kind": str(self.kind),
            "outcome": str(self.outcome),
            "code": self.code,
            "reason": self.reason,
            "coverage": self.coverage.as_json() if self.coverage else None,
            "made_at": self.made_at,
            "basis": list(self.basis),
            "facts": list(self.facts),
            "of_acquisition": list(self.of_acquisition) if self.of_acquisition else None,
            "supersedes": list(self.supersedes),
            "by": self.by,
            "reviewer": self.reviewer,
            "maker": {name: getattr(self.maker, name) for name in Maker.__slots__},
            "derivatives": [asdict(one) for one in self.derivatives],
            "body": dict(self.body),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Enrichment":
        """Read a record back; unknown members of newer versions are ignored."""
        acquisition = value.get("of_acquisition")
        return cls(
            asset=AssetId(value["asset"]),
            kind=Kind(value["kind"]),
            maker=Maker(**value["maker"]),
            basis=tuple(EnrichmentId(one) for one in value["basis"]),
            outcome=Outcome(value["outcome"]),
            made_at=value["made_at"],
            code=value["code"],
            reason=value["reason"],
            coverage=Coverage.from_json(value["coverage"]) if value["coverage"] else None,
            body=value["body"],
            derivatives=tuple(Derivative(**one) for one in value["derivatives"]),
            supersedes=tuple(EnrichmentId(one) for one in value["supersedes"]),
            facts=tuple(value.get("facts", ())),
            of_acquisition=(acquisition[0], acquisition[1]) if acquisition else None,
            by=value["by"],
            reviewer=value["reviewer"],
        )


def key_of(asset: AssetId, kind: Kind, maker: Maker, basis: tuple[str, ...]) -> Key:
    """Name a result by its inputs, before the work is done."""
    return Key(digest([asset, str(kind), {name: getattr(maker, name) for name in Maker.__slots__}, sorted(basis)]))
