"""The command line: read arguments, call the service, print. No decisions."""

import argparse
import errno
import json
import logging
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from pipeline.commands import make_parser
from pipeline.commands.arguments import COULD_NOT, INTERRUPTED
from pipeline.core.text import printable
from pipeline.errors import Misconfigured, PipelineError, Unavailable
from pipeline.show import tell


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
        sys.stderr.write("interrupted; repeat the command to go on\n")
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
        sys.stderr.write(f"{err.code}: {printable(err.reason, limit=500)}\n  {err.who}: {err.next}\n")
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


def run() -> NoReturn:
    """Run as a program."""
    signal.signal(signal.SIGTERM, _terminate)
    sys.exit(main())


if __name__ == "__main__":
    run()
