"""Captions: one text over several pictures, with a beginning, an end and its best reading."""

from typing import Any

from pipeline.core.captions import Sight, best, merged

BELOW = (0.2, 0.85, 0.6, 0.08)
ABOVE = (0.2, 0.05, 0.6, 0.08)


def seen(picture: int, text: str, confidence: float = 0.9, box: Any = BELOW) -> Sight[None]:
    return Sight(picture=picture, text=text, confidence=confidence, box=box, source=None)


def pictures(groups: list[tuple[Sight[None], ...]]) -> list[list[int]]:
    return [[one.picture for one in group] for group in groups]


def test_a_caption_that_stays_is_one_text() -> None:
    sights = [
        seen(0, "سقطت القذيفة على المدينة"),
        seen(1, "سقطت القديفة على المدينة"),
        seen(2, "سقطت القذيفة على المدينة"),
    ]
    assert pictures(merged(sights)) == [[0, 1, 2]]


def test_another_caption_in_the_same_place_is_another_text() -> None:
    assert pictures(merged([seen(0, "Good morning"), seen(1, "Three people were wounded")])) == [[0], [1]]


def test_the_same_words_elsewhere_are_another_text() -> None:
    assert pictures(merged([seen(0, "Damascus"), seen(1, "Damascus", box=ABOVE)])) == [[0], [1]]


def test_one_picture_may_miss_it_two_may_not() -> None:
    assert pictures(merged([seen(0, "Damascus"), seen(2, "Damascus")])) == [[0, 2]]
    assert pictures(merged([seen(0, "Damascus"), seen(3, "Damascus")])) == [[0], [3]]


def test_two_texts_of_one_picture_stay_two() -> None:
    assert pictures(merged([seen(0, "Damascus"), seen(0, "Damascus")])) == [[0], [0]]


def test_two_captions_at_once_are_followed_each_for_itself() -> None:
    sights = [seen(n, text, box=box) for n in (1, 0) for text, box in (("Aleppo 2013", ABOVE), ("Channel 5", BELOW))]
    groups = merged(sights)
    assert [{one.text for one in group} for group in groups] == [{"Aleppo 2013"}, {"Channel 5"}]


def test_the_reading_that_most_pictures_agree_on_is_believed() -> None:
    group = [seen(0, "Darnascus", 0.95), seen(1, "Damascus", 0.8), seen(2, "Damascus.", 0.85)]
    assert best(group).text == "Damascus."
    assert best([seen(0, "Homs", 0.6), seen(1, "Hons", 0.7)]).text == "Hons"
