"""Doubt: signs that a recogniser made a passage up, and what to do about each.

Recognisers of the Whisper family write text into silence, repeat themselves, and take a language
that they do not know for one that they do. The thresholds were set on clips with known words
(English, French, German, Arabic, Sorani, silence and noise); ``docs/measurements.md`` has the figures.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.core.ports import Heard, Region

WEAK = 0.45
"""Mean probability of a token below which other signs of invention are believed. Clean speech gave 0.50 and more."""

LOW_CONFIDENCE = 0.53
"""Mean probability of a token below which a passage is marked. Of clean words in usable languages it marks 3 in 100."""

_UNSURE_WORD, _UNSURE_SHARE = 0.5, 0.3
NEAR_A_CUT = 0.5
"""Seconds beside missing sound in which a sentence that broke off is likely to be finished by the recogniser."""

LANGUAGE_KNOWN = {"usable": 0.5, "low": 0.6}
"""Probability from which a language counts as told, by how well the model reads it.

Sorani never gave any language of a card more than 0.46; clean speech of more than a word gave its own
0.93 and more. Where Kurdish could pass for the language (Arabic, Turkish) more is asked.
"""

LANGUAGE_SURE = 0.8
REPEATS = 2.4
_SILENT, _SILENT_CONFIDENCE = 0.6, 0.37
_FASTEST_WORDS, _FASTEST_LETTERS = 7.0, 40.0
_ENOUGH_WORDS = 4
_CREDIT_WORDS = 14
_OTHER_TEXT, _PERHAPS_KURDISH = 0.8, 0.3
TELLING_WORDS = 4
"""A text of fewer words tells too little of its language."""

# Credits of subtitlers: nobody says them; models learnt them from subtitles of silent endings.
_CREDITS = re.compile(
    r"amara ?org|\b(?:subtitles?|subtitled|captioned|transcription|translated) by\b"
    r"|sous titr(?:es|age)\b.*\b(?:par|st|radio|societe)"
    r"|untertitel(?:ung)?\b.*\b(?:zdf|ard|swr|br|community|im auftrag|von)|altyazi m ?k|altyazi ceviri"
    r"|ترجمة نانسي|نانسي قنقر|تعديل ترجمة"
)
# What people do say, and models say without them.
_FAREWELLS = re.compile(
    r"(?:thanks?|thank you)(?: so much| very much)? for watching|(?:please|like and) subscribe.*"
    r"|see you (?:in the )?next (?:video|time)|merci d avoir regarde.*|abonnez vous.*"
    r"|vielen dank furs zuschauen|bis zum nachsten mal"
    r"|اشتركوا في القناة.*|شكرا (?:لكم )?(?:على|للمشاهدة).*|izlediginiz icin tesekkur.*|abone ol.*"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The flags of a passage, and whether it is offered as speech at all."""

    flags: tuple[str, ...]
    offered: bool

    def also(self, flag: str) -> "Verdict":
        """Return the verdict with one more flag."""
        return self if flag in self.flags else replace(self, flags=(*self.flags, flag))


def told(candidates: Sequence[tuple[str, float]], reliability: str | None) -> bool:
    """Tell whether the first of the candidates can be taken for the language spoken."""
    return bool(candidates) and candidates[0][1] >= LANGUAGE_KNOWN[reliability or "usable"]


def judge(heard: Heard, regions: Sequence[Region], reliability: str, gaps: Iterable[Region] = ()) -> Verdict:
    """Weigh a passage; ``regions`` is where speech was found in its stream, ``gaps`` where sound is missing."""
    weak = heard.confidence < WEAK
    hurried = _hurried(heard)
    silent = (heard.no_speech > _SILENT and heard.confidence < _SILENT_CONFIDENCE) or not _overlaps(heard, regions)
    repeats = heard.compression > REPEATS or _stuck(heard.text)
    phantom = _phantom(heard, weak=weak)
    doubtful = heard.language_probability < LANGUAGE_SURE
    cut = any(one.start - NEAR_A_CUT <= heard.end and heard.start <= one.end + NEAR_A_CUT for one in gaps)
    signs = {
        "low_confidence": reliability == "low" or cut or unsure(heard),
        "cut": cut,
        "repetition": repeats,
        "language_doubt": doubtful,
        "non_speech": silent,
        "phantom": phantom,
        "rate": hurried,
    }
    # Chants repeat themselves too: repetition alone rejects nothing.
    invented = silent or phantom or (repeats and (hurried or weak))
    return Verdict(flags=tuple(name for name, there in signs.items() if there), offered=not invented)


def unsure(heard: Heard) -> bool:
    """Tell whether the reading itself is unsure: on the whole, or in too many of its words."""
    doubted = sum(one.confidence < _UNSURE_WORD for one in heard.words)
    return heard.confidence < LOW_CONFIDENCE or doubted >= max(_UNSURE_SHARE * len(heard.words), 1)


def passes_for_another(heard: Heard, reliability: str) -> bool:
    """Tell whether this may be another language, written down as one that the model barely knows."""
    unsure = heard.language_probability < LANGUAGE_SURE and heard.confidence < WEAK
    return reliability == "low" and unsure


def deserves_another(verdict: Verdict, heard: Heard) -> bool:
    """Tell whether a passage should be read by another engine: for what was heard, not for the language alone."""
    return unsure(heard) or bool({*verdict.flags} - {"low_confidence", "cut"})


def in_another(candidates: Sequence[tuple[str, float]], language: str) -> bool:
    """Tell whether a text is surely in another language than the one that its speech was taken for."""
    return bool(candidates) and candidates[0][0] != language and candidates[0][1] >= _OTHER_TEXT


def kurdish(candidates: Iterable[tuple[str, float]]) -> bool:
    """Tell whether a text may be Kurdish: no model of ours writes it, whatever language it was taken for."""
    return any(share >= _PERHAPS_KURDISH for name, share in candidates if name in {"ckb", "kmr", "ku"})


def within(regions: Iterable[Region], start: float, end: float) -> Iterator[Region]:
    """Cut regions to a span."""
    for one in regions:
        if (last := min(one.end, end)) > (first := max(one.start, start)):
            yield Region(start=first, end=last)


def fold(text: str) -> str:
    """Return letters and digits alone, without case and accents, one blank between words."""
    plain = unicodedata.normalize(
        "NFKD", text.casefold().replace("\N{LATIN SMALL LETTER DOTLESS I}", "i").replace("ß", "ss")
    )
    bare = "".join(one if one.isalnum() else " " for one in plain if not unicodedata.combining(one))
    return " ".join(bare.split())


def _hurried(heard: Heard) -> bool:
    """More words or letters than a mouth can form in the time."""
    seconds = max(heard.end - heard.start, 0.1)
    words = heard.text.split()
    fast = len(words) / seconds > _FASTEST_WORDS or len(heard.text) / seconds > _FASTEST_LETTERS
    return len(words) >= _ENOUGH_WORDS and fast


def _stuck(text: str) -> bool:
    """The same one to three words, again and again to the end."""
    words = fold(text).split()
    return any(
        len(words) >= 6 * size and words[-5 * size :] == words[-size:] * 5 for size in (1, 2, 3)
    )  # fmt: skip


def _phantom(heard: Heard, *, weak: bool) -> bool:
    folded = fold(heard.text)
    if _CREDITS.search(folded) and len(folded.split()) <= _CREDIT_WORDS:
        return True
    return bool(_FAREWELLS.fullmatch(folded)) and (weak or heard.no_speech > _SILENT / 2)


def _overlaps(heard: Heard, regions: Iterable[Region]) -> bool:
    return any(min(heard.end, one.end) > max(heard.start, one.start) for one in regions)
