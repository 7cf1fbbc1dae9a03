"""Commands of auditing: the vault read, byte by byte, and what was found damaged kept apart."""

import argparse
import re
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from pipeline.commands.arguments import DONE, FINDINGS, Add, Answer, open_here, part

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_BAR = 24
_TELLS_A_SECOND = 5


def add(add: Add) -> None:
    """Declare the commands."""
    one = add("audit", "read preserved bytes and compare them with their digests and with the log", _audit)
    how = one.add_mutually_exclusive_group()
    how.add_argument("--full", action="store_true", help="everything (the default)")
    how.add_argument("--slice", type=part, metavar="N/T", help="the Nth of T parts")
    how.add_argument("--due", action="store_true", help="what is due today for a full rotation in the time set")
    one.add_argument("--max-bytes", type=amount, metavar="N", help="read no more than this; 500M, 2T")
    one.add_argument("--max-rate", type=amount, metavar="N", help="read no more than this a second")
    one.add_argument("--until", type=until, metavar="TIME", help="begin nothing after 06:00 or 2027-01-31T06:00Z")
    one.add_argument("--both", action="store_true", help="compare content with SHA-256 and SHA-512")
    one.add_argument("--page", type=Path, metavar="FILE", help="write the result as a page to print, too")

    one = add("audited", "say how far audits have come, and when assets were last read", _audited)
    one.add_argument("assets", nargs="*", metavar="ASSET")

    one = add("quarantine", "list what audits found damaged, or let it out after its repair", _quarantine)
    one.add_argument("action", choices=("list", "release"))
    one.add_argument("asset", nargs="?", metavar="ASSET", help="its SHA-256, or a prefix that fits no other")
    one.add_argument("--reason", metavar="TEXT", help="how it was repaired")


def amount(text: str) -> int:
    """Read a number of bytes: 1000, 500k, 20M, 3G, 2T."""
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([kmgt]?)b?", text.strip().lower())
    if found is None or (size := int(float(found[1]) * _UNITS[found[2]])) <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of bytes such as 500M")
    return size


def until(text: str) -> datetime:
    """Read a time: of day here, its next coming, or a date with its time; without a zone it is local."""
    now = datetime.now().astimezone()
    try:
        if re.fullmatch(r"[0-2]?[0-9]:[0-5][0-9]", text):
            hour, minute = map(int, text.split(":"))
            found = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
            return found if found > now else found + timedelta(days=1)
        return datetime.fromisoformat(text).astimezone()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time such as 06:00 or 2027-01-31T06:00Z") from None


def _audit(args: argparse.Namespace) -> Answer:
    from pipeline.core.ports import Budget
    from pipeline.errors import Misconfigured
    from pipeline.service import audit
    from pipeline.usecases.auditing import interrupted

    progress = None if args.json or not sys.stderr.isatty() else bar()
    if args.due:
        if args.max_bytes or args.max_rate or args.until or args.both or args.page:
            raise Misconfigured("--due takes its limits from the settings", code="E-CONF-009")
        document = open_here(fill=False).auditing.rotate(progress=progress)
    else:
        budget = Budget(max_bytes=args.max_bytes, max_rate=args.max_rate, until=args.until)
        document = audit(args.slice, budget=budget, both=args.both, page=args.page, progress=progress)
    if interrupted(document):
        raise KeyboardInterrupt
    return document, FINDINGS if document["findings"] else DONE


def _audited(args: argparse.Namespace) -> Answer:
    return open_here(fill=False).auditing.standing(args.assets), DONE


def _quarantine(args: argparse.Namespace) -> Answer:
    from pipeline.errors import Misconfigured

    auditing = open_here(fill=False).auditing
    if args.action == "list":
        document = auditing.quarantine()
        return document, FINDINGS if document["quarantine"] else DONE
    if not args.asset or not args.reason:
        raise Misconfigured("name the asset and the --reason", code="E-CONF-009")
    return auditing.release(args.asset, reason=args.reason), DONE


def bar() -> Callable[[int, int, int], None]:
    """Return what draws a bar on the terminal: objects, bytes, and how fast."""
    began, drawn = time.monotonic(), 0.0

    def draw(checked: int, known: int, size: int) -> None:
        nonlocal drawn
        now = time.monotonic()
        if now - drawn < 1 / _TELLS_A_SECOND and checked != known:
            return
        drawn, share = now, min(1.0, checked / known) if known else 1.0
        filled = "█" * int(share * _BAR)
        rate = size / 1e6 / max(now - began, 1e-3)
        line = f"\r{filled:░<{_BAR}} {checked} of {known} objects · {size / 1e9:.2f} GB · {rate:.0f} MB/s "
        print(line, end="\n" if checked >= known else "", file=sys.stderr, flush=True)  # noqa: T201 (a person watches)

    return draw
