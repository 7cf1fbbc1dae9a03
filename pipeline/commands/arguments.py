"""Arguments: how the command line reads words; a complaint is an error of ours, so that ``--json`` can say it."""

import argparse
from collections.abc import Callable
from typing import Any, NoReturn

from pipeline.errors import Misconfigured

DONE, FINDINGS, COULD_NOT, INTERRUPTED = 0, 1, 2, 130
Answer = tuple[Any, int]
"""A document to print, and how the program ends."""

Run = Callable[[argparse.Namespace], Answer]
Add = Callable[[str, str, Run], argparse.ArgumentParser]
"""Declare a command: its name, what it is for, what runs it."""


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are errors of ours."""

    def error(self, message: str) -> NoReturn:
        """Raise ``Misconfigured`` instead of ending the program."""
        raise Misconfigured(message, code="E-CONF-009", next_step=f"{self.prog} --help")


def part(text: str) -> tuple[int, int]:
    """Read N/T."""
    n, slash, of = text.partition("/")
    if not (slash and n.isdecimal() and of.isdecimal() and 1 <= int(n) <= int(of)):
        raise argparse.ArgumentTypeError(f"{text!r} is not N/T with 1 <= N <= T")
    return int(n), int(of)


def near(text: str) -> tuple[float, float, float]:
    """Read LAT,LON,KM."""
    try:
        lat, lon, km = (float(one) for one in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not LAT,LON,KM") from None
    if not (-90 <= lat <= 90 and -180 <= lon <= 180 and 0 < km <= 20_100):  # noqa: PLR2004 (the globe)
        raise argparse.ArgumentTypeError(f"{text!r} is not on this globe")
    return lat, lon, km


def facet(text: str) -> tuple[str, str]:
    """Read NAME=CLASS."""
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=CLASS")
    return name, value


def limit(text: str) -> int:
    """Read how many hits are wanted."""
    if not text.isdecimal() or not 0 < int(text) <= 10_000:  # noqa: PLR2004 (a page, not an export)
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 10000")
    return int(text)


def open_here(*, fill: bool = True) -> Any:
    """Open the installation that the environment names."""
    from pipeline.service import open_app

    return open_app(fill=fill)
