"""Port of all engines: a loaded model, named well enough to be cited."""

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class Engine(Protocol):
    """A loaded model, named well enough to be cited.

    ``parameters`` is everything that can change the result besides the weights (device and
    precision included); results must not depend on threads, batch or what else was processed.
    """

    engine: str
    model: str
    weights_sha256: str
    provenance: str
    parameters: Mapping[str, Any]
    environment: Mapping[str, str]
