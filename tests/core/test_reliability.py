"""Reliability: each check fails for its own fault, passes what is good, and is left out where it tells nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core import numerals
from pipeline.core.likeness import same_name
from pipeline.core.ports import Gloss
from pipeline.core.reliability import Pair, judged, weigh


def _pair(source: str, text: str, language: str = "fr", **other: object) -> Pair:
    return Pair(source=source, text=text, language=language, **other)  # type: ignore[arg-type]  # (members vary)


def _failed(pair: Pair) -> dict[str, bool]:
    return {one.name: one.grave for one in weigh(pair) if not one.passed}


def _glosses(**senses: str) -> tuple[Gloss, ...]:
    return tuple(
        Gloss(start=0, end=len(word), word=word, lemma=word, senses=tuple(said.split("/")))
        for word, said in senses.items()
    )


GOOD = [
    _pair(
        "Les deux autres sont situés au bord de la mer Jaune.",
        "The other two lie on the shore of the Yellow Sea.",
        glosses=_glosses(deux="two", autres="other", mer="sea", Jaune="yellow"),
    ),
    _pair("Meine Lieblingszahl ist 268.", "My favourite number is 268.", "de"),
    _pair("وصل 1200 جندي إلى حلب يوم 3/5/2013.", "1,200 soldiers arrived in Aleppo on 3 May 2013.", "ar"),
    _pair("وصل ٩ جنود", "Nine soldiers arrived", "ar"),
    _pair("Askerler saat 15.30'da İdlib'e geldi.", "The soldiers came to Idlib at 3:30 p.m.", "tr"),
    _pair("Der Zug nach Wien fuhr um 9 Uhr ab.", "The train to Vienna left at nine o'clock.", "de"),
    _pair("Siyah", "Black", "tr"),
    _pair("قال محمد إن سوريا", "Mohammed said that Syria", "ar"),
]


@pytest.mark.parametrize("pair", GOOD, ids=lambda one: one.text)
def test_nothing_speaks_against_a_good_translation(pair: Pair) -> None:
    lenient = {"names"} if "Aleppo" in pair.text else set()  # no letters show that this is a name of the city
    assert set(_failed(pair)) <= lenient
    assert judged(weigh(pair), "low") == "low"


@pytest.mark.parametrize(
    ("source", "text", "language", "fault", "grave"),
    [
        ("Il y avait 268 soldats.", "There were 286 soldiers.", "fr", "numbers", False),
        ("Gestern gab es 17 Tote.", "There were 5 dead last night.", "de", "numbers", False),
        ("Il y a eu trois morts dans la rue.", "There were thirty dead in the street.", "fr", "numbers", False),
        ("Es gab dreißig Tote.", "There were three dead.", "de", "numbers", False),
        ("Il devient conservateur des eaux.", "He becomes conservator of the ZO.", "fr", "names", False),
        ("كان هناك ٢٦٨ جنديا", "There were many soldiers", "ar", "numbers", False),
        ("كان هناك جنود كثيرون في المدينة", "There were 40 soldiers in the city", "ar", "numbers", False),
        ("Hier soir Brahim est parti pour Damas.", "Yesterday evening he left for the city.", "fr", "names", False),
        ("وصل الجنود إلى القرية", "The soldiers reached Washington village", "ar", "names", False),
        ("وصل فريق UNICEF إلى القرية", "A team reached the village", "ar", "names", False),
        (
            "Sous le consulat, il devient conservateur des eaux et forêts et conseiller.",
            "He is.",
            "fr",
            "length",
            False,
        ),
        ("Oui.", "Yes, and that is exactly what I have always told you about all of this.", "fr", "length", False),
        ("Askerler köye geldi ve evleri yaktı.", "Askerler köye geldi ve evleri yakti.", "tr", "residue", True),
        ("وصل الجنود إلى القرية", "The soldiers وصل الجنود", "ar", "residue", True),
        ("Il dit que tout va bien.", "way to create a new way to create a new way to create", "fr", "repetition", True),
        ("مرحبا هذا اختبار", "Thank you for watching.", "ar", "phantom", True),
        ("مرحبا هذا اختبار", "See you in the next video!", "ar", "phantom", True),
        ("وصل الجنود إلى القرية", "Leşker gihîştin gundê mezin", "ar", "language", False),
    ],
)
def test_each_fault_is_found(source: str, text: str, language: str, fault: str, grave: bool) -> None:
    found = _failed(_pair(source, text, language))
    assert found.get(fault) is grave
    assert judged(weigh(_pair(source, text, language)), "usable") == ("unreliable" if any(found.values()) else "low")


def test_another_language_is_told_by_whoever_knows_languages() -> None:
    pair = _pair("وصل الجنود", "the soldats sont arrivés", "ar", heard_as=(("fr", 0.9), ("en", 0.05)))
    assert _failed(pair)["language"] is True
    assert "language" not in _failed(_pair("وصل الجنود", "the soldiers came in", "ar", heard_as=(("en", 0.9),)))


def test_a_dictionary_tells_whether_anything_of_the_source_is_there() -> None:
    glosses = _glosses(جنود="soldiers/troops", قرية="village", طقس="weather", ريح="wind", على="on")
    told = _pair("x", "the weather on the coast and its winds", "ar", glosses=glosses)
    nonsense = _pair("x", "I will tell you about my new computer", "ar", glosses=glosses)
    assert "meaning" not in _failed(told)
    assert _failed(nonsense)["meaning"] is True
    assert _failed(_pair("x", "Message", "tr", glosses=_glosses(mısır="Egypt/corn")))["meaning"] is False
    unknown = _pair("x", "Message", "tr", glosses=_glosses(ve="and"))
    assert "meaning" not in {one.name for one in weigh(unknown)}  # function words tell nothing: no check, no pass


def test_what_a_dictionary_translates_by_the_same_word_is_no_echo() -> None:
    assert "residue" in _failed(_pair("portal", "portal", "de"))
    assert "residue" not in _failed(_pair("portal", "portal", "de", glosses=_glosses(portal="portal/gate")))


def test_a_chant_may_repeat_itself() -> None:
    source = "Libre et fier le peuple, libre et fier le peuple, libre et fier le peuple"
    text = "Free and proud the people, free and proud the people, free and proud the people"
    assert "repetition" not in _failed(_pair(source, text))


def test_doubt_of_the_model_and_of_the_source_count() -> None:
    text = "The soldiers came."
    assert judged(weigh(_pair("Les soldats sont venus.", text, confidence=0.8)), "usable") == "usable"
    assert judged(weigh(_pair("Les soldats sont venus.", text, confidence=0.1)), "usable") == "low"
    assert judged(weigh(_pair("Les soldats sont venus.", text, source_reliable=False)), "usable") == "low"


def test_into_another_language_only_what_can_be_compared_is() -> None:
    pair = _pair("The soldiers came at nine.", "Les soldats sont venus à neuf heures.", "en", target="fr")
    assert {one.name for one in weigh(pair)} == {"length", "residue", "repetition", "source"}
    assert judged(weigh(pair), "usable") == "usable"


def test_numbers_that_cannot_be_compared_are_not_called_kept() -> None:
    checked = {
        text: {one.name for one in weigh(_pair(text, "There were many dead.", language))}
        for text, language in (("iki yüz kişi öldü", "tr"), ("dos muertos", "es"), ("Es gab viele Tote", "de"))
    }
    assert ["numbers" in checked[text] for text in ("iki yüz kişi öldü", "dos muertos", "Es gab viele Tote")] == [
        False, False, True,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "text", "language"),
    [
        ("Les deux sont partis à vingt heures.", "Both left at 8 p.m.", "fr"),
        ("Um halb drei kamen zwei Männer.", "Two men came at half past two.", "de"),
        ("quatre-vingt-dix pour cent", "ninety percent", "fr"),
        ("Um 17 Uhr kamen sie.", "They came at five in the afternoon.", "de"),
        ("C'était à la télé.", "It was on TV.", "fr"),
    ],
)
def test_numbers_and_abbreviations_may_be_said_otherwise(source: str, text: str, language: str) -> None:
    assert not {"numbers", "names"} & set(_failed(_pair(source, text, language)))


def test_numbers_in_digits_and_words() -> None:
    assert numerals.in_digits("1.500 و ١٢٣ ve 3/5/2013, 9h30") == [1500, 123, 3, 5, 2013, 9, 30]
    assert {21, 20, 1} <= numerals.in_english_words("twenty-one")
    assert 2_300 in numerals.in_english_words("two thousand three hundred")
    assert numerals.lost("2 Millionen", "2 million") == []
    assert numerals.lost("2000000", "2 million") == []
    assert numerals.added("zwei Männer", "2 men", "de") == []
    assert numerals.added("Männer", "2 men", "de") == [2]
    assert numerals.added("mirov", "2 men", "xx") == []  # nobody knows how it counts in words


@given(st.integers(min_value=1, max_value=10**9))
def test_a_number_that_stays_is_never_lost(number: int) -> None:
    arabic = str(number).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    assert numerals.lost(f"هناك {arabic} رجل", f"There are {number:,} men") == []
    assert numerals.added(f"هناك {arabic} رجل", f"There are {number} men", "ar") == []


@pytest.mark.parametrize(
    ("one", "other"),
    [("محمد", "Mohammed"), ("خالد", "Khaled"), ("دمشق", "Damascus"), ("Dimaşk", "Damascus"), ("Brahim", "Ibrahim"),
     ("إدلب", "Idlib"), ("عفرين", "Afrin"), ("Şam", "Sham"), ("قامشلو", "Qamishlo"), ("Wien", "Wien")],
)  # fmt: skip
def test_names_are_known_across_alphabets(one: str, other: str) -> None:
    assert same_name(one, other)


@pytest.mark.parametrize(("one", "other"), [("محمد", "Washington"), ("حلب", "Damascus"), ("Paris", "London")])
def test_other_names_are_not(one: str, other: str) -> None:
    assert not same_name(one, other)
