"""Commands of custody: persons, and the terms that bind material."""

import argparse
from pathlib import Path

from pipeline.commands.arguments import DONE, Add, Answer, open_here


def add(add: Add) -> None:
    """Declare the commands."""
    one = add("grant", "give a person permissions, or take them back", _grant)
    one.add_argument("person", metavar="NAME")
    one.add_argument("--role", choices=("reader", "analyst", "operator", "custodian"))
    one.add_argument("--permission", action="append", metavar="P")
    one.add_argument("--batch", action="append", metavar="REF", help="only over this batch; may be repeated")
    one.add_argument("--clearance", choices=("unrestricted", "restricted", "confidential", "sealed"),
                     help="up to which classification (default: restricted; custodians: all)")  # fmt: skip
    one.add_argument("--revoke", action="store_true", help="take all grants of this person back")

    one = add("conditions", "change what binds a batch, or one of its items, from now on", _conditions)
    one.add_argument("batch", metavar="REF")
    one.add_argument("file", type=Path, metavar="FILE", help="the provider's new conditions.json")
    one.add_argument("--item", type=int, metavar="N")
    one.add_argument("--reason", required=True, metavar="TEXT")

    add("people", "list persons and their grants", _people)


def _grant(args: argparse.Namespace) -> Answer:
    batches = tuple(args.batch) if args.batch else None
    given = {"role": args.role, "permissions": args.permission or (), "clearance": args.clearance}
    return open_here().custody.grant(args.person, **given, batches=batches, revoke=args.revoke), DONE


def _conditions(args: argparse.Namespace) -> Answer:
    return open_here().custody.conditions(args.batch, args.file, n=args.item, reason=args.reason), DONE


def _people(_args: argparse.Namespace) -> Answer:
    return open_here().custody.people(), DONE
