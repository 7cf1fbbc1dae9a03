"""Commands of keeping: copies of the vault elsewhere, and how it recovers."""

import argparse

from pipeline.commands.arguments import DONE, FINDINGS, Add, Answer
from pipeline.commands.auditing import amount


def add(add: Add) -> None:
    """Declare the commands."""
    one = add("replicate", "bring copies of the vault elsewhere up to date", _replicate)
    one.add_argument("--to", metavar="DIR|s3://BUCKET/PREFIX", help="this one (default: replicas in the settings)")
    one.add_argument("--status", action="store_true", help="only say how far they are")
    one.add_argument("--verify", action="store_true", help="read every byte of the copy, and mend it from the vault")
    one.add_argument("--full", action="store_true", help="look for every version, not only for what the log has new")
    one.add_argument("--max-bytes", type=amount, metavar="N", help="begin nothing more after this; 500M, 2T")
    one.add_argument("--max-rate", type=amount, metavar="N", help="copy and read no more than this a second")

    one = add("recover", "finish or sweep what a crash left in the vault; bring back what is damaged or lost", _recover)
    one.add_argument("--from", dest="replica", metavar="DIR|s3://BUCKET/PREFIX", help="a replica of this vault")


def _replicate(args: argparse.Namespace) -> Answer:
    from pipeline.core.ports import Budget
    from pipeline.service import replication

    if args.status:
        return replication.standing(args.to), DONE
    budget = Budget(max_bytes=args.max_bytes, max_rate=args.max_rate)
    document = replication.replicate(args.to, budget=budget, verify=args.verify, full=args.full)
    wrong = any(one["findings"] or one["error"] for one in document["replicas"])
    return document, FINDINGS if wrong else DONE


def _recover(args: argparse.Namespace) -> Answer:
    from pipeline.service import replication

    document = replication.recover(args.replica)
    return document, FINDINGS if document.get("findings") else DONE
