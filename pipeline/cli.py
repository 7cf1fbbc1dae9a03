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

from pipeline.arguments import make_parser
from pipeline.core.text import printable
from pipeline.errors import Misconfigured, PipelineError, Unavailable
from pipeline.show import tell

DONE, FINDINGS, COULD_NOT, INTERRUPTED = 0, 1, 2, 130
Answer = tuple[Any, int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command: 0 done, 1 done with findings, 2 could not run, 130 interrupted."""
    given = list(sys.argv[1:] if argv is None else argv)
    as_json = "--json" in given
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    try:
        args = make_parser().parse_args(given)
        _check_text(args)
        document, code = _COMMANDS[args.command](args)
    except PipelineError as err:
        return _complain(err, as_json=as_json)
    except KeyboardInterrupt:
        print("interrupted; repeat the command to go on", file=sys.stderr)  # noqa: T201
        return INTERRUPTED
    except OSError as err:
        full = err.errno in (errno.ENOSPC, errno.EDQUOT)
        found = Unavailable(err.strerror or type(err).__name__, code="E-HOST-003" if full else "E-HOST-001")
        return _complain(found, as_json=as_json)
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


def _similar(args: argparse.Namespace) -> Answer:
    return _app().similar(args.asset), DONE


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


def _report(args: argparse.Namespace) -> Answer:
    return _app().report(args.batch, to=args.to), DONE


def _evaluate(args: argparse.Namespace) -> Answer:
    from pipeline.service import evaluation

    return evaluation(args.what, args.manifest), DONE


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
    given = {"role": args.role, "permissions": args.permission or (), "clearance": args.clearance}
    return _app().grant(args.person, **given, batches=batches, revoke=args.revoke), DONE


def _conditions(args: argparse.Namespace) -> Answer:
    return _app().conditions(args.batch, args.file, n=args.item, reason=args.reason), DONE


def _people(_args: argparse.Namespace) -> Answer:
    return _app().people(), DONE


_COMMANDS: dict[str, Callable[[argparse.Namespace], Answer]] = {
    "submit": _submit,
    "process": _process,
    "queue": _queue,
    "status": _status,
    "show": _show,
    "similar": _similar,
    "search": _search,
    "audit": _audit,
    "verify-log": _verify_log,
    "recover": _recover,
    "rebuild": _rebuild,
    "export": _export,
    "report": _report,
    "evaluate": _evaluate,
    "models": _models,
    "grant": _grant,
    "conditions": _conditions,
    "people": _people,
}


def run() -> NoReturn:
    """Run as a program."""
    signal.signal(signal.SIGTERM, _terminate)
    sys.exit(main())


if __name__ == "__main__":
    run()
