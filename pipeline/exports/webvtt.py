"""WebVTT: captions for players, original, translated and bilingual (W3C WebVTT 1)."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.exports.captions import Cue, Track, clock, export_captions
from pipeline.exports.folder import ExportManifest

SCHEMA = "evidence-export-webvtt/1"


def write_webvtt(documents: Iterable[Mapping[str, Any]], to: Path) -> ExportManifest:
    """Write a file for each document and layout; the note at its head says which program made it."""
    return export_captions(documents, to, schema=SCHEMA, suffix=".vtt", write=_written)


def text_of(track: Track) -> bytes:
    """Return one file of captions."""
    return b"".join(_written(track))


def _written(track: Track) -> Iterator[bytes]:
    yield b"WEBVTT\n\nNOTE\n"
    # A note ends at an empty line and may not hold an arrow.
    yield ("\n".join(line.replace("-->", "-- >") for line in track.header) + "\n").encode()
    for number, cue in enumerate(track.cues, 1):
        yield f"\n{number}\n{clock(cue.start, '.')} --> {clock(cue.end, '.')}\n{_text(cue)}\n".encode()


def _text(cue: Cue) -> str:
    lines = [_escaped(line) for line in cue.lines]
    if cue.voice:
        # Without the blank, which readers drop, dashes at its end would make an arrow, and end the cue.
        blank = " " if cue.voice.endswith("-") else ""
        lines[0] = f"<v {_escaped(cue.voice)}{blank}>{lines[0]}"
    return "\n".join(lines)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
