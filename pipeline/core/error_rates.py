"""Error rates: how far a text is from the truth, by letters and by words, and how sure that figure is.

Both texts are normalised in the same way before they are compared, so that only what a reader would call an
error counts as one:

1. Unicode compatibility forms become ordinary letters (NFKC): presentation forms of Arabic, ligatures, full width.
2. Marks of direction and joining fall, tatweel falls, and so do the vowel marks of Arabic and Hebrew and any other mark
   that does not make a letter of its own; accents of Latin letters stay.
3. Letters become small (casefold; the Turkish dotted capital İ becomes i); ß becomes ss.
4. Digits of every script become 0 to 9.
5. Punctuation and symbols become spaces; apostrophes and hyphens within words fall without leaving a space.
6. Spaces and line ends become one space each; none at the ends.

Spelling is not touched: alef variants, teh marbuta, Persian and Arabic kaf, Kurdish letters stay as they are, so a
reading that confuses them has erred. For character error rates spaces count as characters.
"""

import random
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_TATWEEL = "ـ"
_WITHIN = "'\u2019\u2018\u02bc-\u2010\u2011"
_SEED = 20130314
_DRAWS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Errors per unit of truth, with the interval that 95 in 100 bootstrap samples of the items fall into.

    ``units`` counts what the rate is relative to (characters or words), ``items`` how many texts were compared.
    """

    rate: float
    low: float
    high: float
    errors: int
    units: int
    items: int


def normalised(text: str) -> str:
    """Return a text as it is compared: see the module."""
    plain = unicodedata.normalize("NFKC", text).replace("İ", "i")
    plain = unicodedata.normalize("NFKC", plain.casefold())
    return " ".join("".join(map(_compared, plain)).split())


def _compared(char: str) -> str:
    category = unicodedata.category(char)
    if char == _TATWEEL or char in _WITHIN or category in {"Cf", "Mn", "Me"}:
        return ""
    if category == "Nd":
        return str(unicodedata.digit(char))
    return char if category[0] in "LNM" else " "


def distance(truth: Sequence[object], read: Sequence[object]) -> int:
    """Return the fewest insertions, deletions and replacements that turn one into the other."""
    row = list(range(len(read) + 1))
    for n, wanted in enumerate(truth, 1):
        before, row[0] = row[0], n
        for m, found in enumerate(read, 1):
            before, row[m] = row[m], min(row[m] + 1, row[m - 1] + 1, before + (wanted != found))
    return row[-1]


def cer(pairs: Sequence[tuple[str, str]]) -> Rate | None:
    """Return the character error rate over (truth, reading) pairs; ``None`` where the truth has no character."""
    return _rate([character_errors(*pair) for pair in pairs])


def wer(pairs: Sequence[tuple[str, str]]) -> Rate | None:
    """Return the word error rate over (truth, reading) pairs; ``None`` where the truth has no word."""
    return _rate([word_errors(*pair) for pair in pairs])


def significantly_more(
    ours: Sequence[tuple[str, str]], theirs: Sequence[tuple[str, str]], *, count: Callable[[str, str], tuple[int, int]]
) -> bool:
    """Tell whether ours errs more than theirs on the same truths in 95 of 100 paired bootstrap samples.

    ``count`` is ``character_errors`` or ``word_errors``.
    """
    counted = [(count(*one)[0], count(*other)[0]) for one, other in zip(ours, theirs, strict=True)]
    draw = random.Random(_SEED)  # noqa: S311 - samples, no secret
    worse = 0
    for _ in range(_DRAWS):
        sample = draw.choices(counted, k=len(counted))
        worse += sum(one for one, _ in sample) > sum(other for _, other in sample)
    return worse >= 0.95 * _DRAWS


def character_errors(truth: str, read: str) -> tuple[int, int]:
    """Return errors and characters of one pair."""
    wanted = normalised(truth)
    return distance(wanted, normalised(read)), len(wanted)


def word_errors(truth: str, read: str) -> tuple[int, int]:
    """Return errors and words of one pair."""
    wanted = normalised(truth).split()
    return distance(wanted, normalised(read).split()), len(wanted)


def _rate(counted: Sequence[tuple[int, int]]) -> Rate | None:
    errors, units = sum(one for one, _ in counted), sum(count for _, count in counted)
    if not units:
        return None
    draw = random.Random(_SEED)  # noqa: S311 - samples, no secret
    rates = sorted(_of(draw.choices(counted, k=len(counted))) for _ in range(_DRAWS))
    low, high = rates[round(0.025 * (_DRAWS - 1))], rates[round(0.975 * (_DRAWS - 1))]
    return Rate(rate=errors / units, low=low, high=high, errors=errors, units=units, items=len(counted))


def _of(counted: Sequence[tuple[int, int]]) -> float:
    return sum(errors for errors, _ in counted) / max(1, sum(units for _, units in counted))
