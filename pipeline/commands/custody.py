"""Commands of custody: persons, and the terms that bind material."""

import argparse
from pathlib import Path

from pipeline.commands.arguments import DONE, Add, Answer, open_here
from pipeline.errors import Misconfigured


def add(add: Add) -> None:
    """Declare the commands."""
    one = add("grant", "give a person or a group permissions, or take them back", _grant)
    one.add_argument("person", metavar="NAME")
    one.add_argument("--group", action="store_true", help="NAME is a group's, not a person's")
    one.add_argument("--role", choices=("reader", "analyst", "reviewer", "operator", "administrator", "custodian"))
    one.add_argument("--permission", action="append", metavar="P")
    one.add_argument("--batch", action="append", metavar="REF", help="only over this batch; may be repeated")
    one.add_argument("--clearance", choices=("unrestricted", "restricted", "confidential", "sealed"),
                     help="up to which classification (default: restricted; custodians: all)")  # fmt: skip
    one.add_argument("--until", metavar="TIME", help="when it ends")
    one.add_argument("--revoke", action="store_true", help="take all grants of NAME back")

    one = add("group", "make a group of persons, take persons in or out, or list groups", _group)
    one.add_argument("what", choices=("add", "join", "leave", "list"))
    one.add_argument("group", nargs="?", metavar="GROUP")
    one.add_argument("persons", nargs="*", metavar="NAME")

    one = add("conditions", "change what binds a batch, or one of its items, from now on", _conditions)
    one.add_argument("batch", metavar="REF")
    one.add_argument("file", type=Path, metavar="FILE", help="the provider's new conditions.json")
    one.add_argument("--item", type=int, metavar="N")
    one.add_argument("--reason", required=True, metavar="TEXT")

    add("people", "list persons and groups, and their grants", _people)


def _grant(args: argparse.Namespace) -> Answer:
    batches = tuple(args.batch) if args.batch else None
    given = {"role": args.role, "permissions": args.permission or (), "clearance": args.clearance}
    given |= {"group": args.group, "until": args.until}
    return open_here().custody.grant(args.person, **given, batches=batches, revoke=args.revoke), DONE


def _group(args: argparse.Namespace) -> Answer:
    if args.what == "list":
        return {"groups": open_here().custody.people()["groups"]}, DONE
    if not args.group or (args.what != "add" and not args.persons):
        raise Misconfigured("name the group, and who joins or leaves", code="E-CONF-009")
    return open_here().custody.change_group(args.what, args.group, args.persons), DONE


def _conditions(args: argparse.Namespace) -> Answer:
    return open_here().custody.conditions(args.batch, args.file, n=args.item, reason=args.reason), DONE


def _people(_args: argparse.Namespace) -> Answer:
    return open_here().custody.people(), DONE
