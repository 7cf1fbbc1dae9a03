"""Stage: a function that reads what is known of an asset and says one thing more.

The decorator only writes down what the function needs; the runner obeys it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.core.body import Body
from pipeline.core.model import Asset, Coverage, Derivative, Enrichment, Kind, Media, Outcome
from pipeline.core.ports import Engine, MediaTools
from pipeline.errors import Misconfigured

TASKS = ("extract", "transcribe", "tag_objects", "translate", "geolocate")
"""The tasks of ``process_batch`` that run stages, in order."""

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
class Job:
    """All that a stage may touch: one asset, what is known of it, and the ports it was handed.

    ``put`` takes a file over as a derivative; ``derivative`` returns the file of a role of an
    enrichment that was read, made again when it is not on this host. ``scratch`` is an empty
    folder that is gone afterwards. ``limits`` are the numbers that the stage declared.
    """

    asset: Asset
    path: Path
    known: Mapping[Kind, Enrichment]
    tools: MediaTools
    scratch: Path
    limits: Mapping[str, Any]
    put: Callable[..., Derivative]
    derivative: Callable[[Kind, str], Path]

    def body(self, kind: Kind) -> Mapping[str, Any]:
        """Return the body of an input that is ``done``; an empty mapping when it is not there."""
        found = self.known.get(kind)
        return found.body if found else {}


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
    task: str = "extract",
    tools: tuple[str, ...] = (),
    limits: tuple[str, ...] = (),
) -> Callable[[Work], Work]:
    """Register the decorated function as a stage named after it.

    ``reads`` must be ``done`` first (else the stage takes over that outcome); ``maybe`` is read
    if there. ``tools`` names the programs whose versions can change the result, ``limits`` the
    settings that can. ``media=None`` means any bytes at all.
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
            tools=tools, limits=limits, work=work,
        )  # fmt: skip
        return work

    return register


def registered() -> tuple[Stage, ...]:
    """Every stage known, by name."""
    return tuple(_stages[name] for name in sorted(_stages))


def forget(name: str) -> None:
    """Take a stage out again: for tests that drop one in."""
    _stages.pop(name, None)
