"""exiftool: every raw tag that a file carries."""

from pathlib import Path
from typing import Any

from pipeline.core.text import printable
from pipeline.errors import Refused
from pipeline.settings import Settings
from pipeline.tools.answers import read_json
from pipeline.tools.sandbox import MEDIA, Bounds, Call, run

_OPTIONS = (
    "-config", "",  # no configuration file: it is Perl and would be run
    "-json", "-G1", "-a", "-n",
    "-charset", "filename=utf8",
    "-api", "LargeFileSupport=1",
    # Of our own copy and of the tool: they would differ from host to host.
    "--System:all", "--ExifTool:ExifToolVersion",
)  # fmt: skip


def metadata(media: Path, settings: Settings) -> dict[str, Any]:
    """Return raw tags, keyed ``Group:Tag`` (family 1), numeric where exiftool can.

    Binary values stay out (exiftool names their size). What exiftool itself complains about
    stands under ``ExifTool:Error`` and ``ExifTool:Warning``.
    """
    done = run(_call(["exiftool", *_OPTIONS, MEDIA], settings, media))
    if not done.stdout.strip():
        raise Refused(printable(done.stderr.strip()) or "exiftool found nothing")
    answer = read_json(done.stdout, "exiftool")
    if not (isinstance(answer, list) and answer and isinstance(answer[0], dict)):
        raise Refused("exiftool gave no list of tags", code="E-MEDIA-006")
    return {key: value for key, value in answer[0].items() if key != "SourceFile"}


def version(settings: Settings) -> str:
    """Return the version of exiftool."""
    return printable(run(_call(["exiftool", "-ver"], settings, None)).stdout.decode(errors="replace").strip())


def _call(argv: list[str], settings: Settings, media: Path | None) -> Call:
    limits = settings.limits
    bounds = Bounds(
        seconds=limits.tool_seconds, memory=limits.memory_bytes, file_bytes=limits.output_bytes,
        answer_bytes=limits.answer_bytes,
    )  # fmt: skip
    return Call(argv=argv, bounds=bounds, policy=settings.isolation, media=media)
