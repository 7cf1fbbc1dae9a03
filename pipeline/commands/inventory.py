"""Command of the inventory: what is here, counted and measured, on the terminal, as CSV or as a page."""

import argparse
from pathlib import Path

from pipeline.commands.arguments import DONE, Add, Answer, open_here

DIMENSIONS = ("batch", "source", "kind", "size", "format", "conditions", "retention", "last-audit", "model")


def add(add: Add) -> None:
    """Declare the command."""
    one = add("inventory", "count and measure what is preserved here, as far as you may know of it", _inventory)
    one.add_argument("--by", action="append", choices=DIMENSIONS, help="only by this; may be repeated (default: all)")
    one.add_argument("--batch", metavar="REF", help="only what this batch brought")
    how = one.add_mutually_exclusive_group()
    how.add_argument("--csv", type=Path, metavar="FILE", help="write a table")
    how.add_argument("--page", type=Path, metavar="FILE", help="write a page to print")


def _inventory(args: argparse.Namespace) -> Answer:
    given = {"by": tuple(args.by or DIMENSIONS), "batch": args.batch}
    return open_here().keeping.inventory(**given, csv=args.csv, page=args.page), DONE
