# ruff: noqa: RUF001  # letters that look alike are the subject of this file
"""Folding: one spelling for words that readers take for the same, across scripts.

``fold`` is one table applied character by character, so that a position in the folded text can
always be traced to the original. It removes what writers leave out or add at will (vowel marks,
tatweel, joiners, direction marks, accents) and unites letters that keyboards and fonts confuse
(alef variants, Arabic, Persian and Kurdish yeh, kaf and heh, dotted and dotless i).

``light`` is a second, looser form of the same words: without the Arabic article and its
prefixes, with German umlauts written out, with Persian and Kurdish letters as an Arabic keyboard
has them. It is searched beside the exact form and counts less, never instead of it.
"""

import re
import unicodedata
from functools import lru_cache

VERSION = 1
"""Raise it whenever any text folds differently: an index made before must be rebuilt."""
LIGHT_VERSION = 2
"""Raise it whenever only the light form of any text differs."""

_MARKED_SCRIPTS = frozenset({"ARABIC", "CYRILLIC", "GREEK", "HEBREW", "LATIN"})

_LETTERS = {
    # hamza and its carriers: ئ, ؤ, أ and إ decompose, and their marks fall
    "ٱ": "ا", "ٲ": "ا", "ٳ": "ا", "ٵ": "ا", "ء": "",
    # yeh: Arabic, Persian, Kurdish, Pashto, Urdu; alef maksura is a yeh without dots
    "ى": "ي", "ی": "ي", "ې": "ي", "ۍ": "ي", "ێ": "ي", "ے": "ي", "ۓ": "ي", "ۑ": "ي", "ؽ": "ي",
    # waw: Kurdish and Turkic vowels
    "ۆ": "و", "ۇ": "و", "ۊ": "و",
    # kaf
    "ک": "ك", "ڪ": "ك", "ػ": "ك",
    # heh, teh marbuta, and the Kurdish vowel that looks like a final heh
    "ة": "ه", "ە": "ه", "ھ": "ه", "ہ": "ه", "ۀ": "ه", "ۂ": "ه", "ۃ": "ه", "ۿ": "ه",
    # Kurdish heavy r and l
    "ڕ": "ر", "ڵ": "ل",
    "ں": "ن",
    # tatweel, and the small letters of Quranic spelling
    "ـ": "", "ۥ": "", "ۦ": "",
    # Latin letters that do not decompose
    "ı": "i", "ø": "o", "đ": "d", "ł": "l", "ð": "d", "ħ": "h", "þ": "th", "æ": "ae", "œ": "oe",
    # the modifier letters by which ʿayn and hamza are transliterated
    "ʿ": "", "ʾ": "", "ʼ": "", "ʻ": "",
}  # fmt: skip

_NO_SPACES = "\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
"""Thai, Lao, Burmese, Khmer, Kana, Han: written without spaces, so each character is a word."""

_TOKEN = re.compile(rf"[{_NO_SPACES}]|[^\W_{_NO_SPACES}]+")
_MARKED = re.compile(rf"[{_NO_SPACES}]|(?:[^\W_{_NO_SPACES}]|\ue000)+")

_PREFIX = re.compile("(?:وبال|وكال|وفال|ولل|وال|بال|كال|فال|ال|لل|و(?=...)|[بلف](?=....))(?=...)")
"""Three letters must remain, of what begins with a single preposition four: fewer would take letters of the word."""
_OWN_ALIF = re.compile(r"(?<!\w)([وفبك]?)[أآ](?=ل)")
"""An alif with a hamza or a madda begins no article: ألوان, ألمانيا."""
_OWN = "\ue000"
"""Stands for it while a word is made light."""
_WHOLE = frozenset(
    "وزير وزيره وزراء وزارة وردة ورود وسام وطن وطني وقت وجه وجوه ولد ولاد والد والدة والدي واحد "
    "واحدة وجد وجود وصل وصول وضع وفد وكيل وكالة وسط وسطى وعد ورق ورقة وادي وثيقة وثائق وظيفة وفاة "
    "وفاء وحدة وحدات وباء وقود وقف وقوف وليد وائل وسيم وداد وديع ورشة وسيلة وسائل وسخ ورث وهم وحش "
    "وحيد وصية وزن وعي لبنان لبناني لبنانية لواء لجنة لغة لقاء لازم بلدية برلمان فلسطين فرنسا بغداد "
    "بيروت بصرة بلدة بوابة بنزين برميل بندقية لاجئ لاجئين لاجئون لندن ليبيا فرقة فندق فضائية".translate(
        {ord(one): to for one, to in zip("ةىئء", ("ه", "ي", "ي", ""), strict=True)}
    ).split()
)
"""Frequent words, folded, that begin with a letter that is no preposition there."""
_SEATS = re.compile(r"(?<=\w)[ؤئ](?=\w)|(?<!\w)ئ(?=[اۆێ])")
"""A hamza within a word, whose seat is a matter of schools (مسؤول, مسئول); and that which Sorani begins vowels with."""

_LOOSE = {
    "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "Å": "Aa",
}  # fmt: skip
_ARABIC_KEYBOARD = str.maketrans("پچژڤگ", "بجزفك")
_LONG = 5
"""Loan words are long; in short Persian and Kurdish words these letters tell words apart."""

_HAS_LIGHT = re.compile("[\u0600-\u06ff\ufb50-\ufdff\ufe70-\ufeff\u0308\u030aÄÖÜäöüåÅ]")


class _Table(dict[int, str]):
    """The table of ``str.translate``, filled as characters are met: all of Unicode, no start-up cost."""

    def __missing__(self, number: int) -> str:
        folded = self[number] = _fold_character(chr(number))
        return folded


def _fold_character(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.digit(char))
    if category == "Cf" and char != "\u200b":  # marks of direction and joining; U+200B parts words
        return ""
    if category in {"Cc", "Cs", "Cf"}:
        return " "
    if _is_mark(char):
        return ""
    if char in _LETTERS:
        return _LETTERS[char]
    parts = unicodedata.normalize("NFKD", char)
    if _script(parts[0]) not in _MARKED_SCRIPTS:
        parts = unicodedata.normalize("NFKC", char)
    plain = "".join(_LETTERS.get(one, one) for one in parts if not _is_mark(one))
    # Lower case may bring a mark of its own (İ) or a letter of the table (Ø).
    lower = "".join(one for one in plain.casefold() if not _is_mark(one))
    return "".join(_LETTERS.get(one, one) for one in lower)


def _script(char: str) -> str:
    return unicodedata.name(char, "").partition(" ")[0]


def _is_mark(char: str) -> bool:
    """Tell whether a character only decorates a letter of a script whose readers may leave it out."""
    if unicodedata.category(char) not in {"Mn", "Me"}:
        return False
    return _script(char) in {"COMBINING", "VARIATION"} | _MARKED_SCRIPTS


_table = _Table()


def fold(text: str) -> str:
    """Return the text in its one spelling for search; never for showing."""
    return text.translate(_table)


def words(text: str) -> list[str]:
    """Return the folded words of a text, in order."""
    return _TOKEN.findall(fold(text))


def light_words(text: str) -> list[str]:
    """Return the looser form of each word of ``words(text)``, one for one."""
    if not _HAS_LIGHT.search(text):
        return words(text)
    spelled = unicodedata.normalize("NFC", text)
    for umlaut, pair in _LOOSE.items():
        spelled = spelled.replace(umlaut, pair)
    spelled = _SEATS.sub("", spelled)
    if not _OWN_ALIF.search(spelled):
        return [_lighten(word) for word in words(spelled)]
    marked = [_lighten(word) for word in _MARKED.findall(fold(_OWN_ALIF.sub(rf"\1{_OWN}", spelled)))]
    return [word.replace(_OWN, "ا") for word in marked]


def spellings(text: str) -> tuple[str, str]:
    """Return the exact and the light words of a text, each parted by spaces: many texts repeat few words."""
    pairs = [_spelling(part) if len(part) <= _REPEATED else _spelled(part) for part in text.split()]
    exact = " ".join([one for one, _ in pairs if one])
    light = " ".join([one for _, one in pairs if one])
    return exact, light


_REPEATED = 40
"""Characters of the longest run that may come again."""


def _spelled(part: str) -> tuple[str, str]:
    # Between spaces nothing reaches over: no mark composes with one, and no word goes on after it.
    return " ".join(words(part)), " ".join(light_words(part))


_spelling = lru_cache(maxsize=1 << 18)(_spelled)


def _lighten(word: str) -> str:
    if word.isascii():
        return word
    if len(word) >= _LONG:
        word = word.translate(_ARABIC_KEYBOARD)
    prefix = None if word in _WHOLE else _PREFIX.match(word)
    return word[prefix.end() :] if prefix else word


def located(text: str) -> list[tuple[str, int, int]]:
    """Return each folded word with the start and end of its original characters."""
    pieces: list[str] = []
    origin: list[int] = []
    for at, char in enumerate(text):
        piece = _table[ord(char)]
        pieces.append(piece)
        origin.extend([at] * len(piece))
    folded = "".join(pieces)
    return [(one.group(), origin[one.start()], origin[one.end() - 1] + 1) for one in _TOKEN.finditer(folded)]
