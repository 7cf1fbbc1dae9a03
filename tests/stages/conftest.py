"""A line of real tools and engines for the stages, without vault, catalogue or runner."""

import hashlib
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pipeline.core.model import Asset, AssetId, Derivative, Enrichment, Kind, Maker, Outcome
from pipeline.core.ports import Engine, MediaTools
from pipeline.errors import Misconfigured, Refused
from pipeline.plan import plan
from pipeline.runner.short_cuts import short_cut
from pipeline.settings import Settings, read_settings
from pipeline.stages import all_stages
from pipeline.stages.base import Acquired, Job, Result, Stage
from pipeline.tools import open_tools
from pipeline.usecases.schemas import body_of


@dataclass(kw_only=True)
class Line:
    """Puts one file through the stages, each result as it would be recorded."""

    folder: Path
    tools: MediaTools
    engines: Callable[[Any], Engine]
    has: Callable[[Any], bool]
    settings: Settings

    def run(self, file: Path, *names: str, acquired: tuple[Acquired, ...] = ()) -> dict[str, Enrichment]:
        """Run the stages named and those that they need or may read, in order."""
        stages = {one.name: one for one in all_stages()}
        data = file.read_bytes()
        asset = Asset(
            id=AssetId(hashlib.sha256(data).hexdigest()), sha512=hashlib.sha512(data).hexdigest(), bytes=len(data)
        )
        known: dict[Kind, Enrichment] = {}
        order = _needed(names, stages)
        for name in order:
            known[stages[name].writes] = self._one(stages[name], asset, file, known, acquired)
        return {one.name: known[one.writes] for one in stages.values() if one.writes in known}

    def _further(self, stage: Stage) -> list[Engine | None]:
        return [self.engines(port) if self.has(port) else None for port in stage.also]

    def _one(
        self, stage: Stage, asset: Asset, file: Path, known: Mapping[Kind, Enrichment], acquired: tuple[Acquired, ...]
    ) -> Enrichment:
        mine = _handed_over(stage, known)
        settled = short_cut(stage, mine)
        result = settled[1] if settled else self._work(stage, asset, file, mine, acquired)
        if result.body:
            _shape(stage).validate(result.body.model_dump(mode="json"))
        return Enrichment(
            asset=asset.id, kind=stage.writes, maker=Maker(stage=stage.name, version=stage.version), basis=(),
            outcome=result.outcome, made_at="2026-01-01T00:00:00Z", code=result.code, reason=result.reason,
            coverage=result.coverage, body=result.body.model_dump(mode="json") if result.body else {},
            derivatives=result.derivatives,
        )  # fmt: skip

    def _work(
        self, stage: Stage, asset: Asset, file: Path, known: Mapping[Kind, Enrichment], acquired: tuple[Acquired, ...]
    ) -> Result:
        scratch = self.folder / f"{asset.id[:12]}-{stage.name}"
        scratch.mkdir(exist_ok=True)

        def derivative(kind: Kind, role: str) -> Path:
            return self.folder / next(one.sha256 for one in known[kind].derivatives if one.role == role)

        limits = self.settings.limits.model_dump()
        job = Job(
            asset=asset, path=file, known=known, tools=self.tools, scratch=scratch,
            limits={name: limits[name] for name in stage.limits}, put=self._put, derivative=derivative,
            acquired=acquired if stage.facts else (),
        )  # fmt: skip
        try:
            first = [self.engines(stage.engine)] if stage.engine else []
            return stage.work(job, *first, *self._further(stage))
        except Refused as err:
            outcome = Outcome.UNSUPPORTED if err.code.startswith("U-") else Outcome.REFUSED
            return Result(outcome=outcome, code=err.code, reason=err.reason)

    def _put(self, file: Path, *, role: str, media_type: str, keep: bool) -> Derivative:
        data = file.read_bytes()
        name = hashlib.sha256(data).hexdigest()
        file.replace(self.folder / name)
        return Derivative(role=role, sha256=name, bytes=len(data), media_type=media_type, keep=keep)


def _needed(names: Iterable[str], stages: Mapping[str, Stage]) -> list[str]:
    """Return the stages named and all that they read or may read, in order; each reads what the bytes are."""
    makers = {one.writes: one.name for one in stages.values()}
    wanted, found = [*names], {"identify"}
    while wanted:
        name = wanted.pop()
        found.add(name)
        wanted += [makers[kind] for kind in (*stages[name].reads, *stages[name].maybe)]
    return [step.stage.name for step in plan() if step.stage.name in found]


def _handed_over(stage: Stage, known: Mapping[Kind, Enrichment]) -> dict[Kind, Enrichment]:
    """Return what the runner hands over: an input that it may read only if done, but for those that it heeds."""
    whatever = {*stage.reads, *stage.heeds, *(() if stage.media is None else (Kind.FORMAT,))}
    return {
        kind: one
        for kind, one in known.items()
        if kind in whatever or (kind in stage.maybe and one.outcome is Outcome.DONE)
    }


@cache
def _shape(stage: Stage) -> Draft202012Validator:
    return Draft202012Validator(body_of(stage).model_json_schema(mode="serialization"))


@cache
def _engine(port: Any) -> Engine:
    from pipeline.engines.registry import open_engine
    from pipeline.weights import ensure_lock

    settings = read_settings()
    try:
        return open_engine(port, settings, ensure_lock(settings))
    except Misconfigured as err:
        pytest.skip(f"no weights here: {err.reason}")


@cache
def _has(port: Any) -> bool:
    from pipeline.engines.registry import port_name
    from pipeline.weights import ensure_lock

    return port_name(port) in ensure_lock(read_settings()).ports


@pytest.fixture
def line(tmp_path: Path) -> Line:
    """A line over the real tools, and the real engines where their weights are here."""
    folder = tmp_path / "derivatives"
    folder.mkdir()
    settings = read_settings()
    return Line(folder=folder, tools=open_tools(settings), engines=_engine, has=_has, settings=settings)


@pytest.fixture
def film(testdata: Path, tmp_path: Path) -> Path:
    """A film of two shots, two seconds each: a bus with people, then a red parrot."""
    file = tmp_path / "film.mp4"
    shown = [testdata / "photo_objects" / name for name in ("bus.jpg", "coral_parrot.jpg")]
    given = [part for one in shown for part in ("-loop", "1", "-t", "2", "-framerate", "10", "-i", str(one))]
    fit = "scale=640:640:force_original_aspect_ratio=decrease,pad=640:640:-1:-1,setsar=1,format=yuv420p"
    join = f"[0]{fit}[a];[1]{fit}[b];[a][b]concat"
    subprocess.run(["ffmpeg", "-v", "error", *given, "-filter_complex", join, str(file)], check=True)
    return file
