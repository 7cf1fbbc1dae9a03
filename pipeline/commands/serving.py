"""Command of the reading room: pages and API, on this machine alone unless the settings say otherwise."""

import argparse

from pipeline.commands.arguments import DONE, Add, Answer


def add(add: Add) -> None:
    """Declare the command."""
    one = add("serve", "open the reading room and the API, until Ctrl-C", _serve)
    one.add_argument("--port", type=port, metavar="N", help="listen on this port (default: setting web_port; 0: any)")


def port(text: str) -> int:
    """Read a port."""
    if not text.isdecimal() or int(text) > 65_535:  # noqa: PLR2004 (ports have 16 bits)
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 65535")
    return int(text)


def _serve(args: argparse.Namespace) -> Answer:
    from pipeline.web.serving import serve

    return serve(port=args.port), DONE
