"""Identity: what a statement cites of the engine that made it, known without loading anything."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from pipeline.errors import Misconfigured
from pipeline.weights import Installed


@dataclass(slots=True, kw_only=True)
class Identity:
    """Engine, model and everything that can change the result.

    Adapters extend it: an engine *is* what it is cited as, and the port asks for plain attributes.
    """

    engine: str
    model: str
    weights_sha256: str
    provenance: str
    parameters: Mapping[str, Any]
    environment: Mapping[str, str]


def identify(
    engine: str, installed: Installed, *, parameters: Mapping[str, Any], libraries: tuple[str, ...]
) -> Identity:
    """Name an engine over verified weights; the other files of the model count among the parameters."""
    others = {name: sha for name, sha in installed.digests.items() if name != installed.card.weights}
    return Identity(
        engine=engine,
        model=installed.card.name,
        weights_sha256=installed.weights_sha256,
        provenance=installed.card.provenance,
        parameters={**parameters, "files": others} if others else dict(parameters),
        environment={name: _version(name) for name in libraries},
    )


def port_name(port: type[Any]) -> str:
    """Return a port's name as cards spell it: ``SpeechFinder`` is ``speech_finder``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", port.__name__).lower()


def _version(library: str) -> str:
    try:
        # A build's local suffix (+cpu) says where a wheel came from, not what it computes.
        return metadata.version(library).partition("+")[0]
    except metadata.PackageNotFoundError as err:
        raise Misconfigured(f"the library {library} is not installed", code="E-CONF-002") from err
