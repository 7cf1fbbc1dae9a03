"""exiftool: every raw tag that a file carries."""

from pathlib import Path
from typing import Any

from pipeline.core.text import printable
from pipeline.errors import Refused
from pipeline.settings import Settings
from pipeline.tools.answers import read_json
from pipeline.tools.resident import Residents
from pipeline.tools.sandbox import MEDIA, Bounds, Call, run

_START = ("exiftool", "-config", "")  # no configuration file: it is Perl and would be run
_OPTIONS = (
    "-json", "-G1", "-a", "-n",
    "-charset", "filename=utf8",
    "-api", "LargeFileSupport=1",
)  # fmt: skip
_NOT_OF_IT = ("SourceFile", "System:", "ExifTool:ExifToolVersion")
"""Of our own copy and of the tool: they would differ from host to host. To leave them out costs exiftool more."""


def residents(settings: Settings) -> Residents:
    """Return the processes that stay for many files."""
    return Residents(settings, (*_START, "-stay_open", "True", "-@", "-"))


def metadata(media: Path, settings: Settings, kept: Residents | None = None) -> dict[str, Any]:
    """Return raw tags, keyed ``Group:Tag`` (family 1), numeric where exiftool can.

    Binary values stay out (exiftool names their size). What exiftool itself complains about
    stands under ``ExifTool:Error`` and ``ExifTool:Warning``. One of ``kept`` is asked, if it is there;
    what it does not answer properly is asked of a process of its own, with the same answer.
    """
    said = kept.ask(_OPTIONS, media) if kept else None
    if said is None:
        done = run(_call([*_START, *_OPTIONS, MEDIA], settings, media))
        if not done.stdout.strip():
            raise Refused(printable(done.stderr.strip()) or "exiftool found nothing")
        said = done.stdout
    return recorded(said)


def recorded(said: bytes) -> dict[str, Any]:
    """Return what of an answer is recorded: tags of the file, none of our copy and of the tool."""
    answer = read_json(said, "exiftool")
    if not (isinstance(answer, list) and answer and isinstance(answer[0], dict)):
        raise Refused("exiftool gave no list of tags", code="E-MEDIA-006")
    return {key: value for key, value in answer[0].items() if not key.startswith(_NOT_OF_IT)}


_TRACK = (
    "-config", "", "-ee", "-json", "-G3", "-n", "-api", "LargeFileSupport=1",
    "-SampleTime", "-SampleDuration", "-GPSLatitude", "-GPSLongitude", "-GPSDateTime", "-GPSMeasureMode", "-GPSDOP",
    "-GPSHPositioningError",
)  # fmt: skip


def track(media: Path, settings: Settings) -> dict[str, Any]:
    """Return what is embedded sample by sample, keyed ``Doc<n>:Tag``: times and positions, nothing else.

    Only what the file holds in its timed metadata; ``Main:`` is the file's own and already among ``metadata``.
    """
    done = run(_call(["exiftool", *_TRACK, MEDIA], settings, media))
    if not done.stdout.strip():
        return {}
    answer = read_json(done.stdout, "exiftool")
    if not (isinstance(answer, list) and answer and isinstance(answer[0], dict)):
        raise Refused("exiftool gave no list of tags", code="E-MEDIA-006")
    return {key: value for key, value in answer[0].items() if key.startswith("Doc")}


def extract(media: Path, tag: str, settings: Settings, *options: str) -> bytes:
    """Return the value of one tag as it stands in the file; nothing where there is none."""
    return run(_call([*_START, "-b", "-api", "LargeFileSupport=1", *options, f"-{tag}", MEDIA], settings, media)).stdout


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
