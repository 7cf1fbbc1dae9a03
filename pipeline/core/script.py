# ruff: noqa: RUF001  # letters that look alike are the subject of this file
"""Script: which alphabet a text is written in, and which languages its letters speak against."""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

ARABIC = "Arab"
LATIN = "Latn"

TOLD = 0.5
"""Probability from which the language of a text is taken as told."""

_NAMES = {
    "ARABIC": ARABIC, "ARMENIAN": "Armn", "BENGALI": "Beng", "CJK": "Hani", "CYRILLIC": "Cyrl", "DEVANAGARI": "Deva",
    "ETHIOPIC": "Ethi", "GEORGIAN": "Geor", "GREEK": "Grek", "HANGUL": "Hang", "HEBREW": "Hebr", "HIRAGANA": "Hira",
    "KATAKANA": "Kana", "LATIN": LATIN, "SYRIAC": "Syrc", "THAI": "Thai", "TIFINAGH": "Tfng",
}  # fmt: skip
"""The first word of a letter's Unicode name → ISO 15924."""

_ARABIC_LETTERS = "ابتثجحخدذرزسشصضطظعغفقلمنهوءآأإئؤ"
_KEYBOARD = "يىیكک"
"""Yeh and kaf: which of them is written tells the keyboard, or the reader of a picture, not the language."""

_ALPHABETS = {
    "ar": _ARABIC_LETTERS + _KEYBOARD + "ةٱ",
    "fa": _ARABIC_LETTERS + _KEYBOARD + "ةۀپچژگ",
    # ث ذ ص ض ط ظ stand in names and loan words only, but stand there
    "ckb": _ARABIC_LETTERS + _KEYBOARD + "پچژگڤڕڵۆێەھ",
    "ur": _ARABIC_LETTERS + _KEYBOARD + "ةۀپچژگٹڈڑںہھےۓۂ",
    "kmr": "abcçdeêfghiîjklmnopqrsştuûvwxyz",
    "tr": "abcçdefgğhıijklmnoöprsştuüvyzâîû",
    "az": "abcçdeəfgğhxıijkqlmnoöprsştuüvyz",
    "de": "abcdefghijklmnopqrstuvwxyzäöüßéè",
    "fr": "abcdefghijklmnopqrstuvwxyzàâæçéèêëîïôœùûüÿ",
    "en": "abcdefghijklmnopqrstuvwxyzéèïç",
}
_OWN = {
    # letters that no other language of its script has, among those above
    "ckb": "ڕڵۆێەڤ", "ur": "ٹڈڑںہےۓ", "az": "ə", "de": "ß", "fr": "àèëïœæùÿ",
}  # fmt: skip
_RIVALS = (("ckb", "fa", "ar", "ur"), ("kmr", "tr", "az"))
"""Languages that pass for one another."""

_PLAIN = {"ckb": 0.8, "fa": 0.88, "ar": 0.85, "ur": 0.8, "kmr": 0.88, "tr": 0.87, "az": 0.8}
"""How many letters of running text, of one, are none by which it differs from its rivals."""

_FOREIGN_SHARE = 0.03
_HALF = 8
"""Letters after which a text without letters of its own tells half of what a long one tells."""

_SURE_BY_LETTERS = 0.9
_NO_WORD = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+|[@#]\S+|\S*\d\S*")
_SPACE = re.compile(r"[\W_]+")


def script_of(char: str) -> str | None:
    """Return the script of one character as ISO 15924 names it; ``None`` for what all scripts share."""
    if not unicodedata.category(char).startswith("L"):
        return None
    return _NAMES.get(unicodedata.name(char, "").partition(" ")[0])


def scripts(text: str) -> Counter[str]:
    """Count the letters of each script, presentation forms among them."""
    return Counter(found for char in unicodedata.normalize("NFKC", text) if (found := script_of(char)))


def script(text: str) -> str | None:
    """Return the script that most letters belong to; ``None`` where there is no letter of a known one."""
    counted = scripts(text)
    return max(sorted(counted), key=counted.__getitem__) if counted else None


def bare(text: str) -> str:
    """Return the words of the main script in one line: no addresses, numbers, vowel marks or tatweel.

    What is written in capitals alone becomes small: models of language know few words in capitals.
    """
    plain = unicodedata.normalize("NFKC", _NO_WORD.sub(" ", text))
    main = script(plain)
    words = [word for word in plain.split() if main and script(word) == main]
    kept = "".join(char for char in " ".join(words) if char != "ـ" and unicodedata.category(char) != "Mn")
    return small(kept) if kept.upper() == kept and kept.lower() != kept else kept


def small(text: str) -> str:
    """Return it in small letters; the dot of a Turkish capital İ is no mark of its own."""
    return text.replace("İ", "i").lower()


def letters(text: str) -> str:
    """Return nothing but its letters, small; their marks stay with them."""
    return small(_SPACE.sub("", unicodedata.normalize("NFC", text)))


def speaks_against(language: str, text: str) -> float:
    """Return how far the letters allow a language, from 1 (all are its own) towards 0.

    One letter in thirty that the language does not have halves it: a quoted name does little to a
    page, and much to a word. A language whose letters are not known here is allowed everything.
    """
    alphabet = _ALPHABETS.get(language)
    found = letters(text)
    if not alphabet or not found:
        return 1.0
    capital = set("ıi") if text.upper() == text else set()
    foreign = sum(char not in alphabet and char not in capital for char in found)
    return math.pow(0.5, foreign / len(found) / _FOREIGN_SHARE)


def weigh(candidates: Sequence[tuple[str, float]], text: str) -> tuple[tuple[str, float], ...]:
    """Weigh what a model says of a text's language with what its letters say, most likely first.

    ``text`` is ``bare``. Languages that its letters speak against lose; rivals that it could as well
    be in gain, the more the shorter it is; and a short text without letters of its own is told
    with less certainty altogether. Probabilities of what is not named are left out, so they need not add up to 1.
    """
    found = letters(text)
    if len(found) < 2:  # noqa: PLR2004 - a single letter is in no language
        return ()
    before = _merged(candidates)
    weights = {language: share * speaks_against(language, found) for language, share in before.items()}
    for rivals in _RIVALS:
        if any(weights.get(one, 0) > 0 for one in rivals):
            for one in rivals:
                could = 0.5 * _PLAIN[one] ** len(found) * speaks_against(one, found)
                weights[one] = max(weights.get(one, 0.0), could, _shown_by_letters(one, found))
    unnamed = max(0.0, 1 - sum(before.values()))
    whole = sum(weights.values()) + unnamed
    told = {one: share / whole * _certainty(one, found) for one, share in weights.items()}
    return tuple(sorted(((one, round(share, 3)) for one, share in told.items() if share >= 0.001), key=_surest))  # noqa: PLR2004 - what rounds to nothing


def told(candidates: Iterable[tuple[str, float]]) -> str | None:
    """Return the first language where it is likely enough to be named."""
    first = next(iter(candidates), None)
    return first[0] if first and first[1] >= TOLD else None


def _surest(candidate: tuple[str, float]) -> tuple[float, str]:
    return -candidate[1], candidate[0]


def _merged(candidates: Sequence[tuple[str, float]]) -> dict[str, float]:
    merged: dict[str, float] = {}
    for language, share in candidates:
        merged[language] = merged.get(language, 0.0) + share
    return merged


def _shown_by_letters(language: str, found: str) -> float:
    """Return what a language's own letters alone tell of it, however little a model saw of it."""
    own = _share(_OWN.get(language, ""), found)
    if language == "kmr" and any(char in "êîû" for char in found):  # no single letter is Kurmanji's alone
        own = _share("êîûwqx", found)
    return min(0.6, 4 * own) * speaks_against(language, found)


def _share(wanted: str, found: str) -> float:
    return sum(char in wanted for char in found) / len(found)


def _certainty(language: str, found: str) -> float:
    by_length = 1 - math.pow(0.5, len(found) / _HALF)
    return max(by_length, _SURE_BY_LETTERS) if _share(_OWN.get(language, ""), found) else by_length
