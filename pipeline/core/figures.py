"""Figures: a text with its digits, separators and blanks written in one way, so that numbers can be looked for."""

# ruff: noqa: RUF001  # the separators of several scripts are the subject of this file

import unicodedata

_BLANKS = 3


def plain_figures(text: str) -> tuple[str, list[int]]:
    """Write all digits and separators in one way; say for each character where it stood."""
    plain: list[str] = []
    origin: list[int] = []
    for at, char in enumerate(text):
        kind = unicodedata.category(char)
        if kind in {"Cf", "Mn"}:  # direction marks, and the vowel marks of شمالاً
            continue
        if char.isspace() and len(plain) >= _BLANKS and all(one.isspace() for one in plain[-_BLANKS:]):
            continue  # patterns that allow blanks in several places would try all of them
        plain.append(
            str(unicodedata.digit(char)) if kind == "Nd" else {"٫": ".", "٬": ",", "\xa0": " "}.get(char, char)
        )
        origin.append(at)
    return "".join(plain), origin
