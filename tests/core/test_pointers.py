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
        "[Desktop Entry]\nType=Link\nURL=https://example.org",
        '<?xml version="1.0"?><!DOCTYPE plist PUBLIC "-//Apple//DTD"><plist><dict><key>URL</key><string>http://x',
        'REM x\nFILE "a film.wav" WAVE\n  TRACK 01 AUDIO',
        "# a list\nC:\\films\\one.mp4\r\n../two.MP3\r\n",
        "http://example.org/a b.mkv",
        '<?quicktime type="x"?><embed src="rtsp://x"/>',
        '<svg><image xlink:href="text:/etc/passwd"/></svg>',
        "<svg xmlns:xlink='x'><use href = 'http://example.org/a.svg#b'/></svg>",
        '<svg><rect style="fill:url(http://example.org/a)"/></svg>',
        "<svg><style>@import 'a.css';</style></svg>",
        '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>',
    ],
)
def test_pointers_are_told(text: str) -> None:
    assert points_elsewhere(text)


@pytest.mark.parametrize(
    "text", ["", "v=0 is the start value", "He said: #EXTM3U", "<svg/>", "<html><MPD>", "see rtsp://example.org",
     "what he sent is film.mp4", "FILE a complaint WAVE by wave", "name,film.mp4\nname,other", "[Desktop Entry]",
     '<svg><a xlink:href="https://example.org">x</a><use href="#b"/><image href="data:image/png;base64,x"/></svg>',
     '<svg><rect fill="url(#g)"/></svg>', "<plist><dict><key>Name</key><string>URL</string>"],
)  # fmt: skip
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


HOSTILE = (
    "<?a?>", "<!-- -->", "<!DOCTYPE x [", "<!DOCTYPE x>", "v=0\n", " ", "\n", "FILE ", "\nFILE x ", "<svg ",
    "<svg><i href ", "<svg><!ENTITY ", "url( ", "<svg>url(", "a/.mp4 ", "x.mp4\n",
)  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE)
def test_a_hostile_prologue_costs_no_time(unit: str) -> None:
    text = unit * (65_536 // len(unit))
    begun = time.perf_counter()
    points_elsewhere(text)
    text_type(text)
    assert time.perf_counter() - begun < 1.0
