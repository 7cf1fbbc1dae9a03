"""Commands: what the command line can be asked, a file for each subject; they call the service and decide nothing."""

import argparse

from pipeline import __version__
from pipeline.commands import (
    accounts,
    auditing,
    custody,
    custody_log,
    ending,
    finding,
    gathering,
    inventory,
    judging,
    keeping,
    line,
    malware,
    models,
    rebuilding,
    serving,
)
from pipeline.commands.arguments import Parser, Run

__all__ = ["make_parser"]

_SUBJECTS = (
    line,
    finding,
    keeping,
    auditing,
    rebuilding,
    inventory,
    models,
    custody,
    accounts,
    custody_log,
    ending,
    malware,
    judging,
    gathering,
    serving,
)


def make_parser() -> Parser:
    """Return the parser of all commands."""
    parser = Parser(prog="evidence", description="Preserve, enrich and find media evidence.")
    parser.add_argument("--version", action="version", version=f"evidence {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=Parser, metavar="COMMAND")

    def add(name: str, text: str, run: Run) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=text, description=text)
        one.add_argument("--json", action="store_true", help="print one JSON document")
        one.set_defaults(run=run)
        return one

    for subject in _SUBJECTS:
        subject.add(add)
    return parser
