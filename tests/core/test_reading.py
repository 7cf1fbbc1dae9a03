"""Reading: what is text, what is a texture, and where a word of a turned picture lies."""

import pytest

from pipeline.core import reading
from pipeline.core.ports import ReadWord


def word(text: str, confidence: float, left: float = 0.1, top: float = 0.1, line: int = 1) -> ReadWord:
    return ReadWord(text=text, confidence=confidence, box=(left, top, 0.1, 0.05), line=(1, 1, line))


def offered(*words: ReadWord, page: bool = False) -> bool:
    lines = reading.page_lines(words, "Arab") if page else reading.scene_lines(words, "Arab", "scene")
    return any(one.offered for one in reading.passages(lines))


@pytest.mark.parametrize(("text", "confidence"), [("قف", 0.96), ("SAMPLE", 0.9), ("2019-04-04", 0.8), ("left", 0.92)])
def test_a_sign_of_few_letters_must_be_sure(text: str, confidence: float) -> None:
    assert offered(word(text, confidence))


@pytest.mark.parametrize(("text", "confidence"), [("hs", 0.75), ("که", 0.77), ("of", 0.8), ("a7", 0.91), ("ADS", 0.72)])
def test_what_textures_gave_is_not_offered(text: str, confidence: float) -> None:
    assert not offered(word(text, confidence))


def test_a_page_is_believed_sooner_than_a_scene() -> None:
    words = [word(text, 0.45, left=n / 10) for n, text in enumerate(("چەند", "کەسێک", "بریندار"))]
    assert offered(*words, page=True)
    assert not offered(*words)


def test_specks_beside_words_are_left_out_and_part_what_stands_apart() -> None:
    words = [
        word("|", 0.9, 0.0),
        word("A", 0.2, 0.1),
        word("Palais", 0.96, 0.2),
        word("=»", 0.4, 0.4),
        word("du", 0.95, 0.5),
    ]
    assert [line.text for line in reading.page_lines(words, "Latn")] == ["Palais du"]
    apart = [word("Palais", 0.96, 0.2), word("x", 0.2, 0.4), word("LOUVRE", 0.96, 0.5)]
    assert [line.text for line in reading.scene_lines(apart, "Latn", "scene")] == ["Palais", "LOUVRE"]


def test_the_better_of_two_readings_of_one_place_wins_and_what_one_alone_saw_is_kept() -> None:
    one = reading.scene_lines([word("DECORATIF", 0.6), word("Musée", 0.9, top=0.5, line=2)], "Arab", "first")
    other = reading.scene_lines([word("DÉCORATIFS", 0.9), word("Mairie", 0.9, top=0.8, line=2)], "Latn", "second")
    assert {line.text for line in reading.competing([one, other])} == {"DÉCORATIFS", "Musée", "Mairie"}


def test_latin_words_come_from_the_reader_that_knows_their_letters_and_arabic_ones_stay() -> None:
    mixed = reading.page_lines([word("شارع", 0.9, 0.5), word("Theatre", 0.8, 0.1)], "Arab")
    latin = reading.page_lines([word("Elgyl", 0.95, 0.5), word("Théâtre", 0.9, 0.1)], "Latn")
    (line,) = reading.with_latin(mixed, latin)
    assert line.text == "شارع Théâtre"
    assert line.models == {"Arab", "Latn"}


def test_a_passage_is_in_one_script() -> None:
    lines = reading.page_lines([word("شارع", 0.9, line=1), word("Street", 0.9, top=0.3, line=2)], "Arab")
    assert [one.text for one in reading.passages(lines)] == ["شارع", "Street"]


@pytest.mark.parametrize(
    ("turn", "box"),
    [
        (0, (0.1, 0.2, 0.3, 0.1)),
        # At the upper left of what was turned a quarter clockwise: it came from the lower left, standing.
        (90, (0.2, 0.6, 0.1, 0.3)),
        (180, (0.6, 0.7, 0.3, 0.1)),
        (270, (0.7, 0.1, 0.1, 0.3)),
    ],
)
def test_boxes_of_a_turned_picture_lie_where_the_upright_one_has_them(
    turn: int, box: tuple[float, float, float, float]
) -> None:
    seen = ReadWord(text="x", confidence=1, box=(0.1, 0.2, 0.3, 0.1), line=(1, 1, 1))
    line = reading.Line(words=(seen,), passage=("page", 1, 1), models=frozenset({"Arab"}))
    assert reading.turned_back(line, turn).box == pytest.approx(box)
