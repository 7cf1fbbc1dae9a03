"""Sentences: where they end in several languages, how long ones are cut, and when each is said."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.ports import Word
from pipeline.core.sentences import ends, place, sentences, span


def _texts(text: str, longest: int = 300) -> list[str]:
    return [one.text for one in sentences(text, longest)]


def test_sentences_of_several_scripts() -> None:
    assert _texts("Il pleut. Où est-il ? Là-bas !") == ["Il pleut.", "Où est-il ?", "Là-bas !"]
    assert _texts("كيف حالك؟ أنا بخير. شكرا") == ["كيف حالك؟", "أنا بخير.", "شكرا"]
    assert _texts("Er sagte: „Nein.“ Dann ging er.") == ["Er sagte: „Nein.“ Dann ging er."]


def test_a_full_stop_that_ends_nothing() -> None:
    assert _texts("Am 3. Mai kam Dr. Weber, z. B. um 9.30 Uhr. Danach nicht.") == [
        "Am 3. Mai kam Dr. Weber, z. B. um 9.30 Uhr.", "Danach nicht."
    ]  # fmt: skip
    assert _texts("M. Dupont a 3.5 hectares. Bien.") == ["M. Dupont a 3.5 hectares.", "Bien."]


def test_a_sentence_without_marks_is_cut_at_a_pause_or_a_blank() -> None:
    text = "one two three four, five six seven eight nine ten eleven"
    assert _texts(text, 25) == ["one two three four,", "five six seven eight", "nine ten eleven"]
    assert _texts("x" * 25, 10) == ["x" * 10, "x" * 10, "x" * 5]


@given(st.text(alphabet="ab .!?؟\n،,"), st.integers(min_value=3, max_value=40))
def test_nothing_is_lost_and_places_are_true(text: str, longest: int) -> None:
    found = sentences(text, longest)
    assert "".join("".join(one.text.split()) for one in found) == "".join(text.split())
    assert all(text[one.first : one.last] == one.text for one in found)
    assert all(one.last <= other.first for one, other in pairwise(found))
    assert all(len(one.text) <= longest for one in found)


def test_a_sentence_is_said_when_its_words_are() -> None:
    text = "Il pleut. Il vente."
    said = [("Il", 1.0), ("pleut.", 1.3), ("Il", 3.0), ("vente.", 3.4)]
    words = [Word(start=at, end=at + 0.2, text=one, confidence=1.0) for one, at in said]
    placed = place(words, text)
    assert [span(one, placed, 0.5, 9.0) for one in sentences(text)] == [(1.0, 1.5), (3.0, 3.6)]
    assert span(sentences(text)[0], (), 0.5, 9.0) == (0.5, 9.0)


def test_ends() -> None:
    assert ends("Nein.“") is False  # a German closing mark opens in other languages: it proves nothing
    assert ends("Il pleut. ")
    assert ends("كيف حالك؟")
    assert not ends("et puis")
