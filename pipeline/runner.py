"""Runner: one stage on one asset: look up, ask the gate, do, sign, keep."""

import logging
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from pydantic import ValidationError

from pipeline.catalogue import Catalogue, Row
from pipeline.core.clock import now_text
from pipeline.core.model import (
    Asset,
    AssetId,
    Derivative,
    Enrichment,
    EnrichmentId,
    Kind,
    Maker,
    Media,
    Outcome,
    key_of,
)  # fmt: skip
from pipeline.core.ports import Derivatives, Engine, MediaTools, Vault
from pipeline.errors import Corrupt, Misconfigured, PipelineError, Refused, Unavailable
from pipeline.plan import Step
from pipeline.stages.base import Acquired, Job, Result, Stage

_log = logging.getLogger(__name__)
_OURS = ("E-SUBMIT-", "E-FIND-")
"""Refusals that are about a path or a question; met inside the line, they are our fault."""


class Engines(Protocol):
    """Engines by port: who they are (cheap), and the loaded thing (dear, once a process)."""

    def identity(self, port: type[Engine]) -> Engine: ...  # noqa: D102
    def load(self, port: type[Engine]) -> Engine: ...  # noqa: D102
    def has(self, port: type[Engine]) -> bool: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class Redo:
    """What to do again although a result is kept. ``failed`` needs nothing: an attempt never blocks a new one."""

    everything: bool = False
    stage: str | None = None
    model: str | None = None

    def wants(self, stage: Stage, maker: Maker) -> bool:
        """Tell whether a kept result of this stage is to be made again."""
        if self.everything or stage.name == self.stage:
            return True
        others = (one["model"] for one in maker.parameters.get("also", {}).values() if one)
        return self.model is not None and self.model in (maker.model, *others)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The ports that the runner works with."""

    vault: Vault
    catalogue: Catalogue
    derivatives: Derivatives
    tools: MediaTools
    engines: Engines
    limits: Mapping[str, Any]
    confirm: Callable[[AssetId], Callable[[Any], None]]
    """What must hold in the transaction that keeps a result: that the work is still ours."""
    may_process: Callable[[AssetId, Kind, bool], tuple[bool, str | None, str]]
    """Whether the gate lets this be made of an asset now, by an outside service or not; else code and reason."""
    acquired: Callable[[AssetId, tuple[str, ...], Path], tuple[Acquired, ...]] = lambda _asset, _facts, _into: ()
    """What is known of each way in which an asset came; side-cars are lent into a folder."""


class _Read(threading.local):
    """What was said of the asset that this thread works on; a statement never changes under its id."""

    asset: AssetId | None = None
    known: Mapping[EnrichmentId, Enrichment] = {}

    def learn(self, asset: AssetId, said: Mapping[EnrichmentId, Enrichment]) -> None:
        """Remember what was said, for the stages that follow ask for it."""
        before = self.known if self.asset == asset else {}
        self.asset, self.known = asset, {**before, **said}


class Runner:
    """Runs steps of one plan. Several threads may run it at once, each on assets of its own."""

    def __init__(self, parts: Parts, steps: Sequence[Step]) -> None:
        self._parts = parts
        self._by_kind = {step.stage.writes: step.stage for step in steps}
        self._read = _Read()
        self.scratch: dict[AssetId, set[str]] = {}
        """Scratch derivatives made here, by asset: for whoever ends the work to drop."""

    def run(self, asset: Asset, stage: Stage, redo: Redo | None = None) -> Row | None:
        """Run one stage on one asset and return its ledger row; ``None`` when an input is still pending.

        What the material forbids becomes an outcome. ``Unavailable``, ``Misconfigured`` and
        ``Corrupt`` are the caller's, who knows whether to try again; nothing is recorded then.
        """
        rows = self._parts.catalogue.rows(asset.id)
        before = rows.get(stage.name)
        inputs = self._inputs(asset, stage, rows)
        if inputs is None:
            return None
        if short := _short_cut(stage, inputs):
            return self._keep(asset, stage, short, before=before)
        outside = stage.outside and self._parts.may_process(asset.id, stage.writes, True)[0]
        maker = self._maker(stage, outside=outside)
        basis = tuple(inputs[kind].id for kind in (*stage.reads, *stage.maybe) if kind in inputs)
        facts = self._facts(asset, stage)
        # What was never said is under no key.
        key = key_of(asset.id, stage.writes, maker, (*basis, *facts)) if before else None
        kept = self._parts.catalogue.by_key(key) if key else None
        if kept and not (redo and redo.wants(stage, maker)):
            return self._keep_kept(asset, stage, before, kept.id)
        allowed, code, reason = self._parts.may_process(asset.id, stage.writes, False)
        if not allowed:
            result = Result(outcome=Outcome.HELD, code=code, reason=reason)
        else:
            result = self._do(asset, stage, inputs, outside=outside)
        rests_on = tuple(inputs[k] for k in inputs if inputs[k].id in basis)
        return self._keep(asset, stage, (maker, result, rests_on), before=before, facts=facts)

    def give_up(self, asset: Asset, stage: Stage, err: PipelineError) -> Row:
        """Record that a stage failed after all tries: an attempt, which never blocks a new one."""
        result = Result(outcome=Outcome.FAILED, code=err.code, reason=err.reason)
        before = self._parts.catalogue.row(asset.id, stage.name)
        maker = Maker(stage=stage.name, version=stage.version)
        return self._keep(asset, stage, (maker, result, ()), before=before)

    # --- before the work

    def _inputs(self, asset: Asset, stage: Stage, rows: Mapping[str, Row]) -> dict[Kind, Enrichment] | None:
        wanted = list(stage.reads)
        if stage.media is not None and Kind.FORMAT not in wanted:
            wanted.append(Kind.FORMAT)
        found: dict[Kind, Enrichment] = {}
        for kind in (*wanted, *stage.maybe):
            maker = self._by_kind.get(kind)
            row = rows.get(maker.name) if maker else None
            current = self._enrichment(asset.id, row.enrichment) if row and row.enrichment else None
            if current is None and kind in wanted:
                return None
            if current and (kind in (*wanted, *stage.heeds) or current.outcome is Outcome.DONE):
                found[kind] = current
        return found

    def _enrichment(self, asset: AssetId, wanted: EnrichmentId) -> Enrichment:
        """Find what was said of an asset; all of it is read once, for the stages that follow ask again."""
        read = self._read
        if read.asset != asset or wanted not in read.known:
            records = [*self._parts.vault.records(asset)]
            records += [entry.record for entry in self._parts.catalogue.unwritten(asset) if entry.record]
            read.learn(asset, {EnrichmentId(one["id"]): Enrichment.from_json(one) for one in records})
        if wanted not in read.known:
            raise Corrupt(f"enrichment {wanted} of {asset} is not in the vault", code="E-VAULT-003")
        return read.known[wanted]

    def _facts(self, asset: Asset, stage: Stage) -> tuple[str, ...]:
        if not stage.facts:
            return ()
        with self._parts.derivatives.workspace() as folder:
            return tuple(sorted(one.mark for one in self._parts.acquired(asset.id, stage.facts, folder)))

    def _also(self, stage: Stage) -> dict[str, Any]:
        """Cite the further engines of a stage; one that this home has not is cited as none."""
        found: dict[str, Any] = {}
        for port in stage.also:
            who = self._parts.engines.identity(port) if self._parts.engines.has(port) else None
            found[port.__name__] = {
                "engine": who.engine, "model": who.model, "weights_sha256": who.weights_sha256,
                "provenance": who.provenance, "parameters": dict(who.parameters), "environment": dict(who.environment),
            } if who else None  # fmt: skip
        return found

    def _maker(self, stage: Stage, *, outside: bool) -> Maker:
        parameters = {name: self._parts.limits[name] for name in stage.limits}
        if outside:
            parameters["outside"] = True
        if stage.also:
            parameters["also"] = self._also(stage)
        environment: dict[str, Any] = dict(self._parts.tools.environment(*stage.tools)) if stage.tools else {}
        if stage.engine is None:
            return Maker(stage=stage.name, version=stage.version, parameters=parameters, environment=environment)
        who = self._parts.engines.identity(stage.engine)
        return Maker(
            stage=stage.name, version=stage.version, engine=who.engine, model=who.model,
            weights_sha256=who.weights_sha256, provenance=who.provenance,
            parameters={**parameters, **who.parameters}, environment={**environment, **who.environment},
        )  # fmt: skip

    # --- the work

    def _do(self, asset: Asset, stage: Stage, inputs: Mapping[Kind, Enrichment], *, outside: bool) -> Result:
        try:
            return self._work(asset, stage, inputs, outside=outside)
        except (Unavailable, Misconfigured, Corrupt):
            raise
        except Refused as err:
            if err.code.startswith(_OURS):
                return Result(outcome=Outcome.FAILED, code="E-STAGE-001", reason=f"{err.code} inside the line")
            outcome = Outcome.UNSUPPORTED if err.code.startswith("U-") else Outcome.REFUSED
            return Result(outcome=outcome, code=err.code, reason=err.reason)
        except PipelineError as err:
            return Result(outcome=Outcome.FAILED, code=err.code, reason=err.reason)
        except ValidationError as err:
            _log.error("%s broke its own schema: %s", stage.name, [one["loc"] for one in err.errors()])
            return Result(outcome=Outcome.FAILED, code="E-STAGE-002", reason=f"{err.error_count()} members are wrong")
        except Exception as err:  # noqa: BLE001 (our fault, whatever it is: one item fails, not the shard)
            # The message may quote the material; a log must not. Type and place are enough to find it.
            where = traceback.extract_tb(err.__traceback__)[-1]
            place = f"{type(err).__name__} at {Path(where.filename).name}:{where.lineno}"
            _log.error("%s failed: %s", stage.name, place)
            return Result(outcome=Outcome.FAILED, code="E-STAGE-001", reason=place)

    def _work(self, asset: Asset, stage: Stage, inputs: Mapping[Kind, Enrichment], *, outside: bool = False) -> Result:
        parts = self._parts
        with parts.vault.original(asset.id) as path, parts.derivatives.workspace() as scratch:
            job = Job(
                asset=asset, path=path, known=inputs, tools=parts.tools, scratch=scratch,
                limits={name: parts.limits[name] for name in stage.limits},
                put=partial(self._put, asset.id),
                derivative=partial(self._derivative, asset, inputs, scratch),
                acquired=parts.acquired(asset.id, stage.facts, scratch) if stage.facts else (), outside=outside,
            )  # fmt: skip
            shelf = parts.engines
            further = (shelf.load(port) if shelf.has(port) else None for port in stage.also)
            return stage.work(job, *((shelf.load(stage.engine),) if stage.engine else ()), *further)

    def _put(self, asset: AssetId, file: Path, *, role: str, media_type: str, keep: bool) -> Derivative:
        made = self._parts.derivatives.put(file, role=role, media_type=media_type, keep=keep)
        if not keep:
            self.scratch.setdefault(asset, set()).add(made.sha256)
        return made

    def _derivative(
        self, asset: Asset, inputs: Mapping[Kind, Enrichment], scratch: Path, kind: Kind, role: str
    ) -> Path:
        """Lend a derivative of an input; make it again when it was made on another host or dropped.

        It is lent as a link of its own: another asset with the same derivative may drop it meanwhile.
        """
        wanted = next((one for one in inputs[kind].derivatives if one.role == role), None)
        if wanted is None:
            raise PipelineError(f"{kind} has no derivative {role!r}", code="E-STAGE-001")
        store = self._parts.derivatives
        if here := store.lend(wanted.sha256, scratch) or self._parts.vault.kept(asset.id, wanted.sha256):
            return here
        maker = self._by_kind[kind]
        before = self._inputs(asset, maker, self._parts.catalogue.rows(asset.id))
        if before is None:
            raise PipelineError(f"the input of {kind} is gone", code="E-STAGE-001")
        self._work(asset, maker, before)
        if again := store.lend(wanted.sha256, scratch):
            return again
        raise PipelineError(f"{role} made again has another digest", code="E-REPRO-002")

    # --- after the work

    def _keep_kept(self, asset: Asset, stage: Stage, row: Row | None, wanted: EnrichmentId) -> Row:
        if row and row.enrichment == wanted:
            return row
        again = replace(self._enrichment(asset.id, wanted), made_at=now_text())
        if row and row.enrichment:
            again = replace(again, supersedes=(row.enrichment,))
        return self._save(asset, stage, row, again)

    def _keep(
        self, asset: Asset, stage: Stage, settled: "_Settled", *, before: Row | None, facts: tuple[str, ...] = ()
    ) -> Row:
        maker, result, basis = settled
        made = Enrichment(
            asset=asset.id, kind=stage.writes, maker=maker, basis=tuple(one.id for one in basis),
            outcome=result.outcome, made_at=now_text(), code=result.code, reason=result.reason,
            coverage=result.coverage, facts=facts,
            body=result.body.model_dump(mode="json") if result.body else {}, derivatives=result.derivatives,
        )  # fmt: skip
        if before and before.enrichment and before.enrichment != made.id and before.outcome.final:
            made = replace(made, supersedes=(before.enrichment,))
        return self._save(asset, stage, before, made)

    def _save(self, asset: Asset, stage: Stage, before: Row | None, made: Enrichment) -> Row:
        row = row_of(stage.name, made)
        catalogue = self._parts.catalogue
        if before and catalogue.last(asset.id, stage.writes) == made.id:
            catalogue.set_row(row)  # said before, and still the last word
        else:
            catalogue.add(made, row, confirm=self._parts.confirm(asset.id))
            self._read.learn(asset.id, {made.id: made})
        return row


def row_of(stage: str, made: Enrichment) -> Row:
    """Return the ledger row that an enrichment stands for."""
    return Row(
        asset=made.asset, stage=stage, outcome=made.outcome, code=made.code, reason=made.reason,
        enrichment=made.id, partial=bool(made.coverage and made.coverage.partial),
        own=TAKEN_OVER not in made.maker.parameters,
        seconds=made.coverage.read if made.coverage and made.coverage.unit == "seconds" else None,
    )  # fmt: skip


TAKEN_OVER = "taken_over"
"""The parameter of a maker that only passed on the outcome of an input."""

_Settled = tuple[Maker, Result, tuple[Enrichment, ...]]


def _short_cut(stage: Stage, inputs: Mapping[Kind, Enrichment]) -> _Settled | None:
    """Settle without work: not for this media, or an input that has nothing to give.

    The maker names no engine and no tool: another engine could not change such a result.
    """
    if stage.media is not None:
        shape = inputs[Kind.FORMAT]
        if shape.outcome is not Outcome.DONE:
            return _take_over(stage, shape)
        media = Media(shape.body["media"])
        if not stage.accepts(media):
            result = Result(outcome=Outcome.NOT_APPLICABLE, code="N-MEDIA-001", reason=f"not for {media} material")
            return _maker_of_short_cut(stage, media=str(media)), result, (shape,)
    for kind in stage.reads:
        if inputs[kind].outcome is not Outcome.DONE:
            return _take_over(stage, inputs[kind])
    return None


def _take_over(stage: Stage, one: Enrichment) -> _Settled:
    result = Result(outcome=one.outcome, code=one.code, reason=one.reason, coverage=one.coverage)
    return _maker_of_short_cut(stage, **{TAKEN_OVER: str(one.kind)}), result, (one,)


def _maker_of_short_cut(stage: Stage, **parameters: str) -> Maker:
    return Maker(stage=stage.name, version=stage.version, parameters=parameters)
