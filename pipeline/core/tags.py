"""Tags: what files say of themselves, gathered raw, bounded, and marked where it points to a source."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

MOST_TAGS = 2000
LONGEST_VALUE = 2000
_LONGEST_KEY = 200

# What programs say of the copy that they were handed: it changes with the host and the hour.
_OF_THE_COPY = re.compile(
    r"(?:\A|:)(?:SourceFile|Directory|FileName|filename|FilePermissions|File\w*Date\w*|ExifToolVersion|FileSize)\Z"
)
_DERIVED = ("Composite:",)
_IDENTIFYING = re.compile(
    r"gps|location|iso6709|sub-?location|\bcity|provincestate|serial|owner|artist|author|creator\b|by-?line|contact|"
    r"copyright|rights|credit|hostcomputer|devicename|username|account|phone|e-?mail|unique_?(?:camera)?(?:model|id)|"
    r"imageuniqueid|makernote|\bmake\b|\bmodel\b|camera|lensserial|person|region(?:name|info)|wifi|bluetooth|imei|udid",
    re.IGNORECASE,
)


def raw_tags(
    probe: Mapping[str, Any], metadata: Mapping[str, Any], exif: Mapping[str, Any]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Gather every raw tag as ``tool:group:tag`` → text; the flags say what had to be cut.

    Values are text as the tool gave it, at most ``LONGEST_VALUE`` characters; at most ``MOST_TAGS``
    tags, in the order of their names within a tool.
    """
    pairs = [*_of_probe(probe), *_of_exiftool(metadata), *((f"exifread:{key}", exif[key]) for key in sorted(exif))]
    kept: dict[str, str] = {}
    flags = set()
    for key, value in pairs:
        text = _text(value)
        if len(kept) >= MOST_TAGS:
            flags.add("tags_cut")
            break
        if len(text) > LONGEST_VALUE:
            flags.add("values_cut")
        kept[_clean(key)[:_LONGEST_KEY]] = text[:LONGEST_VALUE]
    return kept, tuple(sorted(flags))


def identifying(raw: Mapping[str, str]) -> tuple[str, ...]:
    """Name the raw tags that may lead to a source: position, device, serial number, owner, author."""
    return tuple(key for key in sorted(raw) if _IDENTIFYING.search(key.partition(":")[2]))


def complains(raw: Mapping[str, str]) -> bool:
    """Tell whether the reader of the tags found them damaged; what it calls minor is not."""
    found = [raw.get(f"exiftool:ExifTool:{name}", "") for name in ("Error", "Warning")]
    return any(one and not one.casefold().startswith("[minor]") for one in found)


def first(raw: Mapping[str, str], *names: str) -> str | None:
    """Return the first value that is not blank among tags whose name ends in one of ``names``, in their order."""
    for name in names:
        for key in sorted(raw):
            if (key == name or key.endswith((f":{name}", f" {name}"))) and raw[key].strip():
                return raw[key].strip()
    return None


def _of_probe(probe: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    shape: Mapping[str, Any] = probe.get("format") or {}
    for key in ("format_name", "format_long_name", "bit_rate", "start_time", "nb_programs"):
        if key in shape:
            yield f"ffprobe:format:{key}", shape[key]
    for key, value in sorted((shape.get("tags") or {}).items()):
        yield f"ffprobe:format:{key}", value
    for stream in probe.get("streams") or []:
        for key, value in sorted((stream.get("tags") or {}).items()):
            yield f"ffprobe:stream{stream.get('index')}:{key}", value


def _of_exiftool(metadata: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    for key, value in sorted(metadata.items()):
        if not key.startswith(_DERIVED) and not _OF_THE_COPY.search(key):
            yield f"exiftool:{key}", value


def _text(value: Any) -> str:
    if isinstance(value, str):
        return _clean(value)
    return _clean(json.dumps(value, ensure_ascii=False, sort_keys=True, default=str))


def _clean(text: str) -> str:
    """Drop what is no Unicode text: half a surrogate pair has no UTF-8 and so no digest."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")
