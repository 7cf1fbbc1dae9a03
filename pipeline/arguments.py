"""Arguments: every command with what it takes; reading them decides nothing."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from pipeline import __version__
from pipeline.errors import Misconfigured


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints are errors of ours, so that ``--json`` can say them."""

    def error(self, message: str) -> NoReturn:
        raise Misconfigured(message, code="E-CONF-009", next_step=f"{self.prog} --help")


def _part(text: str) -> tuple[int, int]:
    n, slash, of = text.partition("/")
    if not (slash and n.isdecimal() and of.isdecimal() and 1 <= int(n) <= int(of)):
        raise argparse.ArgumentTypeError(f"{text!r} is not N/T with 1 <= N <= T")
    return int(n), int(of)


def _near(text: str) -> tuple[float, float, float]:
    try:
        lat, lon, km = (float(one) for one in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not LAT,LON,KM") from None
    if not (-90 <= lat <= 90 and -180 <= lon <= 180 and 0 < km <= 20_100):  # noqa: PLR2004 (the globe)
        raise argparse.ArgumentTypeError(f"{text!r} is not on this globe")
    return lat, lon, km


def _limit(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= 10_000:  # noqa: PLR2004 (a page, not an export)
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 10000")
    return int(text)


FORMATS = ("jsonl", "csv", "geojson", "webvtt", "srt")

Add = Callable[[str, str], argparse.ArgumentParser]


def make_parser() -> _Parser:
    """Return the parser of all commands."""
    parser = _Parser(prog="evidence", description="Preserve, enrich and find media evidence.")
    parser.add_argument("--version", action="version", version=f"evidence {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser, metavar="COMMAND")

    def add(name: str, text: str) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=text, description=text)
        one.add_argument("--json", action="store_true", help="print one JSON document")
        return one

    _line_commands(add)
    _finding_commands(add)
    _keeping_commands(add)
    _people_commands(add)
    return parser


def _line_commands(add: Add) -> None:
    one = add("submit", "preserve files in a batch")
    one.add_argument("paths", nargs="*", type=Path, metavar="PATH")
    one.add_argument("--batch", required=True, metavar="REF")
    one.add_argument("--source", choices=("submitted", "open-source", "interview"), default="submitted")
    one.add_argument("--provider", metavar="NAME")
    one.add_argument("--url")
    one.add_argument("--manifest", type=Path, metavar="CSV", help="further items, a row each, with their facts")
    one.add_argument("--conditions", type=Path, metavar="FILE", help="conditions.json of the provider")
    one.add_argument("--recursive", action="store_true")
    one.add_argument("--follow", action="store_true", help="follow symbolic links")

    one = add("process", "run the line over a batch, here and now")
    one.add_argument("batch", metavar="REF")
    one.add_argument("--stages", metavar="A,B", help="only these stages")
    one.add_argument("--profile", choices=("embedded", "standard", "auto"))
    one.add_argument("--redo", metavar="WHAT", help="failed, all, stage:NAME or model:NAME")

    one = add("queue", "ask Airflow to run the line over a batch")
    one.add_argument("batch", metavar="REF")

    one = add("status", "say what became of a batch, or of all")
    one.add_argument("batch", metavar="REF", nargs="?")


def _finding_commands(add: Add) -> None:
    one = add("show", "show all that is known of an asset")
    one.add_argument("asset", metavar="ASSET", help="its SHA-256, or a prefix that fits no other")

    one = add("similar", "find other copies of an asset: cut, mirrored, resized, coded anew, heard elsewhere")
    one.add_argument("asset", metavar="ASSET", help="its SHA-256, or a prefix that fits no other")

    one = add("search", "find what was said, written or shown")
    one.add_argument("query", metavar="QUERY")
    one.add_argument("--language", metavar="L")
    one.add_argument("--media", choices=("image", "video", "audio"))
    one.add_argument("--tag", metavar="T")
    one.add_argument("--near", type=_near, metavar="LAT,LON,KM")
    one.add_argument("--from", dest="since", metavar="T", help="received at or after this time")
    one.add_argument("--to", dest="until", metavar="T", help="received at or before this time")
    one.add_argument("--batch", metavar="REF")
    one.add_argument("--limit", type=_limit, default=20, metavar="N")


def _keeping_commands(add: Add) -> None:
    one = add("audit", "read preserved bytes and compare them with their digests and with the log")
    how = one.add_mutually_exclusive_group()
    how.add_argument("--full", action="store_true", help="everything (the default)")
    how.add_argument("--slice", type=_part, metavar="N/T", help="the Nth of T parts")

    add("verify-log", "verify the custody log")
    add("recover", "finish or sweep what a crash left in the vault")
    one = add("rebuild", "make the catalogue or the index again from the vault")
    one.add_argument("what", choices=("catalogue", "index"))

    one = add("export", "hand material to somebody whom its conditions allow")
    one.add_argument("assets", nargs="*", metavar="ASSET")
    one.add_argument("--batch", metavar="REF")
    one.add_argument("--format", required=True, choices=FORMATS)
    one.add_argument("--to", required=True, type=Path, metavar="DIR")
    one.add_argument("--recipient", required=True, metavar="NAME")

    one = add("report", "write a batch as one page to read: for you alone, with no network")
    one.add_argument("batch", metavar="REF")
    one.add_argument("--to", required=True, type=Path, metavar="FILE")

    one = add("evaluate", "measure how right the line is on material whose truth is known (docs/evaluation.md)")
    one.add_argument("what", choices=("speech", "text", "labels", "place"))
    one.add_argument("--manifest", required=True, type=Path, metavar="CSV")

    one = add("models", "list, fetch, verify or choose models")
    one.add_argument("action", choices=("list", "fetch", "verify", "resolve"))
    one.add_argument("--profile", choices=("embedded", "standard", "auto"))


def _people_commands(add: Add) -> None:
    one = add("grant", "give a person permissions, or take them back")
    one.add_argument("person", metavar="NAME")
    one.add_argument("--role", choices=("reader", "analyst", "operator", "custodian"))
    one.add_argument("--permission", action="append", metavar="P")
    one.add_argument("--batch", action="append", metavar="REF", help="only over this batch; may be repeated")
    one.add_argument("--clearance", choices=("unrestricted", "restricted", "confidential", "sealed"),
                     help="up to which classification (default: restricted; custodians: all)")  # fmt: skip
    one.add_argument("--revoke", action="store_true", help="take all grants of this person back")
    one = add("conditions", "change what binds a batch, or one of its items, from now on")
    one.add_argument("batch", metavar="REF")
    one.add_argument("file", type=Path, metavar="FILE", help="the provider's new conditions.json")
    one.add_argument("--item", type=int, metavar="N")
    one.add_argument("--reason", required=True, metavar="TEXT")
    add("people", "list persons and their grants")
