"""Commands of ending: how long material is kept, what must stay, what may be seen, what is removed for good."""

import argparse
from typing import Any

from pipeline.commands.arguments import DONE, FINDINGS, Add, Answer, open_here
from pipeline.errors import Misconfigured

_HOLD = "place, lift or list holds: legal (no disposal), access (nobody sees it), unlawful (the same, by who sees it)"
_SOURCES = ("submitted", "open-source", "interview")


def add(add: Add) -> None:
    """Declare the commands."""
    one = add("retain", "say how long material is kept, end such a rule, or list the rules", _retain)
    one.add_argument("what", choices=("set", "end", "list"))
    one.add_argument("rule", nargs="?", metavar="RULE", help="the rule to end")
    _over(one)
    how = one.add_mutually_exclusive_group()
    how.add_argument("--until", metavar="TIME", help="a date or a time; not to be disposed of before")
    how.add_argument("--without-end", action="store_true")
    one.add_argument("--review", metavar="TIME", help="when somebody is to look at it again")
    one.add_argument("--reason", metavar="TEXT")

    one = add("hold", _HOLD, _hold)
    one.add_argument("what", choices=("place", "lift", "list", "check"), help="check: against unlawful_digests, again")
    one.add_argument("kind", nargs="?", choices=("legal", "access", "unlawful"))
    one.add_argument("target", nargs="?", metavar="ASSET|HOLD", help="the asset; to lift a legal hold its id")
    one.add_argument("--batch", metavar="REF", help="legal: everything of this batch")
    one.add_argument("--source", choices=_SOURCES, help="legal: everything of this source type")
    one.add_argument("--everything", action="store_true", help="legal: all that is here")
    one.add_argument("--reason", metavar="TEXT")

    one = add("release", "let one acquisition's own terms suffice for an asset, or recall that", _release)
    one.add_argument("asset", metavar="ASSET|RELEASE")
    one.add_argument("--through", metavar="REF:N", help="the acquisition: batch and number of the item")
    one.add_argument("--recall", action="store_true", help="end the release of this id")
    one.add_argument("--until", metavar="TIME")
    one.add_argument("--reason", required=True, metavar="TEXT")

    one = add("dispose", "remove an asset for good, agree to it as a second custodian, or list tombstones", _dispose)
    one.add_argument("asset", nargs="?", metavar="ASSET")
    one.add_argument("--reason", metavar="TEXT")
    one.add_argument("--confirm", metavar="SHA256", help="the asset's whole digest, once more")
    one.add_argument("--approve", action="store_true", help="agree, as a second custodian; removes nothing")
    one.add_argument("--bar", action="store_true", help="hold the same bytes at once should they come again")
    one.add_argument("--list", action="store_true", help="list tombstones")
    one.add_argument(
        "--rewrite-registers", action="store_true",
        help="erase what registers still say of items that were disposed of: names, paths, URLs, salts",
    )  # fmt: skip
    one.add_argument("--batch", metavar="REF", help="with --rewrite-registers: of this batch alone")


def _over(one: argparse.ArgumentParser) -> None:
    what = one.add_mutually_exclusive_group()
    what.add_argument("--asset", metavar="ASSET")
    what.add_argument("--batch", metavar="REF")
    what.add_argument("--source", choices=_SOURCES)
    what.add_argument("--everything", action="store_true")


def _retain(args: argparse.Namespace) -> Answer:
    app = open_here()
    if args.what == "list":
        return {"retention": app.ending.holds()["retention"]}, DONE
    reason = _needed(args.reason, "--reason")
    if args.what == "end":
        return app.ending.end_rule(_needed(args.rule, "RULE"), reason=reason), DONE
    if not (args.until or args.without_end):
        raise Misconfigured("say --until TIME or --without-end", code="E-CONF-009")
    over = _named(asset=args.asset, batch=args.batch, source=args.source, everything=args.everything)
    return app.ending.retain(until=args.until, review=args.review, reason=reason, **over), DONE


def _hold(args: argparse.Namespace) -> Answer:
    app = open_here()
    if args.what == "list":
        found = app.ending.holds()
        return {name: found[name] for name in ("legal_holds", "access_holds", "releases")}, DONE
    if args.what == "check":
        return app.ending.check_listed(), DONE
    kind = _needed(args.kind, "legal, access or unlawful")
    return _HOLDS[args.what, kind](app.ending, args), DONE


def _place_legal(ending: Any, args: argparse.Namespace) -> Any:
    over = _named(asset=args.target, batch=args.batch, source=args.source, everything=args.everything)
    return ending.place_legal(reason=_needed(args.reason, "--reason"), **over)


def _lift_legal(ending: Any, args: argparse.Namespace) -> Any:
    return ending.lift_legal(_needed(args.target, "HOLD"), reason=_needed(args.reason, "--reason"))


def _place_access(ending: Any, args: argparse.Namespace) -> Any:
    return ending.place_access(_needed(args.target, "ASSET"))


def _lift_access(ending: Any, args: argparse.Namespace) -> Any:
    return ending.lift_access(_needed(args.target, "ASSET"), reason=_needed(args.reason, "--reason"))


def _mark_unlawful(ending: Any, args: argparse.Namespace) -> Any:
    return ending.mark_unlawful(_needed(args.target, "ASSET"))


_HOLDS = {
    ("place", "legal"): _place_legal, ("lift", "legal"): _lift_legal,
    ("place", "access"): _place_access, ("lift", "access"): _lift_access,
    ("place", "unlawful"): _mark_unlawful, ("lift", "unlawful"): _lift_access,
}  # fmt: skip


def _release(args: argparse.Namespace) -> Answer:
    app = open_here()
    if args.recall:
        return app.ending.recall(args.asset, reason=args.reason), DONE
    batch, _, n = _needed(args.through, "--through").rpartition(":")
    if not n.isdecimal() or not batch:
        raise Misconfigured("--through is REF:N", code="E-CONF-009")
    return app.ending.release(args.asset, batch, int(n), until=args.until, reason=args.reason), DONE


def _dispose(args: argparse.Namespace) -> Answer:
    app = open_here()
    if args.list:
        return app.ending.disposed(), DONE
    if args.rewrite_registers:
        document = app.ending.rewrite_registers(args.batch, reason=_needed(args.reason, "--reason"))
        return document, FINDINGS if any(one["code"] for one in document["registers"]) else DONE
    asset, reason = _needed(args.asset, "ASSET"), _needed(args.reason, "--reason")
    if args.approve:
        return app.ending.approve_disposal(asset, reason=reason), DONE
    confirm = _needed(args.confirm, "--confirm")
    return app.ending.dispose(asset, reason=reason, confirm=confirm, bar=args.bar), DONE


def _named(*, asset: str | None, batch: str | None, source: str | None, everything: bool) -> dict[str, str | None]:
    """Return what a decision is over; that it is over everything must be said."""
    if [bool(one) for one in (asset, batch, source, everything)].count(True) != 1:
        raise Misconfigured("name one of: an asset, a batch, a source type, everything", code="E-CONF-009")
    return {"asset": asset, "batch": batch, "source": source}


def _needed(value: str | None, name: str) -> str:
    if not value:
        raise Misconfigured(f"{name} is missing", code="E-CONF-009")
    return value
