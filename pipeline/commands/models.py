"""Commands of models: fetched, verified, chosen, and measured."""

import argparse
import sys
from pathlib import Path

from pipeline.commands.arguments import DONE, FINDINGS, Add, Answer, open_here
from pipeline.core.text import printable


def add(add: Add) -> None:
    """Declare the commands."""
    one = add("models", "list, fetch, verify or choose models", _models)
    one.add_argument("action", choices=("list", "fetch", "verify", "resolve"))
    one.add_argument("--profile", choices=("embedded", "standard", "auto"))

    about = "measure how right the line is on material whose truth is known (docs/evaluation.md)"
    one = add("evaluate", about, _evaluate)
    one.add_argument("what", choices=("speech", "text", "labels", "place"))
    truth = one.add_mutually_exclusive_group(required=True)
    truth.add_argument("--manifest", type=Path, metavar="CSV")
    truth.add_argument("--reviewed", action="store_true", help="on what persons confirmed and corrected here")


def _models(args: argparse.Namespace) -> Answer:
    from pipeline.service import models

    document = models(args.action, profile=args.profile, progress=_fetching if sys.stderr.isatty() else None)
    return document, FINDINGS if document.get("findings") else DONE


def _fetching(what: str, done: int, of: int) -> None:
    """Show how far a download is."""
    sys.stderr.write(f"\r{printable(what)}: {done // 1_000_000} of {of // 1_000_000} MB" + ("\n" if done >= of else ""))
    sys.stderr.flush()


def _evaluate(args: argparse.Namespace) -> Answer:
    from pipeline.service import evaluation

    if args.reviewed:
        return open_here().judging.evaluate(args.what), DONE
    return evaluation(args.what, args.manifest), DONE
