"""Device: what the large models compute on, as the settings say."""

from pipeline.errors import Misconfigured
from pipeline.settings import settings


def device() -> str:
    """Return ``cpu`` or ``cuda``; it is part of who made a result."""
    return settings().device


def usable_device() -> str:
    """Return the device once it is known to be there; ``Misconfigured`` when it is not."""
    import torch

    chosen = device()
    if chosen == "cuda" and not torch.cuda.is_available():
        raise Misconfigured("the settings want a GPU (device), and torch finds none")
    return chosen
