"""Reading: from the words that readers saw in one picture to passages, offered, marked or not offered."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from pipeline.core import placing
from pipeline.core.boxes import Box
from pipeline.core.ports import ReadWord
from pipeline.core.script import ARABIC, LATIN, script

_OFFERED = ((0.95, 2), (0.92, 3), (0.85, 4), (0.75, 6), (0.6, 12), (0.5, 20))
"""Mean confidence → letters and digits from which a passage is offered: the less sure, the more must be there.

What Tesseract made of textures in photographs without text was a letter or two, or below 0.6.
"""

_ON_A_PAGE = (0.42, 12)
"""The same where lines were found to be laid out like a page: photographs without text gave none."""

LOW_CONFIDENCE = 0.8
_KEPT = 0.3
"""Mean confidence from which a passage that is not offered is still kept beside, for a person to see."""

_PLENTY, _SURE = 40.0, 0.75
_EDGE, _EDGE_LETTERS = 0.5, 2
_HINT = 0.6
_SYMBOL = 0.8
_SAME_WORD, _SAME_LINE = 0.4, 0.2
_LATIN_BONUS, _PAGE_BONUS = 0.1, 0.25
_GAP = 1.2
_AS_SURE = 0.1
"""How much less sure the reader of one script may be of a word than the reader of both, and still be believed."""


PAGE = "page"
MODELS = {ARABIC: "Arabic", LATIN: "Latin"}
"""Tesseract's models by script. The one for Arabic letters reads Sorani, Persian and most Latin letters, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line as it was read; ``passage`` is the paragraph that it belongs to, ``models`` who read it, by script."""

    words: tuple[ReadWord, ...]
    passage: tuple[str, int, int]
    models: frozenset[str]

    @property
    def text(self) -> str:
        """The words in reading order."""
        return " ".join(word.text for word in self.words)

    @property
    def box(self) -> Box:
        """The box around all words."""
        return placing.around(word.box for word in self.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Lines that belong together, in reading order."""

    lines: tuple[Line, ...]

    @property
    def text(self) -> str:
        """The lines, one below the other."""
        return "\n".join(line.text for line in self.lines)

    @property
    def box(self) -> Box:
        """The box around all lines."""
        return placing.around(line.box for line in self.lines)

    @property
    def confidence(self) -> float:
        """The mean confidence of a letter."""
        return confidence(word for line in self.lines for word in line.words)

    @property
    def letters(self) -> int:
        """How many letters and digits it has."""
        return sum(_letters(word.text) for line in self.lines for word in line.words)

    @property
    def offered(self) -> bool:
        """Whether it is taken for text at all."""
        sure, many = self.confidence, self.letters
        asked = (*_OFFERED, _ON_A_PAGE) if all(line.passage[0] == PAGE for line in self.lines) else _OFFERED
        return any(sure >= least and many >= count for least, count in asked)

    @property
    def worth_keeping(self) -> bool:
        """Whether, when it is not offered, it is kept beside for a person to see."""
        return self.confidence >= _KEPT and self.letters > _EDGE_LETTERS


def page_lines(words: Sequence[ReadWord], reader: str) -> tuple[Line, ...]:
    """Put the words of a page into lines, without the specks at their ends and marks that stand for nothing."""
    found = [(key, _trimmed(line)) for key, line in _by_line(words)]
    return tuple(Line(words=kept, passage=(PAGE, *key[:2]), models=frozenset({reader})) for key, kept in found if kept)


def scene_lines(words: Sequence[ReadWord], reader: str, look: str) -> tuple[Line, ...]:
    """Put words that stand here and there into lines; a speck parts a line, for what is beside it is no part of it.

    ``look`` names the reading among others of the picture.
    """
    found: list[Line] = []
    for key, line in _by_line(words):
        for solid, part in groupby(line, key=_solid):
            if solid:
                found.append(Line(words=tuple(part), passage=(look, *key[:2]), models=frozenset({reader})))
    return tuple(found)


def hints_at_text(lines: Iterable[Line]) -> bool:
    """Tell whether any word makes it worth looking again: of three letters or more, rather a word than a texture."""
    words = (word for line in lines for word in line.words)
    return any(word.confidence >= _HINT and _letters(word.text) > _EDGE_LETTERS for word in words)


def sure(lines: Sequence[Line]) -> bool:
    """Tell whether a picture needs no second look: some hundred letters, nearly all of them read surely."""
    mean = confidence(word for line in lines for word in line.words)
    return evidence(lines) >= _PLENTY and mean >= _SURE


def competing(readings: Iterable[Sequence[Line]]) -> tuple[Line, ...]:
    """Return the lines that win where several readings of a picture saw something, from top to bottom.

    A line wins by what it read and how surely; what overlaps with a winner has lost. Latin letters are
    best told by the reader that knows all of them.
    """
    winners: list[Line] = []
    for line in sorted((line for lines in readings for line in lines), key=_strength, reverse=True):
        if not any(placing.shared(line.box, other.box) > _SAME_LINE for other in winners):
            winners.append(line)
    return _grouped(sorted(winners, key=lambda line: (round(line.box[1], 2), line.box[0])))


def evidence(lines: Iterable[Line]) -> float:
    """Weigh how much was read: letters, by how much surer than a guess they are."""
    words = (word for line in lines for word in line.words)
    return sum(_letters(word.text) * max(0.0, word.confidence - 0.5) for word in words)


def with_latin(lines: Sequence[Line], latin: Sequence[Line]) -> tuple[Line, ...]:
    """Take Latin words from the reader that knows every Latin letter, where it saw the same words as surely."""
    words = [word for line in latin for word in line.words]
    return tuple(_reread(line, words) for line in lines)


def passages(lines: Sequence[Line]) -> tuple[Passage, ...]:
    """Put lines into passages, in reading order; a passage is in one script, for another is in another language."""
    groups = groupby(lines, key=lambda line: (line.passage[1:], script(line.text)))
    return tuple(Passage(lines=tuple(group)) for _, group in groups)


def turned_back(line: Line, turn: int) -> Line:
    """Return a line with its boxes in the picture as it was before it was turned clockwise by ``turn`` degrees."""
    return replace(line, words=tuple(replace(word, box=placing.turned_back(word.box, turn)) for word in line.words))


def has_latin(lines: Iterable[Line]) -> bool:
    """Tell whether any word is in Latin letters."""
    return any(script(word.text) == LATIN for line in lines for word in line.words)


def confidence(words: Iterable[ReadWord]) -> float:
    """Return the mean confidence of a letter."""
    weighed = [(max(1, _letters(word.text)), word.confidence) for word in words]
    return sum(count * sure for count, sure in weighed) / max(1, sum(count for count, _ in weighed))


def _letters(text: str) -> int:
    return sum(char.isalnum() for char in text)


def _by_line(words: Sequence[ReadWord]) -> Iterator[tuple[tuple[int, int, int], list[ReadWord]]]:
    for key, line in groupby(words, key=lambda word: word.line):
        yield key, [word for word in line if _letters(word.text) or word.confidence >= _SYMBOL]


def _solid(word: ReadWord) -> bool:
    """Tell a word from a letter or two that are more likely a speck."""
    return word.confidence >= _EDGE or _letters(word.text) > _EDGE_LETTERS


def _strength(line: Line) -> tuple[float, float, float]:
    latin = script(line.text) == LATIN and LATIN in line.models
    page = line.passage[0] == PAGE
    return evidence([line]) * (1 + _LATIN_BONUS * latin + _PAGE_BONUS * page), -line.box[1], -line.box[0]


def _grouped(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Put lines of several readings into passages again: a line below another one of its script goes on from it.

    Only where each would be offered by itself: a texture above a sign is no part of it.
    """
    passages: list[list[Line]] = []
    for line in lines:
        alone = not Passage(lines=(line,)).offered
        above = None if alone else next((one for one in passages if _goes_on(one[-1], line)), None)
        if above is None:
            passages.append([line])
        else:
            above.append(line)
    return tuple(
        replace(line, passage=(line.passage[0], n, 0)) for n, passage in enumerate(passages) for line in passage
    )


def _goes_on(above: Line, below: Line) -> bool:
    one, other = above.box, below.box
    apart = other[1] - one[1] - one[3]
    beside = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    near = -_GAP * one[3] / 2 <= apart <= _GAP * one[3] and beside > min(one[2], other[2]) / 2
    return near and script(above.text) == script(below.text) and Passage(lines=(above,)).offered


def _trimmed(words: list[ReadWord]) -> tuple[ReadWord, ...]:
    solid = [n for n, word in enumerate(words) if _letters(word.text) and _solid(word)]
    return tuple(words[solid[0] : solid[-1] + 1]) if solid else ()


def _reread(line: Line, words: Sequence[ReadWord]) -> Line:
    found = tuple(_better(word, words) if script(word.text) == LATIN else word for word in line.words)
    return line if found == line.words else replace(line, words=found, models=line.models | {LATIN})


def _better(word: ReadWord, others: Iterable[ReadWord]) -> ReadWord:
    near = [other for other in others if _one_word(word.box, other.box)]
    best = max(near, key=lambda other: other.confidence, default=None)
    if best is None or best.confidence < word.confidence - _AS_SURE:
        return word
    return replace(word, text=best.text, confidence=best.confidence)


def _one_word(one: Box, other: Box) -> bool:
    smaller, larger = sorted((one[2] * one[3], other[2] * other[3]))
    return larger > 0 and placing.shared(one, other) * smaller / larger > _SAME_WORD
