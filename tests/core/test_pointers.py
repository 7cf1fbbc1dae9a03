"""Text that only points elsewhere."""

import time

import pytest

from pipeline.core.pointers import points_elsewhere, read_text, text_type


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-VERSION:3\nfile:///etc/passwd",
        "\n  #EXTM3U\n",
        "ffconcat version 1.0\nfile x",
        "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\n",
        '<?xml version="1.0"?>\n<!-- a > b --><MPD xmlns="urn:mpeg:dash:schema:mpd:2011">',
        '<!DOCTYPE x [ <!ENTITY a "b"> ]><dash:MPD>',
        "[playlist]\nFile1=http://example.org/a",
        "[Reference]\nRef1=http://example.org/a",
        "<ASX version='3.0'>",
        "[InternetShortcut]\nURL=https://example.org",
        "rtsp://example.org/stream",
    ],
)
def test_pointers_are_told(text: str) -> None:
    assert points_elsewhere(text)


@pytest.mark.parametrize(
    "text", ["", "v=0 is the start value", "He said: #EXTM3U", "<svg/>", "<html><MPD>", "see rtsp://example.org"]
)
def test_prose_and_documents_are_no_pointers(text: str) -> None:
    assert points_elsewhere(text) is None


def test_text_is_told_from_bytes() -> None:
    assert read_text("شهادة".encode()[:-1]) == "شهاد"  # cut within its last character
    assert read_text("شهادة".encode("utf-16")) == "شهادة"
    assert read_text(b"\xff\xd8\xff\xe0") is None
    assert read_text(b"abc\x00def") is None
    assert read_text(b"") is None


def test_documents_keep_their_type() -> None:
    assert text_type('<?xml version="1.0"?><svg/>')[0] == "image/svg+xml"
    assert text_type("<!doctype html><html>")[0] == "text/html"
    assert text_type("just words")[0] == "text/plain"


@pytest.mark.parametrize("unit", ["<?a?>", "<!-- -->", "<!DOCTYPE x [", "<!DOCTYPE x>", "v=0\n", " "])
def test_a_hostile_prologue_costs_no_time(unit: str) -> None:
    text = unit * (65_536 // len(unit))
    begun = time.perf_counter()
    points_elsewhere(text)
    text_type(text)
    assert time.perf_counter() - begun < 1.0
