"""Registry: the engine that a home's lock names for a port, opened only when it is wanted."""

from importlib import import_module
from typing import Any, Protocol, cast

from pipeline.core.ports import Engine
from pipeline.engines.identity import Identity, port_name
from pipeline.errors import Misconfigured
from pipeline.settings import Settings
from pipeline.weights import Choice, Installed, Lock, cards, require

__all__ = ["Adapter", "maker_of", "open_engine", "port_name"]


class Adapter(Protocol):
    """What a card names as ``module:Class``; importing the module loads no model library."""

    def __call__(self, installed: Installed) -> Engine:
        """Load the model from verified files."""
        ...

    def identity(self, installed: Installed) -> Identity:
        """Say what would be cited, without loading."""
        ...


def maker_of(port: type[Any], settings: Settings, lock: Lock, *, adapter: str | None = None) -> Identity:
    """Return the identity of the engine that serves a port; imports no model library.

    Raises ``Misconfigured``: no weights here (E-CONF-004), wrong ones (E-CONF-005), or settings that
    want another adapter than the lock (E-CONF-001).
    """
    kind, installed = _chosen(port, settings, lock, adapter)
    return kind.identity(installed)


def open_engine(port: type[Any], settings: Settings, lock: Lock, *, adapter: str | None = None) -> Engine:
    """Load the engine that serves a port, its weights verified; raises as ``maker_of`` does.

    ``adapter`` names another adapter of the same model than the lock's, for a second reading.
    """
    kind, installed = _chosen(port, settings, lock, adapter)
    engine = kind(installed)
    if not isinstance(cast("object", engine), port):
        raise Misconfigured(f"model {installed.card.name}: {kind} does not serve {port_name(port)}")
    return engine


def _chosen(port: type[Any], settings: Settings, lock: Lock, adapter: str | None) -> tuple[Adapter, Installed]:
    name = port_name(port)
    known = cards(settings)
    choice = lock.ports.get(name)
    if choice is None:
        raise Misconfigured(f"no model serves {name}: its weights are not here", code="E-CONF-004")
    card = known.get(choice.model)
    if card is None:
        raise Misconfigured(f"{settings.models_lock}: model {choice.model} has no card", code="E-CONF-004")
    unlike = choice.adapter != settings.transcriber and settings.transcriber in card.adapters
    if name == "transcriber" and adapter is None and unlike:
        raise Misconfigured(
            f"the settings want the transcriber {settings.transcriber}, the lock has {choice.adapter}",
            next_step="run evidence models resolve, or correct the setting",
        )
    installed = require(settings.models, card, memory=settings.scratch)
    if installed.digests != dict(choice.files):
        raise _changed(settings, choice, installed)
    card.check_licence(settings.accept_licences)
    wanted = adapter or choice.adapter
    if wanted not in card.adapters:
        raise Misconfigured(f"model {card.name} has no adapter {wanted}")
    module, _, kind = card.adapters[wanted].partition(":")
    adapter = getattr(import_module(module), kind)
    bind = getattr(adapter, "with_settings", None)  # an adapter that reads more than its weights
    return cast("Adapter", bind(settings) if bind else adapter), installed


def _changed(settings: Settings, choice: Choice, installed: Installed) -> Misconfigured:
    return Misconfigured(
        f"model {choice.model}: {settings.models_lock.name} names the weights {choice.weights_sha256}, "
        f"here are {installed.weights_sha256}",
        code="E-CONF-005",
        next_step="restore the weights that the lock names, or run evidence models resolve",
    )
