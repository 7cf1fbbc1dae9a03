"""Commands of keeping: what holds the vault to its promise, and shows that it does."""

import argparse

from pipeline.commands.arguments import DONE, FINDINGS, Add, Answer, open_here, part


def add(add: Add) -> None:
    """Declare the commands."""
    one = add("audit", "read preserved bytes and compare them with their digests and with the log", _audit)
    how = one.add_mutually_exclusive_group()
    how.add_argument("--full", action="store_true", help="everything (the default)")
    how.add_argument("--slice", type=part, metavar="N/T", help="the Nth of T parts")

    add("verify-log", "verify the custody log", _verify_log)
    add("recover", "finish or sweep what a crash left in the vault", _recover)
    one = add("rebuild", "make the catalogue or the index again from the vault", _rebuild)
    one.add_argument("what", choices=("catalogue", "index"))


def _audit(args: argparse.Namespace) -> Answer:
    from pipeline.service import audit

    document = audit(args.slice)
    return document, FINDINGS if document["findings"] else DONE


def _verify_log(_args: argparse.Namespace) -> Answer:
    from pipeline.service import verify_log

    document = verify_log()
    return document, FINDINGS if document["findings"] else DONE


def _recover(_args: argparse.Namespace) -> Answer:
    return open_here(fill=False).keeping.recover(), DONE


def _rebuild(args: argparse.Namespace) -> Answer:
    return open_here(fill=False).keeping.rebuild(args.what), DONE
