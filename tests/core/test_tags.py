"""Raw tags: all of them, bounded, and fit for a digest."""

import json
import re
import subprocess
from functools import partial
from pathlib import Path

import pytest

from pipeline.core.canonical import digest
from pipeline.core.tags import complains, first, identifying
from pipeline.core.tags import raw_tags as gather

raw_tags = partial(gather, most=2000, longest=2000)


def test_every_tag_names_its_tool() -> None:
    raw, flags = raw_tags(
        {
            "format": {"format_name": "mov", "tags": {"title": "x"}},
            "streams": [{"index": 0, "tags": {"language": "ara"}}],
        },
        {"IFD0:Make": "Canon", "GPS:GPSLatitude": 36.2021, "Composite:GPSPosition": "1 2"},
        {"Image Make": "Canon"},
    )
    assert raw == {
        "ffprobe:format:format_name": "mov",
        "ffprobe:format:title": "x",
        "ffprobe:stream0:language": "ara",
        "exiftool:GPS:GPSLatitude": "36.2021",
        "exiftool:IFD0:Make": "Canon",
        "exifread:Image Make": "Canon",
    }
    assert flags == ()


def test_what_speaks_of_our_copy_stays_out() -> None:
    names = ("SourceFile", "System:FileName", "System:FileModifyDate", "ExifTool:ExifToolVersion", "System:Directory")
    assert raw_tags({}, dict.fromkeys(names, "x"), {})[0] == {}


def test_tags_are_bounded_and_say_so() -> None:
    raw, flags = raw_tags({}, {f"A:{n:05}": "x" for n in range(2005)} | {"A:!": "y" * 2001}, {})
    assert len(raw) == 2000
    assert len(raw["exiftool:A:!"]) == 2000
    assert flags == ("tags_cut", "values_cut")


def test_any_tag_has_a_digest() -> None:
    raw, _ = raw_tags({}, {"A:B": "\ud800\x00", "A:C": 2**80, "A:D": [1, {"x": float(2)}]}, {"\udfff": "y"})
    assert digest(raw)


HARMLESS = {
    "exiftool:ExifIFD:FNumber": "2.8",
    "exiftool:File:ImageWidth": "640",
    "exiftool:File:FileType": "JPEG",
    "exiftool:ExifIFD:DateTimeOriginal": "2012:03:15 14:30:05.250+03:00",
    "exiftool:Track1:CompressorID": "avc1",
    "exifread:EXIF ExposureTime": "1/100",
    "exifread:IFD 2 BitsPerSample": "[8, 8, 8]",
    "ffprobe:format:format_long_name": "QuickTime / MOV",
    "ffprobe:format:creation_time": "2010-03-20T21:29:11.000000Z",
    "ffprobe:stream0:language": "eng",
}


def test_what_leads_to_a_source_is_named() -> None:
    leading = {
        "exiftool:GPS:GPSLatitude": "36.2021", "exiftool:GPS:GPSDateStamp": "2012:03:15", "exiftool:IFD0:Model": "X",
        "exiftool:ExifIFD:SerialNumber": "1234", "exiftool:IFD0:Artist": "A. B.", "exiftool:IPTC:By-line": "A. B.",
        "exiftool:XMP-xmpMM:HistorySoftwareAgent": "a program of somebody", "exiftool:PDF:Title": "x",
        "exiftool:XMP-xmpMM:DerivedFromFilePath": "/home/somebody/x.psd", "exiftool:File:Comment": "for A.",
        "exiftool:Canon:ISO": "400", "exifread:MakerNote ISO": "400", "ffprobe:format:title": "x",
        "ffprobe:stream0:handler_name": "x", "ffprobe:format:encoder": "x", "a tag that nobody knows": "",
    }  # fmt: skip
    assert identifying({**leading, **HARMLESS}) == tuple(sorted(leading))


def test_a_technical_tag_that_holds_text_is_named_too() -> None:
    holding = dict.fromkeys(HARMLESS, "taken by A\u011fa in <Kobane>")
    assert identifying(holding) == tuple(sorted(HARMLESS))


_TELLING = ("Curie", "Madrid", "Spain", "Ian Britton", "Apple", "iPhone", "Photoshop", "http", "Test ", "GoPro", "@")


@pytest.mark.parametrize("folder", ["photo_exif", "hostile"])
def test_nothing_in_real_pictures_that_tells_who_or_where_is_left_out(testdata: Path, folder: str) -> None:
    files = [one for one in sorted((testdata / folder).iterdir()) if one.suffix.lower() not in {".json", ".txt", ".md"}]
    told = subprocess.run(
        ["exiftool", "-json", "-G1", "-a", "-n", "-q", *files], capture_output=True, text=True, check=False
    )
    left: dict[str, str] = {}
    marked = 0
    for one in json.loads(told.stdout):
        raw, _ = raw_tags({}, one, {})
        names = identifying(raw)
        marked += len(names)
        left |= {f"{key} of {one['SourceFile']}": raw[key] for key in raw.keys() - set(names)}
    assert marked > 100
    assert len(left) > 100
    assert not {key: value for key, value in left.items() if any(word in value for word in _TELLING)}
    wordy = {key for key, value in left.items() if re.search(r"[^\W\d]{2}", value) and value not in {"undef", "inf"}}
    assert not {key for key in wordy if not re.match(r"exiftool:(File|ICC-header|Track\d+):", key)}


def test_first_takes_names_in_order_and_skips_blanks() -> None:
    raw = {"exiftool:IFD0:Make": " ", "exifread:Image Make": "Nikon"}
    assert first(raw, "IFD0:Make", "Make") == "Nikon"
    assert first(raw, "Model") is None


def test_damage_is_told_from_what_is_minor() -> None:
    assert complains({"exiftool:ExifTool:Warning": "Bad IFD0 directory"})
    assert not complains({"exiftool:ExifTool:Warning": "[minor] Fixed incorrect URI"})
