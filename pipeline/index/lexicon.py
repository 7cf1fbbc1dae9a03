"""Lexicon: the distinct words of all passages, by their letters and by their sound, from which a query is widened.

A prefix, a misspelt name and a name of another script become the words that are there and fit; the passages are
then found by these words as they are by any other. A word stays for as long as a passage has it, so that what is
asked does not depend on what there once was.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import product

from pipeline.core import sounds
from pipeline.core.distance import within
from pipeline.core.sound_letters import LONGEST
from pipeline.index.folding import light_words, located, spellings

SCHEMA = """
CREATE TABLE words (word TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE sounds (
    frame TEXT NOT NULL, writing TEXT NOT NULL, word TEXT NOT NULL, spelled TEXT NOT NULL,
    PRIMARY KEY (frame, writing, word, spelled)
) WITHOUT ROWID;
"""

MOST_BEGUN = 400
"""Words that a prefix is spelled out as; one that begins more is left to the engine."""
_LETTERS = "bdfhjklmnrsx"
_REMEMBERED = 1 << 20
_LONG = 8
"""Letters from which on two may be wrong."""


class Seen:
    """What one filling of an index has met: runs of characters, each learned once, many at a time and in order."""

    def __init__(self) -> None:
        self._parts: set[str] = set()
        self._waiting: set[str] = set()

    def meet(self, connection: sqlite3.Connection, texts: Iterable[str]) -> None:
        """Remember what did not come before; learned at the latest with ``learn_all``."""
        for text in texts:
            self._waiting.update(text.split())
        self._waiting -= self._parts
        if len(self._waiting) > _REMEMBERED:
            self.learn_all(connection)

    def learn_all(self, connection: sqlite3.Connection) -> None:
        """Learn what waits."""
        if len(self._parts) > _REMEMBERED:
            self._parts.clear()
        self._parts |= self._waiting
        _learn(connection, self._waiting)
        self._waiting = set()


def learn(connection: sqlite3.Connection, texts: Iterable[str]) -> None:
    """Add the words of these texts, within the caller's transaction."""
    _learn(connection, {part for text in texts for part in text.split()})


def _learn(connection: sqlite3.Connection, parts: Iterable[str]) -> None:
    words: set[tuple[str]] = set()
    heard: set[tuple[str, str, str, str]] = set()
    for part in parts:
        for word, light, spelled in _told(part):
            words |= {(word,), (light,)}
            heard.update(_sounding(word, spelled))
    connection.executemany("INSERT OR IGNORE INTO words VALUES (?)", sorted(words))
    connection.executemany("INSERT OR IGNORE INTO sounds VALUES (?, ?, ?, ?)", sorted(heard))


def forget(connection: sqlite3.Connection, texts: Iterable[str]) -> None:
    """Take out the words of passages that are gone, unless others have them; in the transaction, when they are gone."""
    told = {one for text in texts for part in set(text.split()) for one in _told(part)}
    gone = {word for word in {one for it in told for one in it[:2]} if not _there(connection, word)}
    connection.executemany("DELETE FROM words WHERE word = ?", sorted((word,) for word in gone))
    silent = sorted(one for word, _, spelled in told if word in gone for one in _sounding(word, spelled))
    connection.executemany(_SILENCE, silent)


_SILENCE = "DELETE FROM sounds WHERE (frame, writing, word, spelled) = (?, ?, ?, ?)"


def _there(connection: sqlite3.Connection, word: str) -> bool:
    asked = f'{{exact light}} : "{word}"'
    return connection.execute("SELECT 1 FROM folded WHERE folded MATCH ? LIMIT 1", (asked,)).fetchone() is not None


def _told(part: str) -> Iterator[tuple[str, str, str]]:
    """Yield the words in a run of characters: folded, in the light form, and as it is written."""
    exact, light = spellings(part)
    if part.isalpha() and " " not in exact:  # mostly
        if exact:
            yield exact, light, part
        return
    for (word, start, end), light in zip(located(part), light_words(part), strict=True):
        yield word, light, part[start:end]


def _sounding(word: str, spelled: str) -> Iterator[tuple[str, str, str, str]]:
    if len(spelled) <= LONGEST and not word.isdigit():
        plain, writing = sounds.plain(spelled), str(sounds.writing(spelled))
        for frame in sounds.frames(plain):
            yield frame, writing, word, plain


# --- what a query is widened to


def begun(connection: sqlite3.Connection, prefix: str) -> tuple[str, ...] | None:
    """Return the words that begin so; ``None`` when they are too many to be spelled out."""
    found = connection.execute(
        "SELECT word FROM words WHERE word >= ? AND word < ? LIMIT ?", (prefix, prefix + "\U0010ffff", MOST_BEGUN + 1)
    ).fetchall()
    return tuple(word for (word,) in found) if len(found) <= MOST_BEGUN else None


def heard(connection: sqlite3.Connection, typed: str) -> frozenset[str]:
    """Return the words that may be the same name, written in another script or by another habit."""
    found: set[str] = set()
    rough = sounds.rough(typed)
    for frame, writing in product(sorted(sounds.frames(typed)), sounds.answers(typed)):
        for word, spelled in connection.execute(_HEARD, (frame, writing)):
            arabic = writing is not sounds.Writing.NAME
            if (not arabic or rough is None or rough.fullmatch(spelled)) and sounds.alike(typed, spelled):
                found.add(word)
    return frozenset(found)


def near(connection: sqlite3.Connection, typed: str, folded: str) -> frozenset[str]:
    """Return the words a letter away (missing, added, another, two swapped); two letters in long words.

    A letter changes at most one consonant of a frame, so the words of the frames about its own are looked through.
    """
    found: set[str] = set()
    most = allowed(folded)
    for frame in sorted({one for its in sounds.frames(typed) for one in _around(its)}):
        rows = connection.execute(_NEAR, (frame, len(folded) - most, len(folded) + most))
        found.update(word for (word,) in rows if within(folded, word, most))
    return frozenset(found)


def allowed(folded: str) -> int:
    """Return how many letters of a word may be wrong where somebody asks for what is near to it."""
    return 2 if len(folded) >= _LONG else 1


_HEARD = "SELECT word, spelled FROM sounds WHERE frame = ? AND writing = ?"
_NEAR = "SELECT DISTINCT word FROM sounds WHERE frame = ? AND length(word) BETWEEN ? AND ?"


def _around(frame: str) -> Iterator[str]:
    yield frame
    for at in range(len(frame) + 1):
        head, tail = frame[:at], frame[at:]
        yield head + tail[1:]
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
        for letter in _LETTERS:
            yield head + letter + tail
            yield head + letter + tail[1:]
