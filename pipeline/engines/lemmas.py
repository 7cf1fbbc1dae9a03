# ruff: noqa: RUF001  # letters of several scripts are the subject of this file
"""Lemmas: the headwords under which a dictionary may list a word that stands inflected in a text.

Candidates only, the likeliest first: whoever asks takes the first that the dictionary has. Whole
analysers of Arabic were weighed and left out: they bring a dozen packages, and miss as often.
"""

import unicodedata
from collections.abc import Callable, Iterator, Mapping

from pipeline.core.folding import fold

_STEM = 3
"""Letters that must remain of an Arabic word, and of most others."""

_ARABIC_BEFORE = (
    "وبال", "وكال", "فبال", "وال", "فال", "بال", "كال", "ولل", "لل", "ال", "وس", "وب", "ول", "وك", "و", "ف", "ب", "ل",
    "ك", "س",
)  # fmt: skip
_ARABIC_PERSONS = ("ي", "ت", "ن", "ا")
_ARABIC_AFTER = (
    "ياتها", "اتهم", "اتها", "هما", "كما", "تهم", "تها", "ته", "تي", "تنا", "تك", "ات", "ون", "ين", "ان", "وا", "ها",
    "هم", "هن", "كم", "نا", "ني", "يه", "ه", "ي", "ت", "ك", "ا",
)  # fmt: skip

PARTICLES = {
    "ar": frozenset(fold(
        "في من على إلى الى عن أن ان إن لكن ما لا لم لن لو هل قد كل هو هي هم هن نحن أنا انا أنت انت هذا هذه "
        "ذلك تلك هؤلاء  الذي التي الذين كان كانت يكون تكون كانوا ليس ثم أو او أم بل حتى إذا اذا إذ كما مثل "
        "عند لدى بين مع منذ به بها بهم  له لها لهم فيه فيها فيهم منه منها منهم عليه عليها عليهم إليه إليها "
        "عنه عنها ولا وما وهو وهي وقد وان وأن فان بان  بأن لأن"
    ).split()),
}  # fmt: skip
"""Words without a meaning of their own, which a dictionary turned round from English takes for names and rarities."""

_KURMANJI_BEFORE = ("di", "na", "ne", "bi", "nay", "ve")
_KURMANJI_AFTER = (
    "ekan", "êkê", "ekê", "ekî", "yên", "ên", "an", "ek", "ê", "î", "a", "in", "im", "e", "ya", "yê", "yî", "n", "t",
)  # fmt: skip

_TURKISH_SOFT = {"b": "p", "c": "ç", "d": "t", "ğ": "k", "g": "k"}
_TURKISH_LETTERS = set("aeıioöuüylrndmkştçcsğ")
"""What Turkish endings are made of."""

_FRENCH_AFTER: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("aient", ("er", "ir", "re")), ("issent", ("ir",)), ("ées", ("er",)), ("ée", ("er",)), ("és", ("er",)),
    ("é", ("er",)), ("ait", ("er", "ir", "re")), ("ant", ("er", "ir", "re")), ("ons", ("er", "ir", "re")),
    ("ez", ("er", "ir", "re")), ("ent", ("er", "re", "ir")), ("ives", ("if",)), ("ive", ("if",)), ("euses", ("eux",)),
    ("euse", ("eux",)), ("aux", ("al", "ail")), ("ales", ("al",)), ("elles", ("el",)), ("elle", ("el",)),
    ("es", ("", "e", "er")),
    ("s", ("",)), ("x", ("",)), ("e", ("", "er")), ("t", ("re", "ir")),
)  # fmt: skip
_GERMAN_AFTER = ("enden", "ende", "ern", "en", "em", "er", "es", "et", "te", "ten", "st", "e", "n", "s", "t")
_UMLAUTS = str.maketrans("äöü", "aou")

_ELISIONS = ("l'", "d'", "j'", "n'", "s'", "c'", "m'", "t'", "qu'")


def key(language: str) -> Callable[[str], str]:
    """Return how a dictionary of a language spells its keys: case and optional marks aside."""
    if language == "ar":
        return fold
    if language == "tr":
        return lambda word: _plain(word.replace("I", "ı").replace("İ", "i"))
    return _plain


def _plain(word: str) -> str:
    return unicodedata.normalize("NFC", word.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")).casefold()


def candidates(word: str, language: str) -> Iterator[str]:
    """Yield keys under which a word may be listed, its own first, each once."""
    spelled = key(language)(word)
    seen = {spelled: None}
    for one in _WAYS.get(language, _none)(spelled):
        if one:
            seen.setdefault(one)
    yield from seen


def _none(_word: str) -> Iterator[str]:
    yield from ()


def _arabic(word: str) -> Iterator[str]:
    bare = [word[len(one) :] for one in _ARABIC_BEFORE if word.startswith(one) and len(word) - len(one) >= _STEM]
    for stem in (*bare, word):
        yield stem
        yield from (stem + "ه", "ال" + stem)  # a feminine ending written without its letter; listed with the article
    for stem in (word, *bare):
        for end in _ARABIC_AFTER:
            if stem.endswith(end) and len(stem) - len(end) >= _STEM:
                cut = stem[: -len(end)]
                yield cut
                yield cut + "ه"
    for stem in (word, *bare):
        if stem[0] in _ARABIC_PERSONS and len(stem) > _STEM:
            yield stem[1:]
            if stem.endswith(("ون", "وا")) and len(stem) > _STEM + 2:
                yield stem[1:-2]


def _kurmanji(word: str) -> Iterator[str]:
    for end in _KURMANJI_AFTER:
        if word.endswith(end) and len(word) - len(end) >= _STEM - 1:
            yield word[: -len(end)]
            yield word[: -len(end)] + "in"
    for start in _KURMANJI_BEFORE:
        if word.startswith(start) and len(word) - len(start) >= _STEM:
            rest = word[len(start) :]
            yield from (rest, rest + "in")


def _turkish(word: str) -> Iterator[str]:
    word = word.partition("'")[0]
    yield word
    for cut in range(len(word) - 1, _STEM - 2, -1):
        if not set(word[cut:]) <= _TURKISH_LETTERS:
            return
        stem = word[:cut]
        for one in (stem, stem[:-1] + _TURKISH_SOFT.get(stem[-1], stem[-1])):
            # A verb is listed in the infinitive; shorter stems than three letters are verbs or chance.
            yield from (one + "mak", one + "mek")
            if cut >= _STEM:
                yield one


def _french(word: str) -> Iterator[str]:
    for elision in _ELISIONS:
        if word.startswith(elision):
            word = word[len(elision) :]
            yield word
    for end, others in _FRENCH_AFTER:
        if word.endswith(end) and len(word) - len(end) >= _STEM - 1:
            yield from (word[: -len(end)] + other for other in others)


def _german(word: str) -> Iterator[str]:
    for end in _GERMAN_AFTER:
        if word.endswith(end) and len(word) - len(end) >= _STEM:
            stem = word[: -len(end)]
            yield from (stem, stem + "en", stem + "e", stem.translate(_UMLAUTS))
    if word.startswith("ge") and word.endswith(("t", "en")) and len(word) > _STEM + 3:
        yield word[2:].removesuffix("t").removesuffix("en") + "en"
    # Of a compound that is not listed, its last part says what sort of thing it is.
    for cut in range(_STEM + 1, len(word) - _STEM):
        yield word[cut:]


_WAYS: Mapping[str, Callable[[str], Iterator[str]]] = {
    "ar": _arabic, "kmr": _kurmanji, "tr": _turkish, "fr": _french, "de": _german,
}  # fmt: skip
