"""Commands of rebuilding: what can be lost is made again, and the loss of it is rehearsed."""

import argparse
import sys
from pathlib import Path

from pipeline.commands.arguments import DONE, FINDINGS, Add, Answer, open_here


def add(add: Add) -> None:
    """Declare the commands."""
    one = add("rebuild", "make the catalogue or the index again from the vault", _rebuild)
    one.add_argument("what", choices=("catalogue", "index"))
    one.add_argument("--shards", type=int, metavar="N", help="read the vault in N parts; a killed rebuild goes on")

    one = add("drill", "rehearse the loss of everything but a replica and the keys, in a place of its own", _drill)
    one.add_argument("--replica", type=Path, required=True, metavar="DIR", help="the replica's folder")
    one.add_argument("--in", dest="place", type=Path, metavar="DIR", help="where there is room; else the scratch disk")


def _rebuild(args: argparse.Namespace) -> Answer:
    def told(done: int, of: int) -> None:
        if not args.json and sys.stderr.isatty():
            sys.stderr.write(f"\r{done} of {of} parts" + ("\n" if done == of else ""))
            sys.stderr.flush()

    return open_here(fill=False).rebuilding.rebuild(args.what, shards=args.shards, told=told), DONE


def _drill(args: argparse.Namespace) -> Answer:
    from pipeline.service import drill
    from pipeline.settings import read_settings

    document = drill(read_settings(), args.replica, place=args.place)
    return document, FINDINGS if document["same"] is False else DONE
