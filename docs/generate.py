"""Reference pages: written from the code, so that they cannot say anything else; ``--check`` compares."""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent))

from pipeline.commands import make_parser  # noqa: E402 (the checkout comes first)
from pipeline.errors import CODES  # noqa: E402 (as above)
from pipeline.plan import plan  # noqa: E402 (as above)
from pipeline.settings import FROM_ENVIRONMENT, Limits, Settings  # noqa: E402 (as above)
from pipeline.usecases.schemas import schemas  # noqa: E402 (as above)

_NOTE = "<!-- Written by docs/generate.py from the code; `make docs` writes it again. -->\n\n"


def codes() -> str:
    """Every stable code: what it means, who acts, what to do next."""
    rows = [f"| `{code}` | {one.meaning} | {one.who} | {one.next} |" for code, one in sorted(CODES.items())]
    head = "# Codes\n\nE: an error or a refusal. N: nothing to say. U: no engine covers it. H: held.\n\n"
    return head + "| code | meaning | who acts | next |\n| --- | --- | --- | --- |\n" + "\n".join(rows) + "\n"


def settings() -> str:
    """Every setting, its variable and its default."""
    lines = ["# Settings", "", "From `$EVIDENCE_SETTINGS` (TOML; default: `evidence/settings.toml` in the user's",
             "configuration folder), then the environment over it. Read once.", "",
             "| setting | variable | default | meaning |", "| --- | --- | --- | --- |"]  # fmt: skip
    for prefix, model in (("", Settings), ("limits.", Limits)):
        for name, field in model.model_fields.items():
            if name == "limits":
                continue
            variable = f"`{FROM_ENVIRONMENT[name]}`" if not prefix and name in FROM_ENVIRONMENT else ""
            default = "" if field.is_required() else f"`{field.default!r}`"
            lines.append(f"| `{prefix}{name}` | {variable} | {default} | {field.description or ''} |")
    return "\n".join(lines) + "\n"


_COMMANDS = """# The command `evidence`

Every command takes `--json`: one JSON document on stdout, nothing else there. Exit: 0 done; 1 done, and something was
refused, failed or found; 2 could not run; 130 interrupted, repeat it to go on.
"""


def commands() -> str:
    """Every command with its arguments. Not argparse's own text: that differs between versions of Python."""
    parts = [_COMMANDS]
    for name, about, arguments in _commands():
        lines = [f"- {one}" for one in arguments]
        parts.append(f"## evidence {name}\n\n{about[:1].upper()}{about[1:]}.\n\n" + "\n".join(lines) + "\n")
    return "\n".join(parts).replace("\n\n\n", "\n\n")


def _commands() -> Iterator[tuple[str, str, list[str]]]:
    parser = make_parser()
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, one in action.choices.items():
                yield name, one.description or "", [_argument(arg) for arg in one._actions if _told(arg)]


def _told(action: argparse.Action) -> bool:
    return action.dest not in {"help", "json"}


def _argument(action: argparse.Action) -> str:
    value = action.metavar or ("|".join(map(str, action.choices)) if action.choices else action.dest.upper())
    takes = action.nargs != 0
    name = (
        f"{', '.join(action.option_strings)} {value if takes else ''}".strip() if action.option_strings else str(value)
    )
    default = f" (default {action.default})" if takes and action.default not in (None, []) else ""
    needed = " (required)" if action.required and action.option_strings else ""
    return f"`{name}`{': ' + action.help if action.help else ''}{needed}{default}"


def stages() -> str:
    """The line: every stage, what it reads and writes, and which task runs it."""
    lines = ["# Stages", "", "| task | stage | reads (`?`: if there) | writes | media | engine |",
             "| --- | --- | --- | --- | --- | --- |"]  # fmt: skip
    for step in plan():
        one = step.stage
        reads = ", ".join([*map(str, one.reads), *(f"{kind}?" for kind in one.maybe)]) or "bytes"
        media = "any" if one.media is None else ", ".join(sorted(one.media))
        engine = one.engine.__name__ if one.engine else ""
        lines.append(f"| {one.task} | {one.name} | {reads} | {one.writes} | {media} | {engine} |")
    return "\n".join(lines) + "\n"


PAGES = {"codes.md": codes, "settings.md": settings, "commands.md": commands, "stages.md": stages}


def texts() -> Iterator[tuple[Path, str]]:
    """Every file that is written from the code, and what it says."""
    for name, make in PAGES.items():
        yield DOCS / "reference" / name, _NOTE + make()
    for name, schema in schemas().items():
        yield DOCS / "schema" / name, json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    """Write the pages, or compare them with what stands there."""
    check = "--check" in sys.argv[1:]
    stale = []
    for page, text in texts():
        if check:
            if not page.is_file() or page.read_text(encoding="utf-8") != text:
                stale.append(page.name)
        else:
            page.parent.mkdir(exist_ok=True)
            page.write_text(text, encoding="utf-8")
    if stale:
        print(f"stale: {', '.join(stale)}; run make docs")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
