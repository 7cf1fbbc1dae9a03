"""Written coordinates: positions that somebody wrote or said in figures, in any of the usual notations.

Strict on purpose: prices, dates, telephone numbers, versions and addresses of machines are figures too.
A pair of numbers is a position only where its notation, a label or its precision says so.
"""

# ruff: noqa: RUF001  # Arabic digits and quotation marks of several kinds are the subject of this file

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pipeline.core import hemispheres, notations
from pipeline.core.figures import plain_figures
from pipeline.core.grid import PLUS_FULL, Square, from_mgrs, from_plus_code, from_utm
from pipeline.core.position import DEGREE_M, on_earth

Notation = Literal["decimal", "dms", "utm", "mgrs", "plus"]

LONGEST = 200_000
"""Characters of one text that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A position in figures: WGS 84, a radius that says how finely it is written, and where it stands in the text.

    ``bare``: nothing but two numbers of a few decimals speaks for it, no letter, word, sign or link.
    """

    lat: float
    lon: float
    radius_m: float
    notation: Notation
    start: int
    end: int
    bare: bool = False


_BEHIND = 120
_TOLD, _LINK, _FINE, _FINEST = 2, 3, 4, 5
"""Decimals from which a pair of numbers is a position: by a label or a letter, in a link, with a comma, with none."""
_MAPPED = 6
"""Decimals that maps and receivers write, and hardly anybody else: their pairs are not bare."""

_SIGN = str.maketrans("−", "-")


def written(text: str, language: str | None = None) -> tuple[Written, ...]:
    """Find positions in figures, in order; ``start`` and ``end`` count characters of ``text``.

    ``language`` (BCP 47) tells what a letter such as O or D means. Overlapping readings: the first notation wins.
    """
    plain, origin = plain_figures(text[:LONGEST])
    found: list[Written] = []
    for read in (_degrees, _spaced, _labelled, _utm, _mgrs, _plus, _decimal):
        for one in read(plain, language):
            if all(one.end <= other.start or other.end <= one.start for other in found):
                found.append(one)
    return tuple(
        replace(one, start=origin[one.start], end=origin[one.end - 1] + 1)
        for one in sorted(found, key=lambda one: one.start)
    )  # fmt: skip


def short_plus_codes(text: str) -> Iterator[tuple[int, int, Callable[[tuple[float, float]], Square | None]]]:
    """Yield short plus codes with what reads each of them near a reference (lat, lon)."""
    plain, origin = plain_figures(text[:LONGEST])
    for match in notations.PLUS_CODE.finditer(plain):
        code = match["code"]
        head = code.partition("+")[0]
        if len(head) in {4, 6} and not head.isdigit():
            yield origin[match.start()], origin[match.end() - 1] + 1, lambda near, code=code: from_plus_code(code, near)  # type: ignore[misc]  # a lambda's default has no type


def _number(text: str) -> float:
    return float(text.replace(",", ".").translate(_SIGN))


def _digits(text: str | None) -> int:
    return len(re.split("[.,]", text)[1]) if text and re.search("[.,]", text) else 0


def _angle(match: re.Match[str], n: int) -> tuple[float, float] | None:
    """Return degrees and the step in which they are written; ``None`` when the parts do not fit together."""
    degrees, minutes, seconds = (match.groupdict().get(f"{part}{n}") for part in "dms")
    if (minutes and _digits(degrees)) or (seconds and _digits(minutes)):
        return None
    parts = [_number(degrees or "0"), _number(minutes or "0"), _number(seconds or "0")]
    if parts[1] >= 60 or parts[2] >= 60:  # noqa: PLR2004 - minutes and seconds
        return None
    last, unit = (seconds, 1 / 3600) if seconds else (minutes, 1 / 60) if minutes else (degrees, 1.0)
    return parts[0] + parts[1] / 60 + parts[2] / 3600, unit * 10.0 ** -_digits(last)


def _degrees(text: str, language: str | None) -> Iterator[Written]:
    leading = hemispheres.Leading(notations.PAIRS[1], text)
    for number, pattern in enumerate(notations.PAIRS):
        for match in pattern.finditer(text):
            if number == 0 and leading.holds(match):
                continue
            first, second = _angle(match, 1), _angle(match, 2)
            if first is None or second is None:
                continue
            told = [bool(match[f"o{n}"] or match[f"m{n}"]) or _digits(match[f"d{n}"]) >= _TOLD for n in (1, 2)]
            fine = max(first[1], second[1]) <= 0.01  # noqa: PLR2004 - a pair of angles, not of temperatures
            if number == len(notations.PAIRS) - 1:
                values = [_signed(match, n, one[0]) for n, one in ((1, first), (2, second))]
                pair = (values[0], values[1]) if fine else None
            else:
                pair = _sided(match, first[0], second[0], language)
            if pair and all(told):
                yield from _one(pair, max(first[1], second[1]), "dms" if match["m1"] else "decimal", match)


def _signed(match: re.Match[str], n: int, value: float) -> float:
    return -value if match[f"g{n}"] in {"-", "−"} else value


def _sided(match: re.Match[str], first: float, second: float, language: str | None) -> tuple[float, float] | None:
    if any(match.groupdict().get(f"g{n}") for n in (1, 2)):
        return None
    sides = [hemispheres.side(match[f"h{n}"], language) for n in (1, 2)]
    values = dict(zip(sides, (first, second), strict=True))
    lat = values.get("N", -values["S"] if "S" in values else None)
    lon = values.get("E", -values["W"] if "W" in values else None)
    return None if lat is None or lon is None else (lat, lon)


def _spaced(text: str, language: str | None) -> Iterator[Written]:
    for forms in notations.SPACED:
        leading = hemispheres.Leading(forms["before"], text)
        others = (one for one in forms["after"].finditer(text) if not leading.holds(one))
        for match in (*leading.pairs, *others):
            yield from _by_spaces(match, language)


def _by_spaces(match: re.Match[str], language: str | None) -> Iterator[Written]:
    first, second = _angle(match, 1), _angle(match, 2)
    pair = _sided(match, first[0], second[0], language) if first and second else None
    if pair and first and second:
        yield from _one(pair, max(first[1], second[1]), "dms", match)


def _labelled(text: str, language: str | None) -> Iterator[Written]:
    for pattern in notations.LABELLED:
        for match in pattern.finditer(text):
            signs = [_sign(match, n, "NS" if n == 1 else "EW", language) for n in (1, 2)]
            if None not in signs and not (0 in signs and -1 in signs):
                yield from _in_degrees(match, tuple(one or 1 for one in signs))


def _sign(match: re.Match[str], n: int, sides: str, language: str | None) -> int | None:
    """Return 1 or -1 for the hemisphere beside a labelled number, 0 without one; ``None`` where they do not fit."""
    told = [one for one in (match[f"b{n}"], match[f"h{n}"]) if one]
    if not told:
        return 0
    side = hemispheres.side(told[0], language)
    if len(told) > 1 or side is None or side not in sides or not match[f"d{n}"][0].isdigit():
        return None
    return 1 if side in "NE" else -1


def _decimal(text: str, language: str | None) -> Iterator[Written]:
    for match in notations.PLAIN.finditer(text):
        before = text[max(0, match.start() - _BEHIND) : match.start()]
        lon_first = notations.LON_FIRST.search(before) is not None
        enough = _enough(match, before, labelled=lon_first)
        listed = notations.LISTED.match(text, match.end()) or notations.LISTED_BEFORE.search(before)
        digits = min(_digits(match["d1"]), _digits(match["d2"]))
        alone = enough > _LINK
        if digits < enough or (alone and (listed or _shares(match) or _of_something_else(text, match, before))):
            continue
        if not hemispheres.half(text, match.start(), match.end(), language):
            found = _in_degrees(match, names=("d2", "d1") if lon_first else ("d1", "d2"))
            yield from (replace(one, bare=alone and digits < _MAPPED) for one in found)


def _of_something_else(text: str, match: re.Match[str], before: str) -> bool:
    """Tell whether the words around two bare numbers say that they are prices, shares or measures."""
    return bool(notations.OTHER_BEFORE.search(before) or notations.UNIT_BEHIND.match(text, match.end()))


def _enough(match: re.Match[str], before: str, *, labelled: bool) -> int:
    if notations.LINKED.search(before) and not labelled:
        return _LINK
    if labelled or notations.LABEL.search(before):
        return _TOLD
    return _FINE if match["by"].strip() else _FINEST


def _shares(match: re.Match[str]) -> bool:
    """Tell whether both lie within one degree of 0/0: there is only sea, and shares of one are written so."""
    return all(abs(_number(match[name])) < 1 for name in ("d1", "d2"))


def _in_degrees(
    match: re.Match[str], signs: Sequence[int] = (1, 1), names: Sequence[str] = ("d1", "d2")
) -> Iterator[Written]:
    """Read two numbers; ``names`` says which is the latitude and which the longitude."""
    step = 10.0 ** -min(_digits(match["d1"]), _digits(match["d2"]))
    lat, lon = (sign * _number(match[name]) for sign, name in zip(signs, names, strict=True))
    yield from _one((lat, lon), step, "decimal", match)


def _utm(text: str, _language: str | None) -> Iterator[Written]:
    for match in notations.UTM.finditer(text):
        zone, band, easting, northing = int(match["zone"]), match["band"], float(match["e"]), float(match["n"])
        square = from_utm(zone, band >= "N", easting, northing)
        if square is None or not _in_band(square.lat, band):
            # N and S are also written for the hemisphere.
            square = from_utm(zone, band == "N", easting, northing) if band in "NS" else None
        if square:
            yield from _square(square, "utm", match)


def _in_band(lat: float, band: str) -> bool:
    south = -80 + 8 * "CDEFGHJKLMNPQRSTUVWX".index(band)
    return south - 0.1 <= lat <= (84 if band == "X" else south + 8) + 0.1


def _mgrs(text: str, _language: str | None) -> Iterator[Written]:
    for match in notations.MGRS.finditer(text):
        digits = re.sub(r"\s", "", match["digits"])
        if square := from_mgrs(int(match["zone"]), match["band"], match["square"], digits):
            yield from _square(square, "mgrs", match)


def _plus(text: str, _language: str | None) -> Iterator[Written]:
    for match in notations.PLUS_CODE.finditer(text):
        code = match["code"]
        if len(code.partition("+")[0]) == PLUS_FULL and not code.replace("+", "").isdigit():
            square = from_plus_code(code)
            if square:
                yield from _square(square, "plus", match)


def _square(square: Square, notation: Notation, match: re.Match[str]) -> Iterator[Written]:
    if position := on_earth(square.lat, square.lon):
        yield Written(lat=position[0], lon=position[1], radius_m=square.radius_m, notation=notation,
                      start=match.start(), end=match.end())  # fmt: skip


def _one(pair: tuple[float, float], step: float, notation: Notation, match: re.Match[str]) -> Iterator[Written]:
    if position := on_earth(*pair):
        yield Written(lat=position[0], lon=position[1], radius_m=max(step / 2 * DEGREE_M, 1.0), notation=notation,
                      start=match.start(), end=match.end())  # fmt: skip
