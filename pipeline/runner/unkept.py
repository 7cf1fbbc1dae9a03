"""Unkept: stages run on a file that is not preserved; what they say stays in memory, and files in a borrowed folder."""

import hashlib
import secrets
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.core.clock import now_text
from pipeline.core.model import Asset, Derivative, Enrichment, Kind, Maker, Outcome
from pipeline.core.ports import MediaTools
from pipeline.errors import PipelineError, Refused
from pipeline.plan import Step
from pipeline.runner.short_cuts import short_cut
from pipeline.stages.base import Job, Result, Stage

Said = dict[Kind, Enrichment]


class Unkept:
    """One file at work; ``scratch`` is an empty folder that the caller removes."""

    def __init__(
        self, asset: Asset, path: Path, *, tools: MediaTools, limits: Mapping[str, Any], scratch: Path
    ) -> None:
        self._asset = asset
        self._path = path
        self._tools = tools
        self._limits = limits
        self._scratch = scratch
        self._said: Said = {}

    def run(self, steps: Sequence[Step], kinds: Collection[Kind]) -> Said:
        """Run the steps that write these kinds, none of which needs an engine; return what they said."""
        for step in steps:
            if step.stage.writes in kinds:
                self._said[step.stage.writes] = self._run(step.stage)
        return self._said

    def _run(self, stage: Stage) -> Enrichment:
        wanted = {*stage.reads, *({Kind.FORMAT} if stage.media is not None else ())}
        inputs = {
            kind: one for kind, one in self._said.items()
            if kind in wanted or kind in stage.heeds or (kind in stage.maybe and one.outcome is Outcome.DONE)
        }  # fmt: skip
        short = short_cut(stage, inputs)
        result = short[1] if short else self._work(stage, inputs)
        return Enrichment(
            asset=self._asset.id, kind=stage.writes, maker=Maker(stage=stage.name, version=stage.version), basis=(),
            outcome=result.outcome, made_at=now_text(), code=result.code, reason=result.reason,
            coverage=result.coverage, body=result.body.model_dump(mode="json") if result.body else {},
            derivatives=result.derivatives,
        )  # fmt: skip

    def _work(self, stage: Stage, inputs: Said) -> Result:
        room = self._scratch / f"room-{secrets.token_hex(4)}"
        room.mkdir()
        job = Job(
            asset=self._asset, path=self._path, known=inputs, tools=self._tools, scratch=room,
            limits={name: self._limits[name] for name in stage.limits}, put=self._put, derivative=self._derivative,
        )  # fmt: skip
        try:
            return stage.work(job)
        except Refused as err:
            outcome = Outcome.UNSUPPORTED if err.code.startswith("U-") else Outcome.REFUSED
            return Result(outcome=outcome, code=err.code, reason=err.reason)

    def _put(self, file: Path, *, role: str, media_type: str, keep: bool) -> Derivative:
        with file.open("rb") as data:
            sha256 = hashlib.file_digest(data, "sha256").hexdigest()
        file.replace(self._scratch / sha256)
        size = (self._scratch / sha256).stat().st_size
        return Derivative(role=role, sha256=sha256, bytes=size, media_type=media_type, keep=keep)

    def _derivative(self, kind: Kind, role: str) -> Path:
        made = next((one for one in self._said[kind].derivatives if one.role == role), None)
        if made is None:
            raise PipelineError(f"{kind} has no derivative {role!r}", code="E-STAGE-001")
        return self._scratch / made.sha256
