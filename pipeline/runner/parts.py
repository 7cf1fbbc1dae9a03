"""Parts: the ports that the runner works with, and what it is asked to do again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pipeline.catalogue import Catalogue
from pipeline.core.model import AssetId, Kind, Maker
from pipeline.core.ports import Derivatives, Engine, MediaTools, Vault
from pipeline.stages.base import Acquired, Stage


class Engines(Protocol):
    """Engines by port. A port is a Protocol of ``core/ports``, of which a home chose one engine or none."""

    def identity(self, port: type[Engine]) -> Engine:
        """Say who would do the work; cheap, nothing is loaded."""

    def load(self, port: type[Engine]) -> Engine:
        """Return the loaded engine; dear, once a process."""

    def has(self, port: type[Engine]) -> bool:
        """Tell whether this home has an engine for the port."""


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
