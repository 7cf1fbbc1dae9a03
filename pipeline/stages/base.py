"""Stage: a function that reads what is known of an asset and says one thing more.

The decorator only writes down what the function needs; the runner obeys it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.core.body import Body
from pipeline.core.model import Asset, Coverage, Derivative, Enrichment, Kind, Media, Outcome
from pipeline.core.ports import Engine, MediaTools, Still
from pipeline.errors import Misconfigured

LOOKS = "looks"
"""The derivative of the keyframes that holds all of them, small."""

TASKS = ("extract", "transcribe", "tag_objects", "translate", "geolocate")
"""The tasks of ``process_batch`` that run stages, in order."""

LOOKING = ("max_pixels", "tool_seconds", "memory_bytes", "picture_memory_bytes", "answer_bytes")
"""The limits that bound the reading of a picture: of ``Job.stills``, a camera's raw picture included."""

DECODING = (
    "max_pixels", "max_streams", "tool_seconds", "decode_seconds", "stall_seconds", "memory_bytes", "answer_bytes",
)  # fmt: skip
"""The limits that bound the decoding of a recording ; ``output_bytes`` bounds what it writes."""

TAGS = ("max_tags", "max_tag_characters")
"""The limits that bound what is kept of what a file says of itself."""

MEDIA = frozenset({Media.IMAGE, Media.VIDEO, Media.AUDIO})


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a stage found. Each but ``done`` needs a code."""

    body: Body | None = None
    outcome: Outcome = Outcome.DONE
    coverage: Coverage | None = None
    code: str | None = None
    reason: str | None = None
    derivatives: tuple[Derivative, ...] = ()


def done(body: Body, *, coverage: Coverage | None = None, derivatives: Iterable[Derivative] = ()) -> Result:
    """Something was found."""
    return Result(body=body, coverage=coverage, derivatives=tuple(derivatives))


def empty(code: str, reason: str, *, body: Body | None = None, coverage: Coverage | None = None) -> Result:
    """It ran properly and found nothing."""
    return Result(outcome=Outcome.EMPTY, code=code, reason=reason, body=body, coverage=coverage)


def not_applicable(code: str, reason: str) -> Result:
    """It does not concern this material."""
    return Result(outcome=Outcome.NOT_APPLICABLE, code=code, reason=reason)


def unsupported(code: str, reason: str, *, body: Body | None = None, coverage: Coverage | None = None) -> Result:
    """No configured engine covers it; the body holds the evidence for that."""
    return Result(outcome=Outcome.UNSUPPORTED, code=code, reason=reason, body=body, coverage=coverage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquired:
    """What a stage that declares ``facts`` is told of one way in which the asset came.

    ``facts`` holds the facts declared, ``None`` where unknown. ``sidecars`` are files that came beside it
    under the same name: file name → its bytes, a read-only file.
    """

    batch: str
    n: int
    facts: Mapping[str, str | None]
    sidecars: Mapping[str, Path]
    mark: str
    """A salted digest of all this: part of the key, and nothing else that could be told from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """All that a stage may touch: one asset, what is known of it, and the ports it was handed.

    ``put`` takes a file over as a derivative; ``derivative`` returns the file of a role of an
    enrichment that was read, made again when it is not on this host. ``scratch`` is an empty
    folder that is gone afterwards. ``limits`` are the numbers that the stage declared, ``acquired``
    how the asset came, for a stage that declared ``facts``.
    """

    asset: Asset
    path: Path
    known: Mapping[Kind, Enrichment]
    tools: MediaTools
    scratch: Path
    limits: Mapping[str, Any]
    put: Callable[..., Derivative]
    derivative: Callable[[Kind, str], Path]
    acquired: tuple[Acquired, ...] = ()
    outside: bool = False
    """Whether the conditions of the asset let an outside service hear of it, for a stage that declared ``outside``."""

    def stills(self) -> Sequence[Still]:
        """Return the pictures to look at: the photograph itself, and the keyframes of what moves.

        They are decoded once for all stages that look at them. Without keyframes a video has none.
        """
        shots: Sequence[Mapping[str, Any]] = self.body(Kind.KEYFRAMES).get("shots", ())
        photograph = self.body(Kind.FORMAT).get("media") == Media.IMAGE
        looks = self.derivative(Kind.KEYFRAMES, LOOKS) if shots else None
        return self.tools.stills(
            self.path if photograph else None, looks, shots, lambda frame: self.derivative(Kind.KEYFRAMES, frame)
        )

    def body(self, kind: Kind) -> Mapping[str, Any]:
        """Return the body of an input that is ``done``; an empty mapping when it is not there."""
        found = self.known.get(kind)
        return found.body if found and found.outcome is Outcome.DONE else {}


Work = Callable[..., Result]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One step of the line: what it reads, what it writes, for which media, through which engine."""

    name: str
    version: int
    reads: tuple[Kind, ...]
    maybe: tuple[Kind, ...]
    writes: Kind
    media: frozenset[Media] | None
    engine: type[Engine] | None
    task: str
    tools: tuple[str, ...]
    limits: tuple[str, ...]
    work: Work
    also: tuple[type[Engine], ...] = ()
    facts: tuple[str, ...] = ()
    outside: bool = False
    heeds: tuple[Kind, ...] = ()

    @property
    def engines(self) -> tuple[type[Engine], ...]:
        """The engines that the work is called with, in order."""
        return ((self.engine,) if self.engine else ()) + self.also

    def accepts(self, media: Media) -> bool:
        """Tell whether this stage concerns such material."""
        return self.media is None or media in self.media


_stages: dict[str, Stage] = {}


def stage(
    *,
    version: int,
    writes: Kind,
    reads: tuple[Kind, ...] = (Kind.FORMAT,),
    maybe: tuple[Kind, ...] = (),
    media: Iterable[Media] | None = MEDIA,
    engine: Any = None,
    also: tuple[Any, ...] = (),
    task: str = "extract",
    tools: tuple[str, ...] = (),
    limits: tuple[str, ...] = (),
    facts: tuple[str, ...] = (),
    outside: bool = False,
    heeds: tuple[Kind, ...] = (),
) -> Callable[[Work], Work]:
    """Register the decorated function as a stage named after it.

    ``reads`` must be ``done`` first (else the stage takes over that outcome); ``maybe`` is read if there and
    ``done``; of those that it ``heeds`` it is told any other outcome too (in ``job.known``), so that it need
    not take speech in a language that nobody reads for silence. ``tools`` names the programs whose versions
    can change the result, ``limits`` the settings that can: all by which its tools are bound (``LOOKING``,
    ``DECODING``), and its own. ``media=None`` means any bytes at all. ``also``
    are further engines, each ``None`` when this home has none. ``facts`` are what it reads of each
    acquisition, as its register names them (``filename``), and ``sidecars``. ``outside``: it may speak to a
    service that is not ours, where the settings name one and ``job.outside`` says that the conditions allow
    it.
    """

    def register(work: Work) -> Work:
        name = work.__name__
        if (old := _stages.get(name)) and old.work.__module__ != work.__module__:
            raise Misconfigured(f"two stages are called {name!r}", code="E-CONF-007")
        if task not in TASKS:
            raise Misconfigured(f"stage {name!r} names the unknown task {task!r}", code="E-CONF-007")
        _stages[name] = Stage(
            name=name, version=version, reads=reads, maybe=maybe, writes=writes,
            media=None if media is None else frozenset(media), engine=engine, task=task,
            tools=tools, limits=limits, work=work, also=also, facts=facts, outside=outside, heeds=heeds,
        )  # fmt: skip
        return work

    return register


def registered() -> tuple[Stage, ...]:
    """Every stage known, by name."""
    return tuple(_stages[name] for name in sorted(_stages))


def forget(name: str) -> None:
    """Take a stage out again: for tests that drop one in."""
    _stages.pop(name, None)
