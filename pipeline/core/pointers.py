"""Pointers: text that only says where other material lies, told apart from text that is itself material."""

import re

_PLAYLISTS = (
    ("an HLS or M3U playlist", re.compile(r"\A#EXT(?:M3U|-X-)")),
    ("a concat script", re.compile(r"\Affconcat\s+version", re.IGNORECASE)),
    ("a session description", re.compile(r"\Av=0\s*$[\s\S]{0,2000}^(?:o|s|c|m)=", re.MULTILINE)),
    ("a playlist", re.compile(r"\A\[(?:playlist|reference)\]", re.IGNORECASE)),
    ("an internet shortcut", re.compile(r"\A\[InternetShortcut\]", re.IGNORECASE)),
    ("a desktop shortcut", re.compile(r"\A\[Desktop Entry\][\s\S]{0,4000}^(?:URL|Exec)\s*=", re.MULTILINE)),
    (
        "a cue sheet",
        re.compile(
            r"^[ \t]{0,40}FILE[ \t]{1,40}\S[^\n]{0,400}[ \t](?:WAVE|MP3|AIFF|BINARY|MOTOROLA|FLAC)[ \t\r]{0,40}$",
            re.MULTILINE,
        ),
    ),
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
    "embed": "a QuickTime media link",
}
_PLIST = re.compile(r"<key>\s*URL\s*</key>\s*<string>", re.IGNORECASE)
_DRAWN_FROM = re.compile(
    r"<!ENTITY\s[^>]{0,200}\b(?:SYSTEM|PUBLIC)\b"
    r"|<\?xml-stylesheet\b"
    r"|@import\b"
    r"|<(?!(?:[\w.-]{1,40}:)?a\b)[\w.:-]{1,99}\s[^<>]{0,4000}?\b(?:xlink:)?href\s*=\s*[\"']\s*(?!#|data:|[\"'])"
    r"|\burl\(\s*[\"']?\s*(?!#|data:|[\"')])",
    re.IGNORECASE,
)
"""What a drawing takes from elsewhere; a link that a reader may follow (``a``) is none of it."""
_MEDIA_NAMES = frozenset(
    [
        "mp3",
        "mp4",
        "m4a",
        "m4v",
        "mov",
        "mkv",
        "webm",
        "avi",
        "flv",
        "ts",
        "m2ts",
        "wma",
        "wmv",
        "wav",
        "flac",
        "ogg",
        "ogv",
        "opus",
        "aac",
        "m3u",
        "m3u8",
    ]
)
_MOST_LINES = 20_000
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
    root = _root(body)
    if root == "svg" and _DRAWN_FROM.search(body):
        return "a drawing made of other files"
    if root == "plist" and _PLIST.search(body):
        return "an internet shortcut"
    return _ROOTS.get(root) or _names_alone(body)


def _names_alone(body: str) -> str | None:
    """Tell a playlist without a header: nothing but names of media, a line each."""
    lines = [line.strip() for line in body.splitlines()[:_MOST_LINES]]
    named = [line for line in lines if line and not line.startswith("#")]
    return "a playlist" if named and all(_names_media(line) for line in named) else None


def _names_media(line: str) -> bool:
    """Tell a path or an address of a medium from a sentence that ends with one."""
    name, dot, ending = line.rpartition(".")
    place = "/" in name or "\\" in name
    return bool(name and dot) and ending.lower() in _MEDIA_NAMES and (place or not any(one.isspace() for one in name))


def text_type(text: str) -> tuple[str, str | None]:
    """Return the media type of a text, and its PRONOM identifier where one is certain."""
    if text.startswith(r"{\rtf"):
        return "application/rtf", None
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
