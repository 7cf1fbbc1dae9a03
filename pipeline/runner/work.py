"""Work: hand a stage what it asked for, and say honestly how it ended."""

import logging
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from pydantic import ValidationError
from rfc8785 import CanonicalizationError

from pipeline.core.canonical import canonical
from pipeline.core.model import Asset, AssetId, Derivative, Enrichment, Kind, Outcome
from pipeline.errors import Corrupt, Misconfigured, PipelineError, Refused, Unavailable
from pipeline.runner.parts import Parts
from pipeline.runner.said import Said
from pipeline.stages.base import Acquired, Job, Result, Stage

_log = logging.getLogger(__name__)
_OURS = ("E-SUBMIT-", "E-FIND-")
"""Refusals that are about a path or a question; met inside the line, they are our fault."""


@contextmanager
def ways(parts: Parts, asset: Asset, stage: Stage) -> Iterator[tuple[Acquired, ...]]:
    """Say how an asset came, to a stage that reads it: asked once, for the key and for the work."""
    if not stage.facts:
        yield ()
        return
    with parts.derivatives.workspace() as folder:
        yield parts.acquired(asset.id, stage.facts, folder)


def _show_exact(found: Result) -> None:
    """Raise where what was found could not be signed: one item fails, not the shard."""
    try:
        canonical(found.body.model_dump(mode="json") if found.body else None)
    except CanonicalizationError as err:
        raise PipelineError("it holds a number that JSON cannot hold exactly", code="E-STAGE-002") from err


class Workbench:
    """Where stages work. Several threads may use it at once, each on assets of its own."""

    def __init__(self, parts: Parts, said: Said) -> None:
        self._parts = parts
        self._said = said
        self.scratch: dict[AssetId, set[str]] = {}
        """Scratch derivatives made here, by asset: for whoever ends the work to drop."""

    def do(
        self, asset: Asset, stage: Stage, inputs: Mapping[Kind, Enrichment], acquired: tuple[Acquired, ...], *,
        outside: bool,
    ) -> Result:  # fmt: skip
        """Do the work of a stage; what the material or we are to blame for becomes an outcome, the rest is raised."""
        try:
            return self._work(asset, stage, inputs, acquired, outside=outside)
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

    def _work(
        self, asset: Asset, stage: Stage, inputs: Mapping[Kind, Enrichment], acquired: tuple[Acquired, ...], *,
        outside: bool = False,
    ) -> Result:  # fmt: skip
        parts = self._parts
        with parts.vault.original(asset.id) as path, parts.derivatives.workspace() as scratch:
            job = Job(
                asset=asset, path=path, known=inputs, tools=parts.tools, scratch=scratch,
                limits={name: parts.limits[name] for name in stage.limits},
                put=partial(self._put, asset.id),
                derivative=partial(self._derivative, asset, inputs, scratch),
                acquired=acquired, outside=outside,
            )  # fmt: skip
            shelf = parts.engines
            further = (shelf.load(port) if shelf.has(port) else None for port in stage.also)
            found = stage.work(job, *((shelf.load(stage.engine),) if stage.engine else ()), *further)
        _show_exact(found)
        return found

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
        maker = self._said.writer(kind)
        before = self._said.inputs(asset, maker, self._parts.catalogue.rows(asset.id))
        if before is None:
            raise PipelineError(f"the input of {kind} is gone", code="E-STAGE-001")
        with ways(self._parts, asset, maker) as acquired:
            self._work(asset, maker, before, acquired)
        if again := store.lend(wanted.sha256, scratch):
            return again
        raise PipelineError(f"{role} made again has another digest", code="E-REPRO-002")
