"""Nasty strings: one set, put through every output."""

import re
from typing import Any

from tests.exports.documents import claim, document, enrichment, segment, told, transcript, translation

PLAIN = "harmless"

NASTY = {
    "markup": "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "attribute": "\" onmouseover='alert(1)' x=`",
    "entity": "&lt;script&gt;&#60;b&#62;&amp;",
    "cdata": "]]></desc></wpt><wpt lat='0' lon='0'/><!--",
    "comment": "--><svg onload=alert(1)>-->",
    "template": "{{ 7*7 }}{% raw %}${7*7}",
    "formula": '=HYPERLINK("http://x.invalid","y")',
    "formula after spaces": "  \t+cmd|' /C calc'!A0",
    "formula after a line": "\r\n@SUM(1+1)",
    "formula, full width": "\uff1d1+1",
    "formula after an invisible": "\u200b=1+1",
    "formula after no-break spaces": "\u00a0\u3000-1+1",
    "cell": 'a","b\r\nc,d;e\tf',
    "terminal": "\x1b]0;owned\x07\x1b[2J\x1b[31mred\x9b1m\x08\x7f\x90q\x9c",
    "lines": "one\nERROR forged line\r\ntwo\x0b\x0c\x1c\x1d\x1e\x85\u2028three\u2029four",
    "bidi": "photo\u202egpj.exe\u202c \u2066x\u2069 \u061c\u200e\u200f\u202a\u202b\u202d\u2067\u2068",
    "invisible": "a\u200b\u200d\ufeff\u00ad\U000e0041\u3164b",
    "cue": "00:00:01.000 --> 00:00:02.000 align:end\n\nNOTE x\n\nSTYLE\n::cue{}\n\n1\n<v Other>said",
    "cue tags": "{\\an8}<i>up</i><c.x>&nbsp;",
    "not text": "\x00\ud800\udfff\uffff\ufffe",
    "pattern": "%_\\%'\";--",
    "path": "../../etc/passwd\x00.jpg",
    "long": "<b>" * 3_000,
    "arabic": "قصف\u202e حلب =1 <b>",
}  # fmt: skip

ACTING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ud800-\udfff]"
)
"""What acts on a terminal or turns the direction of a line; a line feed or TAB of our own is none."""


def everywhere(text: str) -> dict[str, Any]:
    """Return a document with a text wherever the material or a person may write one."""
    acquisition = {"batch": "b", "n": 1, "source": "submitted", "provider": text, "url": text, "filename": text,
                   "received_at": "2026-01-01T00:00:00Z"}  # fmt: skip
    probe = {"duration_decoded": 9.0, "streams": [], "camera": {"make": text, "model": text}, "created_at": None}
    place = claim(36.2, 37.1, name=text, admin=text, country=text, text=text, source="written", notes=[text])
    return document(
        enrichment("probe", probe),
        transcript(segment(0, 2, text, speaker=text, flags=[text]), segment(2, 4, f"a{text}")),
        translation(told(0, 2, text, source=text, gloss_text=text)),
        enrichment("ocr", {"regions": [{"text": text, "t": 1.0, "language": "en", "flags": [text],
            "confidence": 0.5}]}),
        enrichment("objects", {"objects": [{"label": text, "score": 0.5, "t": 1.0}]}),
        enrichment("tags", {"tags": [{"label": text, "score": 0.5}]}),
        enrichment("places", {"claims": [place], "best": {"claim": 0, "reasons": [text]}}, reviewer=text, by="person"),
        acquisitions=[acquisition], media_type=text,
    )  # fmt: skip
