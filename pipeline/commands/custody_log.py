"""Commands of the custody log: its verification, keys, countersignatures, and what to keep elsewhere."""

import argparse
from pathlib import Path

from pipeline.commands.arguments import DONE, FINDINGS, Add, Answer, open_here


def add(add: Add) -> None:
    """Declare the commands."""
    one = add("verify-log", "verify the custody log", _verify_log)
    one.add_argument("--note", type=Path, action="append", default=[], metavar="FILE",
                     help="a checkpoint kept elsewhere that must be one of the log's; may be repeated")  # fmt: skip
    one.add_argument("--certificate", type=Path, action="append", default=[], metavar="FILE",
                     help="root certificates (PEM) of timestamp authorities, besides the settings'")  # fmt: skip
    one.add_argument("--copy", type=Path, metavar="DIR", help="the copy of a vault instead; nothing is written to it")
    one.add_argument("--key", type=Path, action="append", default=[], metavar="FILE",
                     help="with --copy: a public key that did not come with it, else the key folder's")  # fmt: skip
    one.add_argument("--sealed", action="store_true", help="nobody writes to it any more: every entry must be signed")

    one = add("keys", "list, make, exchange and revoke the keys that checkpoints are signed with", _keys)
    one.add_argument("act", choices=("list", "create", "rotate", "revoke"))
    one.add_argument("key", nargs="?", metavar="KEY", help="rotate: one that was created before; revoke: which")
    one.add_argument("--after", type=int, metavar="N", help="revoke: the last checkpoint by it that counts")

    one = add("timestamp", "have timestamp authorities countersign the newest checkpoint", _timestamp)
    how = one.add_mutually_exclusive_group()
    how.add_argument("--authority", action="append", default=[], metavar="NAME", help="only this one; may be repeated")
    how.add_argument("--request", type=Path, metavar="DIR", help="no network: write what to ask, to be carried away")
    how.add_argument("--answer", type=Path, metavar="DIR", help="no network: take <n>.<authority>.tsr carried back")

    one = add("checkpoint", "sign for the log as it is and hand the newest note out to be kept elsewhere", _checkpoint)
    one.add_argument("--to", type=Path, required=True, metavar="FILE")

    one = add("verifier", "hand out the verifier that needs only Python and cryptography", _verifier)
    one.add_argument("--to", type=Path, required=True, metavar="FILE")


def _verify_log(args: argparse.Namespace) -> Answer:
    from pipeline.service import verify_log

    document = verify_log(
        kept=args.note, certificates=args.certificate, copy=args.copy, keys=args.key, sealed=args.sealed
    )  # fmt: skip
    return document, FINDINGS if document["findings"] else DONE


def _keys(args: argparse.Namespace) -> Answer:
    return open_here(fill=False).log.keys(args.act, args.key, after=args.after), DONE


def _timestamp(args: argparse.Namespace) -> Answer:
    log = open_here(fill=False).log
    if args.request:
        return log.timestamp_request(args.request), DONE
    if args.answer:
        return log.timestamp_answers(args.answer), DONE
    document = log.timestamp(args.authority)
    return document, FINDINGS if document["unavailable"] else DONE


def _checkpoint(args: argparse.Namespace) -> Answer:
    return open_here(fill=False).log.hand_out(args.to), DONE


def _verifier(args: argparse.Namespace) -> Answer:
    from pipeline.service import hand_out_verifier

    return hand_out_verifier(args.to), DONE
