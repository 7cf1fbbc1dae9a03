"""Our own readers of text take whatever chance and malice write: no error but the typed ones, never for long."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core import conditions, pointers
from pipeline.core.embedded import embedded_fixes
from pipeline.core.model import Source
from pipeline.core.name_forms import options_at, tokens_of
from pipeline.core.position import positions
from pipeline.core.recorded import read_stamp, recorded
from pipeline.core.sidecars import in_recording, read_sidecar
from pipeline.core.stated import of_figures, of_metadata, of_name
from pipeline.core.tags import complains, identifying, raw_tags
from pipeline.core.text import printable
from pipeline.core.written_coordinates import short_plus_codes, written
from pipeline.errors import PipelineError
from pipeline.exports.captions import clock, plain
from pipeline.index import query
from pipeline.tools.answers import read_json
from pipeline.usecases.intake import path_facts, read_manifest
from pipeline.usecases.truths import read_truths
from tests.hostile.fuzzing import OBJECTS, SECONDS, soon, tokens
from tests.hostile.test_fuzz import told

SUBTITLES = tokens(
    "1\n", "00:00:00,000 --> 00:00:00,033\n", "[latitude: ", "[longitude: ", "]", "GPS(", "GPS (", "HOME(",
    ",", ")", "N", "W",
    "99:99:99.999 --> ", "\n\n", "36.2021", "37.1343", "<font size=",
)  # fmt: skip
XML = tokens(
    "<gpx>", "</gpx>", '<?xml version="1.0" encoding="utf-7"?>', "<trk><trkseg>", '<trkpt lat="', '" lon="',
    '">', "<time>",
    "2024-05-01T10:00:05Z", "</time>", "</trkpt>", "</trkseg></trk>", "<!DOCTYPE x [", "<!ENTITY a '", "&a;",
    "<![CDATA[", "]]>",
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">', "36,12.1N", "GPSLatitude=",
)  # fmt: skip


@given(st.sampled_from([".srt", ".gpx", ".xmp", ".json", ".SRT"]), st.one_of(SUBTITLES, XML, OBJECTS.map(json.dumps)))
def test_side_cars(ending: str, text: str) -> None:
    with soon():
        if found := read_sidecar(f"x{ending}", text.encode(errors="surrogatepass")):
            in_recording(found, 0.0, 5.0)
            for fix in found.fixes:
                assert -90 <= fix.lat <= 90
                assert -180 <= fix.lon <= 180


COORDINATES = tokens(
    "36.2021", "37.1343", "°", "′", "″", "'", '"', "N", "E", "S", "W", ",", " ", "-", "37S", "UTM", "8G7", "+",
    "lat", "lon", "شمال",
    "شرق", "36° 12′ 7.5″ N", "٣٦", "،", "MGRS", "37SBA1234567890", "8G8X42WM+2R",
)  # fmt: skip


@given(COORDINATES, st.sampled_from([None, "ar", "fr", "tr", "ckb", "xx"]))
def test_written_coordinates(text: str, language: str | None) -> None:
    with soon():
        for one in written(text, language):
            assert -90 <= one.lat <= 90
            assert -180 <= one.lon <= 180
            assert 0 <= one.start < one.end <= len(text)
        list(short_plus_codes(text))


@given(COORDINATES)
def test_file_names(name: str) -> None:
    with soon():
        for passage in of_name(name, ("b", 1)):
            list(of_figures(passage))
        words = tokens_of(name)
        for at in range(len(words)):
            list(options_at(words, at, "ar", cased=True))


@given(st.binary(min_size=1, max_size=60).filter(lambda one: b"\x00" not in one and b"/" not in one))
def test_paths(tmp_path_factory: pytest.TempPathFactory, name: bytes) -> None:
    facts = path_facts(tmp_path_factory.getbasetemp() / name.decode(errors="surrogateescape"))
    json.dumps(facts).encode()
    facts["filename"].encode()


NAMES = st.sampled_from([
    "exiftool:GPS:GPSLatitude", "exiftool:GPS:GPSLatitudeRef", "exiftool:GPS:GPSLongitude",
    "exiftool:XMP-exif:GPSLatitude",
    "exiftool:Composite:GPSPosition", "ffprobe:format:location", "exifread:GPS GPSLatitude",
    "exiftool:ExifIFD:DateTimeOriginal",
    "exiftool:QuickTime:CreateDate", "exiftool:ExifIFD:OffsetTime", "ffprobe:format:creation_time",
    "exiftool:ExifTool:Warning",
    "ffprobe:stream0:com.apple.quicktime.location.ISO6709", "exiftool:GPS:GPSHPositioningError",
])  # fmt: skip
VALUES = tokens(
    "36 deg 12' 7.50\" N", "36.2021", "+36.2021+037.1343/", "2024:05:01 10:00:00", "0000:00:00 00:00:00",
    "+25:00", "Z", "1/0",
    "[36, 12, 0]", "N", "9999-12-31T23:59:59.999999+23:59", "24:60:60",
)  # fmt: skip


@given(st.dictionaries(NAMES, VALUES, max_size=8))
def test_tags_places_and_times(raw: dict[str, str]) -> None:
    with soon():
        identifying(raw)
        complains(raw)
        recorded(raw)
        list(of_metadata(raw))
        for one in positions(raw):
            assert -90 <= one.lat <= 90


@given(OBJECTS, OBJECTS, st.dictionaries(st.text(max_size=8), OBJECTS, max_size=4))
def test_tags_of_any_shape(first: Any, second: Any, third: dict[str, Any]) -> None:
    tagged = {"format": {"tags": {"a": first}, "bit_rate": second}, "streams": [{"index": 0, "tags": third}]}
    with soon():
        raw, _ = raw_tags(tagged, third, third, most=9, longest=99)
        json.dumps(raw, ensure_ascii=False).encode()
        embedded_fixes(
            {f"Doc1:{key}": value for key, value in third.items()}
            | {"Doc1:GPSLatitude": first, "Doc1:SampleTime": second}
        )


@given(VALUES, st.one_of(st.none(), VALUES))
def test_times(text: str, zone: str | None) -> None:
    with soon():
        read_stamp(text, zone, "x")


@given(st.floats(min_value=-1e12, max_value=1e12))
def test_timecodes(seconds: float) -> None:
    assert clock(seconds, ".").count(":") == 2


ROWS = tokens(
    "path",
    ",",
    "\r\n",
    "\n",
    '"',
    '""',
    "source",
    "submitted",
    "collected_at",
    "2024-05-01T00:00:00Z",
    "a.mp4",
    "../",
    "what",
    "lat",
)


@given(ROWS)
def test_manifests(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.getbasetemp() / "manifest.csv"
    file.write_bytes(text.encode(errors="surrogatepass"))
    with soon():
        read_manifest(file)
    with soon():
        read_truths(file, "speech")


def read_as_json(folder: Path, text: str) -> None:
    """Put text through everything that reads JSON of others."""
    (file := folder / "truths.json").write_text(text)
    readers: list[Callable[[], object]] = [
        lambda: read_truths(file, "speech"),
        lambda: read_json(text.encode(), "a tool"),
        lambda: read_sidecar("x.json", text.encode()),
        lambda: conditions.parse(text.encode(), base=conditions.defaults(Source.SUBMITTED, None)),
    ]
    for read in readers:
        with soon():
            read()


@given(OBJECTS.map(json.dumps))
def test_what_persons_write_as_json(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    read_as_json(tmp_path_factory.getbasetemp(), text)


@pytest.mark.parametrize(
    "text",
    ['{"files":' * 90_000, "[" * 90_000, '{"schema":"conditions/1","schema":1}', '{"a":' + "9" * 9_000 + "}"],
    ids=["objects", "lists", "twice", "number"],
)
def test_deep_and_doubled_json(tmp_path: Path, text: str) -> None:
    read_as_json(tmp_path, text)


@given(OBJECTS)
def test_conditions(value: Any) -> None:
    base = conditions.defaults(Source.SUBMITTED, "Provider")
    told = {"schema": "conditions/1", **(value if isinstance(value, dict) else {"view": value})}
    with soon():
        conditions.parse(json.dumps(told).encode(), base=base)


@given(tokens('"', "*", "NEAR(", " OR ", "AND", "-", ":", "exact", "^", "%", "_", "\\", "'", ";--", "(", ")"))
def test_queries(text: str) -> None:
    with soon():
        query.parse(text).match().encode(errors="strict")


ENDLESS: dict[str, Callable[[str], object]] = {
    "coordinates": lambda text: written(text, "ar"),
    "plus codes": lambda text: list(short_plus_codes(text)),
    "names": tokens_of,
    "pointers": pointers.points_elsewhere,
    "stamps": lambda text: read_stamp(text, text, "x"),
    "srt": lambda text: read_sidecar("x.srt", text.encode()),
    "gpx": lambda text: read_sidecar("x.gpx", text.encode()),
    "xmp": lambda text: read_sidecar("x.xmp", text.encode()),
    "json": lambda text: read_sidecar("x.json", text.encode()),
    "positions": lambda text: positions({"exiftool:GPS:GPSLatitude": text, "ffprobe:format:location": text}),
    "tags": lambda text: identifying({"exiftool:ExifIFD:Make": text, text[:99]: text}),
    "captions": plain,
    "printable": lambda text: printable(text, limit=len(text)),
    "decoders": lambda text: told(text[:8_192]),
}
_FILLINGS = (
    "1", " ", "1 ", "36.", "36°", "-", "A", "\n", "<", "<!--", "[", "(", "GPS(", "00:00:00,000 --> ", "N ",
    "1,", "+", "٣", "<a>", ".",
    "[latitude: 1", "'", "\\", "v=0\n", "8G7V+", "37S", "GPS (1", "36 deg ",
)  # fmt: skip


@pytest.mark.parametrize("parser", ENDLESS)
def test_repetition_costs_no_more_than_its_length(parser: str) -> None:
    slow = []
    for filling in _FILLINGS:
        text = filling * (20_000 // len(filling))
        began = time.thread_time()
        with suppress(PipelineError):
            ENDLESS[parser](text)
        if (took := time.thread_time() - began) > SECONDS:
            slow.append(f"{filling!r} × {len(text)}: {took:.1f} s")
    assert slow == []
