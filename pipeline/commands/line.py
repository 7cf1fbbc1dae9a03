"""Commands of the line: batches submitted, processed and accounted for."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from pipeline.commands.arguments import DONE, FINDINGS, Add, Answer, open_here
from pipeline.errors import Misconfigured


def add(add: Add) -> None:
    """Declare the commands."""
    one = add("submit", "preserve files in a batch", _submit)
    one.add_argument("paths", nargs="*", type=Path, metavar="PATH")
    one.add_argument("--batch", required=True, metavar="REF")
    one.add_argument("--source", choices=("submitted", "open-source", "interview"), default="submitted")
    one.add_argument("--provider", metavar="NAME")
    one.add_argument("--url")
    one.add_argument("--manifest", type=Path, metavar="CSV", help="further items, a row each, with their facts")
    one.add_argument("--conditions", type=Path, metavar="FILE", help="conditions.json of the provider")
    one.add_argument("--recursive", action="store_true")
    one.add_argument("--follow", action="store_true", help="follow symbolic links")

    one = add("process", "run the line over a batch, here and now", _process)
    one.add_argument("batch", metavar="REF")
    one.add_argument("--stages", metavar="A,B", help="only these stages")
    one.add_argument("--profile", choices=("embedded", "standard", "auto"))
    one.add_argument("--redo", metavar="WHAT", help="failed, all, stage:NAME or model:NAME")

    one = add("queue", "ask Airflow to run the line over a batch", _queue)
    one.add_argument("batch", metavar="REF")

    one = add("status", "say what became of a batch, or of all", _status)
    one.add_argument("batch", metavar="REF", nargs="?")


def _submit(args: argparse.Namespace) -> Answer:
    document = open_here().line.submit(
        args.paths, batch=args.batch, source=args.source, provider=args.provider, url=args.url,
        manifest=args.manifest, conditions=args.conditions, recursive=args.recursive, follow=args.follow,
    )  # fmt: skip
    return document, FINDINGS if document["totals"].get("refused") else DONE


def _process(args: argparse.Namespace) -> Answer:
    stages = tuple(one for one in (args.stages or "").split(",") if one)
    if args.stages is not None and not stages:
        raise Misconfigured("--stages names no stage", code="E-CONF-009")
    document = open_here().line.process(
        args.batch, stages=stages, redo=args.redo, profile=args.profile, progress=_progress(args)
    )
    return document, FINDINGS if document["failures"] else DONE


def _progress(args: argparse.Namespace) -> Callable[[int, int], None]:
    def show(done: int, of: int) -> None:
        if not args.json and sys.stderr.isatty():
            sys.stderr.write(f"\r{done} of {of} assets" + ("\n" if done == of else ""))
            sys.stderr.flush()

    return show


def _queue(args: argparse.Namespace) -> Answer:
    return open_here().line.queue(args.batch), DONE


def _status(args: argparse.Namespace) -> Answer:
    return open_here().line.status(args.batch), DONE
