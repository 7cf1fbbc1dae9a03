"""Raw tags: all of them, bounded, and fit for a digest."""

from pipeline.core.canonical import digest
from pipeline.core.tags import LONGEST_VALUE, MOST_TAGS, complains, first, identifying, raw_tags


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
    raw, flags = raw_tags({}, {f"A:{n:05}": "x" for n in range(MOST_TAGS + 5)} | {"A:!": "y" * (LONGEST_VALUE + 1)}, {})
    assert len(raw) == MOST_TAGS
    assert len(raw["exiftool:A:!"]) == LONGEST_VALUE
    assert flags == ("tags_cut", "values_cut")


def test_any_tag_has_a_digest() -> None:
    raw, _ = raw_tags({}, {"A:B": "\ud800\x00", "A:C": 2**80, "A:D": [1, {"x": float(2)}]}, {"\udfff": "y"})
    assert digest(raw)


def test_what_leads_to_a_source_is_named() -> None:
    kept = ["a:GPS:GPSLatitude", "a:IFD0:Model", "a:ExifIFD:SerialNumber", "a:IFD0:Artist", "a:IPTC:By-line"]
    assert identifying(dict.fromkeys([*kept, "a:ExifIFD:FNumber", "a:File:ImageWidth"], "x")) == tuple(sorted(kept))


def test_first_takes_names_in_order_and_skips_blanks() -> None:
    raw = {"exiftool:IFD0:Make": " ", "exifread:Image Make": "Nikon"}
    assert first(raw, "IFD0:Make", "Make") == "Nikon"
    assert first(raw, "Model") is None


def test_damage_is_told_from_what_is_minor() -> None:
    assert complains({"exiftool:ExifTool:Warning": "Bad IFD0 directory"})
    assert not complains({"exiftool:ExifTool:Warning": "[minor] Fixed incorrect URI"})
