"""Number order: two numbers that changed places are seen; an order that only the language asks for is not a fault."""

import pytest

from pipeline.core.number_order import moved
from pipeline.core.ports import Gloss
from pipeline.core.reliability import Pair, judged, weigh


@pytest.mark.parametrize(
    ("language", "source", "right", "wrong"),
    [
        ("ar", "وصل ٣٠ جنديا و١٢ سيارة", "30 soldiers and 12 cars arrived", "12 soldiers and 30 cars arrived"),
        ("fr", "Il y a eu 15 morts et 40 blessés.", "15 dead, 40 injured.", "Forty died, 15 were hurt."),
        ("de", "Es gab 15 Tote und 40 Verletzte.", "15 died, forty were injured.", "40 died, 15 were injured."),
        ("de", "Von 2011 bis 2013 war er dort.", "He was there from 2011 to 2013.", "He was there from 2013 to 2011."),
        ("tr", "1.200 asker ve 35 tank geldi.", "1,200 soldiers and 35 tanks came.", "35 soldiers, 1,200 tanks."),
        ("ckb", "١٥ کوژراو و ٤٠ بریندار", "15 killed and 40 wounded", "40 killed and 15 wounded"),
        ("kmr", "15 kuştî û 40 birîndar", "15 killed and 40 wounded", "40 killed and 15 wounded"),
    ],
)  # fmt: skip
def test_swapped_numbers_are_seen(language: str, source: str, right: str, wrong: str) -> None:
    assert moved(source, right, language) == ()
    assert moved(source, wrong, language)


def _glosses(source: str, **senses: str) -> tuple[Gloss, ...]:
    return tuple(
        Gloss(start=source.find(word), end=source.find(word) + len(word), word=word, lemma=word, senses=(said,))
        for word, said in senses.items()
    )


def test_where_the_dictionary_knows_what_is_counted_that_decides() -> None:
    source = "3 köyde 12 kişi öldü."
    glosses = _glosses(source, köyde="village", kişi="person, people")
    assert moved(source, "12 people died in 3 villages.", "tr", glosses) == ()
    assert moved(source, "3 people died in 12 villages.", "tr", glosses) == (3, 12)
    assert moved(source, "12 people died in 3 villages.", "tr") == (12, 3)  # nobody knows: it is said


@pytest.mark.parametrize(
    ("language", "source", "text"),
    [
        ("de", "Am 3. Mai um 9 Uhr kamen 5 Männer in 2 Autos.", "At 9 a.m. on May 3, 5 men came in 2 cars."),
        ("ar", "في 3/5/2013 وصل 12 جنديا", "12 soldiers arrived on 5/3/2013"),
        ("fr", "En 2013, 15 personnes sont mortes.", "15 people died in 2013."),
        ("tr", "Askerler saat 15.30'da 4 tankla geldi.", "The soldiers came with 4 tanks at 3:30 p.m."),
        ("fr", "12 hommes, 12 femmes et 3 enfants", "3 children, 12 men and 12 women"),
    ],
)
def test_what_each_language_puts_in_its_own_place_is_no_fault(language: str, source: str, text: str) -> None:
    assert not moved(source, text, language)


def test_the_check_is_left_out_without_two_numbers_and_makes_it_low_where_it_fails() -> None:
    one = weigh(Pair(source="Es gab 15 Tote.", text="There were 15 dead.", language="de"))
    assert "numbers_order" not in {check.name for check in one}
    two = weigh(Pair(source="15 Tote, 40 Verletzte.", text="40 dead, 15 injured.", language="de"))
    found = next(check for check in two if check.name == "numbers_order")
    assert (found.passed, found.grave, found.found) == (False, False, ("40", "15"))
    assert judged(two, "usable") == "low"
