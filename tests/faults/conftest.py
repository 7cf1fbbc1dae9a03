"""Fixtures: how far a sweep goes, and the table of what came of it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.table import Row, spelled

_LONG = "--long"
_WRITE = "--table"
_ROW = "faults"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(_LONG, action="store_true", help="interrupt at every call, not at a few; takes many minutes")
    parser.addoption(_WRITE, help="write the table of what was interrupted into this file")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Hundreds of processes are started and killed: that is for make test and make faults."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"))
            if item.config.getoption(_LONG):
                item.add_marker(pytest.mark.timeout(3600))


@pytest.fixture
def long(request: pytest.FixtureRequest) -> bool:
    """Whether everything is tried, or a few things of it."""
    return bool(request.config.getoption(_LONG))


@pytest.fixture
def row(request: pytest.FixtureRequest) -> Iterator[Callable[[], Row]]:
    """Make rows of the table, told when the test is over."""
    made: list[Row] = []

    def another() -> Row:
        made.append(Row())
        return made[-1]

    yield another
    request.node.user_properties += [(_ROW, one.cells()) for one in made]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table, and write it down where that is asked for."""
    reports = [one for some in terminalreporter.stats.values() for one in some if isinstance(one, pytest.TestReport)]
    rows: list[Any] = [
        cells for one in reports if one.when == "teardown" for name, cells in one.user_properties if name == _ROW
    ]
    if not rows:
        return
    ordered = sorted(rows, key=lambda cells: cells[:2])
    for line in spelled(ordered):
        terminalreporter.line(line)
    if target := config.getoption(_WRITE):
        head = (Path(__file__).with_name("head.md")).read_text(encoding="utf-8")
        Path(target).write_text(head + "\n".join(spelled(ordered)) + "\n", encoding="utf-8")
