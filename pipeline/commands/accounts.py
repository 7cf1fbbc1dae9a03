"""Commands of accounts: who signs in to the reading room and the API, and with what."""

import argparse
import sys
from typing import Any

from pipeline.commands.arguments import DONE, Add, Answer, open_here
from pipeline.errors import Misconfigured

_WHAT = {
    "list": "accounts, tokens and bindings",
    "add": "give NAME an account",
    "password": "give NAME a new password",
    "second-factor": "begin with a device of your own, --confirm CODE what it shows, or --remove NAME's",
    "tokens": "list your own, --make LABEL one, or --revoke ID",
    "lock": "let NAME in no more, by no way",
    "unlock": "let NAME in again",
    "remove": "take NAME's account away",
    "oidc": "--subject of the identity provider is NAME, or without NAME nobody any more",
}


def add(add: Add) -> None:
    """Declare the commands."""
    about = "; ".join(f"{name}: {text}" for name, text in _WHAT.items())
    one = add("account", "manage accounts, second factors and tokens", _account)
    one.add_argument("what", choices=tuple(_WHAT), help=about)
    one.add_argument("name", nargs="?", metavar="NAME", help="the person, as evidence people lists them")
    one.add_argument("--login", metavar="NAME", help="add: what they sign in as (default: their name)")
    one.add_argument("--stdin", action="store_true", help="add, password: read it there (default: one is made)")
    one.add_argument("--confirm", metavar="CODE")
    one.add_argument("--remove", action="store_true")
    one.add_argument("--make", metavar="LABEL", help="the secret is printed once, for EVIDENCE_TOKEN or the API")
    one.add_argument("--scope", action="append", default=[], metavar="P", help="keep the token to this permission")
    one.add_argument("--days", type=int, default=90, metavar="N", help="how long it lasts (default: 90)")
    one.add_argument("--revoke", metavar="ID", help="your own; with NAME given, anybody's")
    one.add_argument("--subject", metavar="SUB")
    one.add_argument("--issuer", metavar="URL", help="default: oidc_issuer in the settings")


def _account(args: argparse.Namespace) -> Answer:
    return _DOERS[args.what](open_here(fill=False), args), DONE


def _add(app: Any, args: argparse.Namespace) -> Any:
    return app.accounts.add(_named(args), login=args.login, password=_password(args))


def _issue(app: Any, args: argparse.Namespace) -> Any:
    return app.accounts.issue_password(_named(args), password=_password(args))


def _second_factor(app: Any, args: argparse.Namespace) -> Any:
    if args.remove:
        return app.accounts.remove_second_factor(_named(args))
    if args.name:
        raise Misconfigured("a second factor is begun by its owner", code="E-CONF-009")
    return app.signing_in.confirm_second_factor(args.confirm) if args.confirm else app.signing_in.begin_second_factor()


def _tokens(app: Any, args: argparse.Namespace) -> Any:
    if args.make:
        return app.signing_in.make_token(args.make, scopes=args.scope, days=args.days)
    if args.revoke:
        return app.accounts.revoke_token(args.revoke) if args.name else app.signing_in.revoke_token(args.revoke)
    return app.signing_in.tokens()


def _oidc(app: Any, args: argparse.Namespace) -> Any:
    if not args.subject:
        raise Misconfigured("--subject is missing", code="E-CONF-009")
    if args.name:
        return app.accounts.bind(args.name, args.subject, issuer=args.issuer)
    return app.accounts.unbind(args.subject, issuer=args.issuer)


_DOERS = {
    "list": lambda app, _args: app.accounts.listed(),
    "add": _add,
    "password": _issue,
    "second-factor": _second_factor,
    "tokens": _tokens,
    "lock": lambda app, args: app.accounts.lock(_named(args)),
    "unlock": lambda app, args: app.accounts.unlock(_named(args)),
    "remove": lambda app, args: app.accounts.remove(_named(args)),
    "oidc": _oidc,
}


def _named(args: argparse.Namespace) -> str:
    if not args.name:
        raise Misconfigured("name the person", code="E-CONF-009")
    return str(args.name)


def _password(args: argparse.Namespace) -> str | None:
    """Return the password that stands on standard input: an argument would stand in the list of processes."""
    return sys.stdin.readline().rstrip("\r\n") if args.stdin else None
