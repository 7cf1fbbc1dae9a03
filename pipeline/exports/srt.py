"""SubRip: captions for players that read nothing better; the first one says that a machine made them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.exports.captions import Track, clock, export_captions
from pipeline.exports.folder import ExportManifest

SCHEMA = "evidence-export-srt/1"
_TAG = re.compile(r"(?<=[<{])(?=\S)|(?<=--)(?=>)")
_JOINER = "\u2060"


def write_srt(documents: Iterable[Mapping[str, Any]], to: Path) -> ExportManifest:
    """Write a file for each document and layout; SubRip has no notes, so that the first caption is one."""
    return export_captions(documents, to, schema=SCHEMA, suffix=".srt", write=_written)


def _written(track: Track) -> Iterator[bytes]:
    # It stands for a thousandth of a second: in the file for whoever opens it, on no screen for long.
    notice = "\n".join(_harmless(line) for line in track.header)
    yield f"1\n{clock(0, ',')} --> {clock(0.001, ',')}\n{notice}\n".encode()
    for number, cue in enumerate(track.cues, 2):
        lines = [_harmless(line) for line in cue.lines]
        if cue.voice:
            lines[0] = f"[{_harmless(cue.voice)}] {lines[0]}"
        text = "\n".join(lines)
        yield f"\n{number}\n{clock(cue.start, ',')} --> {clock(cue.end, ',')}\n{text}\n".encode()


def _harmless(text: str) -> str:
    """Keep players from reading an arrow, a tag or a position into text: it has no way to escape them."""
    return _TAG.sub(_JOINER, text)
