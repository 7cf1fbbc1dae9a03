"""Error rates: figures that a person can check by counting."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.error_rates import (
    cer,
    character_errors,
    distance,
    normalised,
    significantly_more,
    wer,
    word_errors,
)


@pytest.mark.parametrize(
    ("one", "other", "errors"),
    [("", "", 0), ("kitten", "sitting", 3), ("abc", "", 3), ("", "ab", 2), ("flaw", "lawn", 2), ("حلب", "حمص", 2)],
)
def test_distance(one: str, other: str, errors: int) -> None:
    assert distance(one, other) == errors


@given(st.text("abc", max_size=8), st.text("abc", max_size=8), st.text("abc", max_size=8))
def test_distance_is_a_metric(one: str, other: str, third: str) -> None:
    assert distance(one, other) == distance(other, one)
    assert (distance(one, other) == 0) == (one == other)
    assert distance(one, third) <= distance(one, other) + distance(other, third)


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("قُتِلَ  عددٌ، مـــن\nالمدنيين!", "قتل عدد من المدنيين"),
        ("ﺣﻠﺐ ٢٠١٣", "حلب 2013"),
        ("۲۰۱۳", "2013"),
        ("L'OBUS est tombé…", "lobus est tombé"),
        ("Straße—Nr. 5", "strasse nr 5"),
        ("İZMİR'de", "izmirde"),
        ("شار\u200cی هەولێر\u200f", "شاری هەولێر"),
        ("état", "état"),
        ("", ""),
        ("?!", ""),
    ],
)
def test_normalisation(written: str, compared: str) -> None:
    assert normalised(written) == compared
    assert normalised(compared) == compared


@pytest.mark.parametrize(("one", "other"), [("أحمد", "احمد"), ("مدينة", "مدينه"), ("ڕ", "ر"), ("ı", "i"), ("é", "e")])
def test_spelling_is_not_forgiven(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


def test_rates_count_over_all_pairs() -> None:
    pairs = [("the cat sat", "the cat sat"), ("on the mat", "in mat")]
    words = wer(pairs)
    assert words is not None
    assert (words.errors, words.units, words.items) == (2, 6, 2)
    assert words.rate == pytest.approx(1 / 3)
    assert words.low <= words.rate <= words.high
    letters = cer([("abcd", "abxd")])
    assert letters is not None
    assert (letters.rate, letters.errors, letters.units) == (0.25, 1, 4)


def test_invented_words_can_make_a_rate_greater_than_one() -> None:
    rate = wer([("yes", "thank you for watching")])
    assert rate is not None
    assert rate.rate == 4


def test_without_truth_there_is_no_rate() -> None:
    assert wer([]) is None
    assert cer([("", "invented")]) is None


def test_the_interval_is_the_same_every_time_and_narrows_with_more_items() -> None:
    few = [("a b c d", "a b c x"), ("a b c d", "a b c d"), ("a b c d", "x b c x")]
    assert wer(few) == wer(few)
    one, many = wer(few), wer(few * 40)
    assert one is not None
    assert many is not None
    assert many.high - many.low < (one.high - one.low) / 2
    assert many.rate == one.rate


def test_more_errors_are_significant_only_when_they_are_many() -> None:
    truth = ["a b c d e f g h"] * 50
    good = [(one, one) for one in truth]
    bad = [(one, "a b c d x x g h") for one in truth]
    one_slip = [(truth[0], "a b c d e f g x"), *good[1:]]
    assert significantly_more(bad, good, count=word_errors)
    assert not significantly_more(good, bad, count=word_errors)
    assert not significantly_more(one_slip, good, count=character_errors)
