"""Commands of judging: what persons say of machine values, what waits for them, how right each model was."""

import argparse
import json
from typing import Any

from pipeline.commands.arguments import DONE, Add, Answer, limit, open_here
from pipeline.errors import Misconfigured

_VERDICTS = ("confirm", "correct", "reject", "comment")
_ASSET = "its SHA-256, or a prefix that fits no other"


def add(add: Add) -> None:
    """Declare the commands."""
    one = add(
        "judge", "say of a machine's value that it is right, wrong or otherwise; it stays, this stands beside", _judge
    )
    one.add_argument("asset", metavar="ASSET", help=_ASSET)
    one.add_argument("verdict", choices=_VERDICTS)
    one.add_argument("--enrichment", required=True, metavar="ID", help="the statement: its id, or a prefix of it")
    one.add_argument(
        "--at", default="", metavar="POINTER", help="JSON pointer into its body (/segments/3/text); else all of it"
    )
    one.add_argument("--value", metavar="JSON", help="correct: what should stand there")
    one.add_argument("--reason", required=True, metavar="TEXT")

    one = add(
        "judgements", "list what persons said of an asset, or lately of any; or what waits for your review", _list
    )
    one.add_argument("asset", nargs="?", metavar="ASSET", help=_ASSET)
    one.add_argument("--queue", action="store_true", help="what waits for your review, the least reliable first")
    one.add_argument("--batch", metavar="REF", help="with --queue: of this batch alone")
    one.add_argument("--kind", metavar="KIND", help="with --queue: transcript, translation, ocr, objects, tags, places")
    one.add_argument(
        "--claim", action="store_true", help="with --queue: take it, so that nobody else does, for a while"
    )
    one.add_argument("--give-back", action="store_true", help="give back what you took")
    one.add_argument("--limit", type=limit, default=20, metavar="N")

    add("scoreboard", "show how right each model was, by what persons confirmed, corrected and rejected", _scoreboard)

    one = add("exposure", "show how much that can distress you looked at lately; nobody else can see it", _exposure)
    one.add_argument("--clear", action="store_true", help="forget it")


def _judge(args: argparse.Namespace) -> Answer:
    document = open_here().judging.judge(
        args.asset, enrichment=args.enrichment, pointer=args.at, verdict=args.verdict, reason=args.reason,
        value=_value(args),
    )  # fmt: skip
    return document, DONE


def _value(args: argparse.Namespace) -> Any:
    if (args.value is not None) is not (args.verdict == "correct"):
        raise Misconfigured("correct needs --value, and nothing else has one", code="E-CONF-009")
    if args.value is None:
        return None
    try:
        return json.loads(args.value, parse_constant=_no_number)
    except (ValueError, RecursionError) as err:
        raise Misconfigured("--value is JSON: a text stands in quotes, as in '\"text\"'", code="E-CONF-009") from err


def _no_number(name: str) -> Any:
    raise ValueError(name)


def _list(args: argparse.Namespace) -> Answer:
    judging = open_here().judging
    if args.give_back:
        return judging.give_back(), DONE
    if args.queue or args.claim:
        if args.asset:
            raise Misconfigured("name an asset, or say --queue", code="E-CONF-009")
        return judging.queue(batch=args.batch, kind=args.kind, limit=args.limit, claim=args.claim), DONE
    return judging.judgements(args.asset, limit=args.limit), DONE


def _scoreboard(_args: argparse.Namespace) -> Answer:
    return open_here().judging.scoreboard(), DONE


def _exposure(args: argparse.Namespace) -> Answer:
    exposure = open_here().exposure
    return exposure.clear() if args.clear else exposure.shown(), DONE
