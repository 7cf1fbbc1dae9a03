"""Pointers: text that only says where other material lies, told apart from text that is itself material."""

import re

_PLAYLISTS = (
    ("an HLS or M3U playlist", re.compile(r"\A#EXT(?:M3U|-X-)")),
    ("a concat script", re.compile(r"\Affconcat\s+version", re.IGNORECASE)),
    ("a session description", re.compile(r"\Av=0\s*$[\s\S]{0,2000}^(?:o|s|c|m)=", re.MULTILINE)),
    ("a playlist", re.compile(r"\A\[(?:playlist|reference)\]", re.IGNORECASE)),
    ("an internet shortcut", re.compile(r"\A\[InternetShortcut\]", re.IGNORECASE)),
    ("a stream address", re.compile(r"\A(?:rtsptext|smiltext)?\s*(?:rtspu?|mms[ht]?|rtmp[a-z]?)://", re.IGNORECASE)),
)
_ROOTS = {
    "mpd": "a DASH manifest",
    "smoothstreamingmedia": "a Smooth Streaming manifest",
    "smil": "a SMIL presentation",
    "asx": "an ASX playlist",
    "playlist": "an XSPF playlist",
    "compositionplaylist": "an IMF composition",
    "assetmap": "an IMF asset map",
}
_NAME = re.compile(r"<(?:[\w.-]{1,99}:)?([\w.-]{1,99})")
_BEFORE_ROOT = (("<?", "?>"), ("<!--", "-->"), ("<!", ">"))
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_XML_TYPES = {"svg": ("image/svg+xml", "fmt/91"), "html": ("text/html", "fmt/96")}


def read_text(head: bytes) -> str | None:
    """Return the first bytes as text; ``None`` when they are not text."""
    if not head:
        return None
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            text = head[len(mark) :].decode(encoding, "ignore")
            return None if _CONTROLS.search(text) else text
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as err:
        if err.start < len(head) - 3:  # no more than one character may be cut off at the end
            return None
        text = head[: err.start].decode("utf-8")
    return None if _CONTROLS.search(text) else text


def points_elsewhere(text: str) -> str | None:
    """Say what sort of pointer a text is; ``None`` when it is none.

    Nothing of ours follows such a pointer: what it names was not submitted.
    """
    body = text.lstrip()
    for name, pattern in _PLAYLISTS:
        if pattern.search(body):
            return name
    return _ROOTS.get(_root(body))


def text_type(text: str) -> tuple[str, str | None]:
    """Return the media type of a text, and its PRONOM identifier where one is certain."""
    name = _root(text)
    if name in _XML_TYPES:
        return _XML_TYPES[name]
    return ("application/xml", "fmt/101") if text.lstrip().startswith("<?xml") else ("text/plain", "x-fmt/111")


def _root(text: str) -> str:
    """Return the folded name of an XML or HTML document's first element; empty when there is none.

    Read forwards only: a pattern that tries again would take for ever on a hostile prologue.
    """
    at = 0
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        closing = next((end for start, end in _BEFORE_ROOT if text.startswith(start, at)), None)
        if closing is None:
            found = _NAME.match(text, at)
            return found[1].casefold() if found else ""
        opened = text.find("[", at, text.find(">", at)) if text.startswith("<!DOCTYPE", at) else -1
        end = text.find(closing, text.find("]", opened) if opened > 0 else at)
        if end < 0:
            return ""
        at = end + len(closing)
