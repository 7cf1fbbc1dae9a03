"""A query finds whole words and phrases, and a score speaks of one passage alone."""

import pytest

from pipeline.errors import Misconfigured
from pipeline.index.query import parse


def test_quotes_of_any_kind_make_a_phrase() -> None:
    assert parse("“two words”") == parse('"two words"') == parse("«two words»")
    assert len(parse('"two words').terms) == 1


def test_a_word_with_a_hyphen_is_a_phrase() -> None:
    assert parse("air-strike") == parse('"air strike"')


def test_no_syntax_reaches_the_engine() -> None:
    assert parse('exact:x") OR light:"y').match() == parse('"exact x" "or light" y').match()


def test_a_term_twice_is_one() -> None:
    assert parse("bridge Bridge bridge") == parse("bridge")


def test_more_often_is_better_and_longer_is_worse() -> None:
    query = parse("bridge")
    once, twice = query.score("bridge hit", ""), query.score("bridge bridge", "")
    assert twice > once > query.score("bridge " + "hit " * 30, "")


def test_a_light_form_is_worth_less() -> None:
    assert parse("مدرسة").score("المدرسه", "مدرسه") < parse("المدرسة").score("المدرسه", "مدرسه")


def test_a_score_has_three_decimals() -> None:
    score = parse("bridge").score("bridge hit by a rocket", "")
    assert score == round(score, 3) > 0


def test_without_words_there_are_no_terms() -> None:
    assert parse(" * - ").terms == ()


@pytest.mark.parametrize("text", ["x" * 2001, " ".join(str(n) for n in range(33))], ids=["letters", "words"])
def test_it_is_bounded(text: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        parse(text)
    assert refused.value.code == "E-QUERY-001"


def test_a_snippet_shows_the_hit_in_its_own_spelling_even_far_into_the_text() -> None:
    text = "x" * 50 + " كلمة" * 300 + " والمَدرَسةُ" + " كلمة" * 300
    assert "والمَدرَسةُ" in parse("مدرسة").snippet(text)


def test_a_short_passage_is_shown_whole() -> None:
    assert parse("bridge").snippet("the  bridge,\nhit") == "the  bridge,\nhit"
