"""Notations: what positions in figures look like, as patterns over text with its digits already in one form."""

# ruff: noqa: RUF001  # quotation marks of several kinds and Arabic words are the subject of this file

import re

from pipeline.core import hemispheres
from pipeline.core.grid import PLUS

_DEGREE = r"(?:°|º|˚|deg(?:rees?)?|degrés?|Grad|derece|درجة|درجه|پلە)"
_MINUTE = r"(?:['′’‘]|min(?:utes?)?|Minuten?|dakika|دقيقة|دقیقە)"
_SECOND = r"(?:[\"″”“]|''|′′|’’|sec(?:onds?)?|secondes?|Sekunden?|saniye|ثانية|چرکە)"
_BETWEEN = r"\s*[,;،؛/|]?\s*(?:(?:and|et|und|ve|û|و)\s*)?"
_EDGE = r"(?<![\w°.,+\-−])"
_END = r"(?![\w°]|[.,]\d)"
LABEL = re.compile(
    r"(?i:coord|koord|\bgps\b|position|location|konum|lat(?:itude)?\b|إحداثي|احداثي|الموقع|كۆۆردینات|شوێن)\D{0,30}\Z"
)
_LAT = r"(?i:latitude|lat\.?|enlem|breite(?:ngrad)?|خط عرض|خط العرض|دائرة العرض|العرض|پانی)"
_LON = r"(?i:longitude|long?\.?|lng\.?|boylam|länge(?:ngrad)?|خط طول|خط الطول|الطول|درێژی)"


def _component(n: int, form: str) -> str:
    before = rf"(?P<h{n}>{hemispheres.PATTERN})\s*[:=]?\s*" if form == "before" else ""
    after = rf"\s*(?P<h{n}>{hemispheres.PATTERN})" if form == "after" else ""
    degree = f"(?P<o{n}>{_DEGREE})" + ("" if form == "neither" else "?")
    return (
        before + rf"(?P<g{n}>[-+−])?(?P<d{n}>\d{{1,3}}(?:[.,]\d{{1,15}})?)\s*{degree}"
        rf"(?:\s*(?P<m{n}>\d{{1,2}}(?:[.,]\d{{1,9}})?)\s*{_MINUTE}"
        rf"(?:\s*(?P<s{n}>\d{{1,2}}(?:[.,]\d{{1,6}})?)\s*{_SECOND})?)?" + after
    )


PAIRS = [
    re.compile(
        (_EDGE if form != "before" else r"(?<!\w)") + _component(1, form) + _BETWEEN + _component(2, form) + _END
    )
    for form in ("after", "before", "neither")
]


def _spaced(n: int, form: str, last: str) -> str:
    side = f"(?P<h{n}>[{'NS' if n == 1 else 'EW'}])"
    degrees = rf"(?P<d{n}>\d{{1,3}})[\s:\-]"
    figures = {
        "s": rf"(?P<m{n}>\d{{1,2}})[\s:\-](?P<s{n}>\d{{1,2}}(?:\.\d{{1,6}})?)",
        "m": rf"(?P<m{n}>\d{{1,2}}\.\d{{2,6}})",  # as receivers show it
    }[last]
    return side + r"\s?" + degrees + figures if form == "before" else degrees + figures + r"\s?" + side


SPACED = [
    {
        form: re.compile(
            (_EDGE if form == "after" else r"(?<!\w)")
            + _spaced(1, form, last)
            + r"[\s,;/]*"
            + _spaced(2, form, last)
            + _END
        )
        for form in ("before", "after")
    }
    for last in ("s", "m")
]
PLAIN = re.compile(
    _EDGE + r"(?P<d1>[-−+]?\d{1,2}\.\d{2,15})(?P<by>\s*[,;،/]\s*|\s+)(?P<d2>[-−+]?\d{1,3}\.\d{2,15})(?![\w°]|\.\d)"
)
LINKED = re.compile(r"(?:@|\bgeo:|[?&#](?:q|ll|loc|query|center|daddr|map=\d{1,2}(?:\.\d+)?)[=/](?:loc:)?)\Z")
LISTED = re.compile(r"(?:\s*[,;]\s*|\s+)[-+]?\d+\.\d{4,}")
LISTED_BEFORE = re.compile(r"\d\.\d{2,}(?:\s*[,;]\s*|\s+)\Z|[$€£¥]\s*\Z")


OTHER_BEFORE = re.compile(
    r"(?i:\b(?:confidence|scores?|probabilit\w+|prices?|costs?|rates?|ratios?|mean|average|std|sigma|loss|weights?|accuracy"
    r"|precision|recall|size|width|height|scale|vector|p-?values?|temperatures?|prix|coûts?|taux|moyenne|preise?|kosten"
    r"|mittelwert|fiyat\w*|oran\w*|ortalama|(?:ال)?سعر|(?:ال)?[أا]سعار|(?:ب|ال)?نسبة|(?:ال)?متوسط|(?:ال)?معدل|نرخ|ڕێژە)\b)"
    r"\D{0,12}\Z"
)
"""Words whose figures are no place, although nothing but two numbers follows."""
UNIT_BEHIND = re.compile(
    r"\s*(?:[%‰€$£¥₺]|°\s?[CF]\b|(?:kg|mg|km|cm|mm|ms|sec|k?Hz|MHz|dB|px|[MG]B|USD|EUR|TL|TRY|SYP|lira|euros?|dollars?"
    r"|percent|prozent|pour cent|yüzde|ليرة|دولار|يورو|بالمئة|بالمائة|في المئة|كغ|كم|متر)(?!\w))"
)


def _labelled(n: int) -> str:
    side = hemispheres.PATTERN
    return (
        rf"{(_LAT, _LON)[n - 1]}[\"']?\s*[:=]?\s*(?P<b{n}>{side})?\s*(?P<d{n}>[-−+]?\d{{1,{n + 1}}}[.,]\d{{1,15}})"
        rf"(?!\d|[.,]\d)\s*°?(?:\s*(?P<h{n}>{side}))?"
    )


LABELLED = [
    re.compile(rf"{_labelled(one)}\W{{0,3}}و?\s*{_labelled(other)}(?!\w|[.,]\d)") for one, other in ((1, 2), (2, 1))
]
LON_FIRST = re.compile(
    r"(?i:\b(?:longitude|long?|lng)\s*[,/;]?\s*(?:and\s*)?lat(?:itude)?\W{0,5}"
    r"|\byandex\.[^\s]{1,80}[?&](?:s?ll|pt)=|\"coordinates\"\s*:\s*\[[\s\d.,\[\]\-]{0,100}"
    r"|\b(?:POINT|LINESTRING|POLYGON)\s?(?:Z\s?)?\([\s\d.,()\-]{0,100})\Z"
)
"""What stands before pairs that name the longitude first."""
UTM = re.compile(
    r"(?<![\w.])(?P<zone>\d{1,2})\s?(?P<band>[C-HJ-NP-X])[\s,]+(?:E\s?)?(?P<e>0?\d{6}(?:\.\d{1,3})?)\s*(?:m?\s?E)?[\s,]+(?:N\s?)?"
    r"(?P<n>\d{6,7}(?:\.\d{1,3})?)(?:\s*m?\s?N)?(?![\w]|[.,]\d)"
)
MGRS = re.compile(
    r"(?<![\w.])(?P<zone>\d{1,2})(?P<band>[C-HJ-NP-X])\s?(?P<square>[A-HJ-NP-Z][A-HJ-NP-V])\s?"
    r"(?P<digits>(?:\d{5}\s?\d{5}|\d{4}\s?\d{4}|\d{3}\s?\d{3}))(?![\w]|[.,]\d)"
)
PLUS_CODE = re.compile(rf"(?<![\w+])(?P<code>[{PLUS}]{{2,8}}\+[{PLUS}]{{2,7}})(?![\w+])")
