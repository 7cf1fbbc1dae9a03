"""The command line: read arguments, call the service, print. No decisions."""

import argparse
import errno
import json
import logging
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from pipeline import __version__
from pipeline.core.text import printable
from pipeline.errors import Misconfigured, PipelineError, Unavailable
from pipeline.show import tell

DONE, FINDINGS, COULD_NOT, INTERRUPTED = 0, 1, 2, 130
Answer = tuple[Any, int]


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints are errors of ours, so that ``--json`` can say them."""

    def error(self, message: str) -> NoReturn:
        raise Misconfigured(message, code="E-CONF-009", next_step=f"{self.prog} --help")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command: 0 done, 1 done with findings, 2 could not run, 130 interrupted."""
    given = list(sys.argv[1:] if argv is None else argv)
    as_json = "--json" in given
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    try:
        args = make_parser().parse_args(given)
        _check_text(args)
        document, code = args.run(args)
    except PipelineError as err:
        return _complain(err, as_json=as_json)
    except KeyboardInterrupt:
        print("interrupted; repeat the command to go on", file=sys.stderr)  # noqa: T201
        return INTERRUPTED
    except OSError as err:
        code = "E-HOST-003" if err.errno in (errno.ENOSPC, errno.EDQUOT) else "E-HOST-001"
        return _complain(Unavailable(err.strerror or type(err).__name__, code=code), as_json=as_json)
    except Exception as err:  # noqa: BLE001 (whatever it is, exit 1 would say "done, with findings")
        # The message may quote the material; type and place are enough to find the fault.
        where = traceback.extract_tb(err.__traceback__)[-1]
        place = f"{type(err).__name__} at {Path(where.filename).name}:{where.lineno}"
        return _complain(PipelineError(place), as_json=as_json)
    return _print(document, args.command, as_json=as_json) or int(code)


def _check_text(args: argparse.Namespace) -> None:
    """Refuse words that are no text; only a path may be any bytes."""
    for name, value in vars(args).items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str) and not one.isascii() and one != one.encode(errors="replace").decode():
                raise Misconfigured(f"{name!r} is not text", code="E-CONF-009")


def _terminate(_signal: int, _frame: Any) -> NoReturn:
    """End as an interruption does, so that what is held is given back."""
    raise KeyboardInterrupt


def _complain(err: PipelineError, *, as_json: bool) -> int:
    if as_json:
        body = {"code": err.code, "reason": err.reason, "who": err.who, "next": err.next}
        _print({"error": body}, "error", as_json=True)
    else:
        print(f"{err.code}: {printable(err.reason, limit=500)}\n  {err.who}: {err.next}", file=sys.stderr)  # noqa: T201
    return COULD_NOT


def _print(document: Any, command: str, *, as_json: bool) -> int:
    try:
        if as_json:
            sys.stdout.write(json.dumps(document, ensure_ascii=True, indent=1, sort_keys=False) + "\n")
        else:
            sys.stdout.write(tell(command, document))
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read has had enough; leave no second complaint at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    return 0


def _app(*, fill: bool = True) -> Any:
    from pipeline.service import open_app

    return open_app(fill=fill)


def _submit(args: argparse.Namespace) -> Answer:
    document = _app().submit(
        args.paths, batch=args.batch, source=args.source, provider=args.provider, url=args.url,
        manifest=args.manifest, conditions=args.conditions, recursive=args.recursive, follow=args.follow,
    )  # fmt: skip
    return document, FINDINGS if document["totals"].get("refused") else DONE


def _process(args: argparse.Namespace) -> Answer:
    stages = tuple(one for one in (args.stages or "").split(",") if one)
    if args.stages is not None and not stages:
        raise Misconfigured("--stages names no stage", code="E-CONF-009")
    app = _app()
    document = app.process(args.batch, stages=stages, redo=args.redo, profile=args.profile, progress=_progress(args))
    return document, FINDINGS if document["failures"] else DONE


def _progress(args: argparse.Namespace) -> Callable[[int, int], None]:
    def show(done: int, of: int) -> None:
        if not args.json and sys.stderr.isatty():
            print(f"\r{done} of {of} assets", end="\n" if done == of else "", file=sys.stderr, flush=True)  # noqa: T201

    return show


def _queue(args: argparse.Namespace) -> Answer:
    return _app().queue(args.batch), DONE


def _status(args: argparse.Namespace) -> Answer:
    return _app().status(args.batch), DONE


def _show(args: argparse.Namespace) -> Answer:
    return _app().show(args.asset), DONE


def _search(args: argparse.Namespace) -> Answer:
    document = _app().search(
        args.query, language=args.language, media=args.media, tag=args.tag, near=args.near, since=args.since,
        until=args.until, batch=args.batch, limit=args.limit,
    )  # fmt: skip
    return document, DONE


def _audit(args: argparse.Namespace) -> Answer:
    from pipeline.service import audit

    document = audit(args.slice)
    return document, FINDINGS if document["findings"] else DONE


def _verify_log(_args: argparse.Namespace) -> Answer:
    from pipeline.service import verify_log

    document = verify_log()
    return document, FINDINGS if document["findings"] else DONE


def _recover(_args: argparse.Namespace) -> Answer:
    return _app(fill=False).recover(), DONE


def _rebuild(args: argparse.Namespace) -> Answer:
    return _app(fill=False).rebuild(args.what), DONE


def _export(args: argparse.Namespace) -> Answer:
    document = _app().export(
        args.assets, batch=args.batch, form=args.format, to=args.to, recipient=args.recipient
    )  # fmt: skip
    return document, FINDINGS if document["withheld"] else DONE


def _models(args: argparse.Namespace) -> Answer:
    document = _app_models(args.action, args.profile)
    return document, FINDINGS if document.get("findings") else DONE


def _app_models(action: str, profile: str | None) -> Any:
    from pipeline.service import models

    return models(action, profile=profile, progress=_fetching if sys.stderr.isatty() else None)


def _fetching(what: str, done: int, of: int) -> None:
    """Show how far a download is."""
    print(f"\r{printable(what)}: {done // 1_000_000} of {of // 1_000_000} MB", end="", file=sys.stderr)  # noqa: T201
    if done >= of:
        print(file=sys.stderr)  # noqa: T201


def _grant(args: argparse.Namespace) -> Answer:
    batches = tuple(args.batch) if args.batch else None
    return _app().grant(args.person, role=args.role, permissions=args.permission or (), batches=batches,
                        revoke=args.revoke), DONE  # fmt: skip


def _conditions(args: argparse.Namespace) -> Answer:
    return _app().conditions(args.batch, args.file, n=args.item, reason=args.reason), DONE


def _people(_args: argparse.Namespace) -> Answer:
    return _app().people(), DONE


def _part(text: str) -> tuple[int, int]:
    n, slash, of = text.partition("/")
    if not (slash and n.isdecimal() and of.isdecimal() and 1 <= int(n) <= int(of)):
        raise argparse.ArgumentTypeError(f"{text!r} is not N/T with 1 <= N <= T")
    return int(n), int(of)


def _near(text: str) -> tuple[float, float, float]:
    try:
        lat, lon, km = (float(one) for one in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not LAT,LON,KM") from None
    if not (-90 <= lat <= 90 and -180 <= lon <= 180 and 0 < km <= 20_100):  # noqa: PLR2004 (the globe)
        raise argparse.ArgumentTypeError(f"{text!r} is not on this globe")
    return lat, lon, km


def _limit(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= 10_000:  # noqa: PLR2004 (a page, not an export)
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 10000")
    return int(text)


Add = Callable[[str, Callable[[argparse.Namespace], Answer], str], argparse.ArgumentParser]


def make_parser() -> _Parser:
    """Return the parser of all commands."""
    parser = _Parser(prog="evidence", description="Preserve, enrich and find media evidence.")
    parser.add_argument("--version", action="version", version=f"evidence {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser, metavar="COMMAND")

    def add(name: str, run: Callable[[argparse.Namespace], Answer], text: str) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=text, description=text)
        one.add_argument("--json", action="store_true", help="print one JSON document")
        one.set_defaults(run=run)
        return one

    _line_commands(add)
    _finding_commands(add)
    _keeping_commands(add)
    _people_commands(add)
    return parser


def _line_commands(add: Add) -> None:
    one = add("submit", _submit, "preserve files in a batch")
    one.add_argument("paths", nargs="*", type=Path, metavar="PATH")
    one.add_argument("--batch", required=True, metavar="REF")
    one.add_argument("--source", choices=("submitted", "open-source", "interview"), default="submitted")
    one.add_argument("--provider", metavar="NAME")
    one.add_argument("--url")
    one.add_argument("--manifest", type=Path, metavar="CSV", help="further items, a row each, with their facts")
    one.add_argument("--conditions", type=Path, metavar="FILE", help="conditions.json of the provider")
    one.add_argument("--recursive", action="store_true")
    one.add_argument("--follow", action="store_true", help="follow symbolic links")

    one = add("process", _process, "run the line over a batch, here and now")
    one.add_argument("batch", metavar="REF")
    one.add_argument("--stages", metavar="A,B", help="only these stages")
    one.add_argument("--profile", choices=("embedded", "standard", "auto"))
    one.add_argument("--redo", metavar="WHAT", help="failed, all, stage:NAME or model:NAME")

    one = add("queue", _queue, "ask Airflow to run the line over a batch")
    one.add_argument("batch", metavar="REF")

    one = add("status", _status, "say what became of a batch, or of all")
    one.add_argument("batch", metavar="REF", nargs="?")


def _finding_commands(add: Add) -> None:
    one = add("show", _show, "show all that is known of an asset")
    one.add_argument("asset", metavar="ASSET", help="its SHA-256, or a prefix that fits no other")

    one = add("search", _search, "find what was said, written or shown")
    one.add_argument("query", metavar="QUERY")
    one.add_argument("--language", metavar="L")
    one.add_argument("--media", choices=("image", "video", "audio"))
    one.add_argument("--tag", metavar="T")
    one.add_argument("--near", type=_near, metavar="LAT,LON,KM")
    one.add_argument("--from", dest="since", metavar="T", help="received at or after this time")
    one.add_argument("--to", dest="until", metavar="T", help="received at or before this time")
    one.add_argument("--batch", metavar="REF")
    one.add_argument("--limit", type=_limit, default=20, metavar="N")


def _keeping_commands(add: Add) -> None:
    one = add("audit", _audit, "read preserved bytes and compare them with their digests and with the log")
    how = one.add_mutually_exclusive_group()
    how.add_argument("--full", action="store_true", help="everything (the default)")
    how.add_argument("--slice", type=_part, metavar="N/T", help="the Nth of T parts")

    add("verify-log", _verify_log, "verify the custody log")
    add("recover", _recover, "finish or sweep what a crash left in the vault")
    one = add("rebuild", _rebuild, "make the catalogue or the index again from the vault")
    one.add_argument("what", choices=("catalogue", "index"))

    one = add("export", _export, "hand material to somebody whom its conditions allow")
    one.add_argument("assets", nargs="*", metavar="ASSET")
    one.add_argument("--batch", metavar="REF")
    one.add_argument("--format", required=True, choices=("jsonl",))
    one.add_argument("--to", required=True, type=Path, metavar="DIR")
    one.add_argument("--recipient", required=True, metavar="NAME")

    one = add("models", _models, "list, fetch, verify or choose models")
    one.add_argument("action", choices=("list", "fetch", "verify", "resolve"))
    one.add_argument("--profile", choices=("embedded", "standard", "auto"))


def _people_commands(add: Add) -> None:
    one = add("grant", _grant, "give a person permissions, or take them back")
    one.add_argument("person", metavar="NAME")
    one.add_argument("--role", choices=("reader", "analyst", "operator", "custodian"))
    one.add_argument("--permission", action="append", metavar="P")
    one.add_argument("--batch", action="append", metavar="REF", help="only over this batch; may be repeated")
    one.add_argument("--revoke", action="store_true", help="take all grants of this person back")
    one = add("conditions", _conditions, "change what binds a batch, or one of its items, from now on")
    one.add_argument("batch", metavar="REF")
    one.add_argument("file", type=Path, metavar="FILE", help="the provider's new conditions.json")
    one.add_argument("--item", type=int, metavar="N")
    one.add_argument("--reason", required=True, metavar="TEXT")
    add("people", _people, "list persons and their grants")


def run() -> NoReturn:
    """Run as a program."""
    signal.signal(signal.SIGTERM, _terminate)
    sys.exit(main())


if __name__ == "__main__":
    run()
