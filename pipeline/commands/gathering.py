"""Commands of gathering: tags on assets, and collections of them."""

import argparse

from pipeline.commands.arguments import DONE, Add, Answer, open_here
from pipeline.errors import Misconfigured


def add(add: Add) -> None:
    """Declare the commands."""
    one = add("tag", "put a word on an asset, take it off, list tags, or list what bears one", _tag)
    one.add_argument("what", choices=("add", "remove", "list", "find"))
    one.add_argument("words", nargs="*", metavar="ASSET|TAG", help="add, remove: ASSET TAG; list: ASSET; find: TAG")

    one = add("collection", "put assets together under a name", _collection)
    one.add_argument("what", choices=("new", "list", "show", "add", "remove", "rename", "end"))
    one.add_argument("collection", nargs="?", metavar="COLLECTION", help="its id or its name; new: the name")
    one.add_argument("word", nargs="?", metavar="ASSET|NAME", help="add, remove: the asset; rename: the new name")
    one.add_argument("--about", metavar="TEXT", help="new, rename: what it is for")


def _tag(args: argparse.Namespace) -> Answer:
    wanted = {"add": (2,), "remove": (2,), "list": (0, 1), "find": (1,)}[args.what]
    if len(args.words) not in wanted:
        raise Misconfigured("add ASSET TAG, remove ASSET TAG, list [ASSET], or find TAG", code="E-CONF-009")
    gathering = open_here().gathering
    if args.what == "list":
        return gathering.tags(*args.words), DONE
    if args.what == "find":
        return gathering.tags(word=args.words[0]), DONE
    return gathering.tag(*args.words, off=args.what == "remove"), DONE


def _collection(args: argparse.Namespace) -> Answer:
    needs = {"list": 0, "new": 1, "show": 1, "end": 1}.get(args.what, 2)
    if [args.collection, args.word].count(None) != 2 - needs:
        raise Misconfigured(f"collection {args.what} takes {needs} words", code="E-CONF-009")
    gathering = open_here().gathering
    if args.what == "list":
        return gathering.collections(), DONE
    if args.what == "new":
        return gathering.make(args.collection, about=args.about or ""), DONE
    if args.what == "show":
        return gathering.collection(args.collection), DONE
    if args.what == "end":
        return gathering.change(args.collection, end=True), DONE
    if args.what == "rename":
        return gathering.change(args.collection, name=args.word, about=args.about), DONE
    return gathering.collect(args.collection, args.word, out=args.what == "remove"), DONE
