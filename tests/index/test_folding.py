# letters that look alike are the subject of this file
"""Words that readers take for the same are found by each other; words that differ are not."""

from collections.abc import Iterator

import pytest

from pipeline.core.model import AssetId
from pipeline.core.ports import IndexRow
from pipeline.index.folding import fold, light_words, located, words
from pipeline.index.sqlite import SqliteIndex

# (what stands in the material, what is typed)
SAME = [
    # Arabic: vowel marks, shadda, dagger alef, tatweel
    ("مُحَمَّد", "محمد"),
    ("محمد", "مُحَمَّد"),
    ("هٰذا", "هذا"),
    ("قـــصـــف", "قصف"),
    ("الرَّحْمٰن", "الرحمن"),
    # alef, hamza
    ("أحمد", "احمد"),
    ("إدلب", "ادلب"),
    ("ادلب", "إدلب"),
    ("القرآن", "القران"),
    ("ٱلله", "الله"),
    ("سماء", "سما"),
    ("قائد", "قايد"),
    ("شيء", "شئ"),
    # teh marbuta, alef maksura
    ("مدرسة", "مدرسه"),
    ("مستشفى", "مستشفي"),
    ("على", "علي"),
    # prefixes: the light form, both ways
    ("المدرسة", "مدرسة"),
    ("مدرسة", "المدرسة"),
    ("والمدرسة", "المدرسة"),
    ("بالمدرسة", "مدرسه"),
    ("للمدرسة", "المدرسة"),
    ("وبالمدرسة", "مدرسة"),
    ("كالمدرسة", "مدرسة"),
    ("وصواريخ", "صواريخ"),
    # presentation forms, ligatures
    ("ﷲ", "الله"),
    ("ﻣﺤﻤﺪ", "محمد"),
    ("ﻻجئ", "لاجئ"),
    ("ﷴ", "محمد"),
    # marks of direction and joining
    ("\u202bحلب\u202c", "حلب"),
    ("حل\u200fب", "حلب"),
    ("می\u200cخواهم", "میخواهم"),
    # Persian keyboards
    ("کتاب", "كتاب"),
    ("علی", "علي"),
    ("كتاب", "کتاب"),
    ("پاريس", "باريس"),
    ("فيديو", "ڤيديو"),
    # digits
    ("١٢٣", "123"),
    ("۱۲۳", "123"),
    ("٢٠١٧", "۲۰۱۷"),
    # Sorani
    ("کوردستان", "كوردستان"),
    ("هەولێر", "هەولیر"),
    ("سلێمانی", "سليماني"),
    ("خۆشەویستی", "خوشەویستی"),
    ("دڵ", "دل"),
    ("کوڕ", "کور"),
    ("شارەکە", "شارهكه"),
    # Kurmanji
    ("Şengal", "sengal"),
    ("Kobanê", "kobane"),
    ("gundî", "GUNDI"),
    ("Çiya", "ciya"),
    # Turkish
    ("İstanbul", "istanbul"),
    ("ISPARTA", "ısparta"),
    ("Diyarbakır", "diyarbakir"),
    ("Iğdır", "igdir"),
    ("Ankara'da", "ankara"),
    # German
    ("Straße", "STRASSE"),
    ("Müller", "muller"),
    ("Müller", "Mueller"),
    ("Mueller", "Müller"),
    ("Mu\u0308ller", "Mueller"),
    ("Größe", "groesse"),
    # French
    ("réfugiés", "refugies"),
    ("re\u0301fugie\u0301s", "réfugiés"),
    ("l’école", "école"),
    ("cœur", "coeur"),
    ("ÇA", "ça"),
    # transliterated
    ("Baʿath", "baath"),
    ("Łódź", "lodz"),
    ("ﬁre", "fire"),
    ("ＡＢＣ", "abc"),
]

DIFFERENT = [
    ("كلب", "قلب"),  # dog, heart
    ("سيف", "صيف"),  # sword, summer
    ("تين", "طين"),  # figs, mud
    ("حرب", "هرب"),  # war, flight
    ("والد", "د"),  # the prefix of the father is none
    ("ولد", "لد"),
    ("وزن", "زن"),
    ("مدرسة", "مدرس"),  # school, teacher
    ("مدرسة", "درسة"),
    ("عرب", "غرب"),
    ("جبل", "حبل"),
    ("دار", "ذار"),
    ("پدر", "بدر"),  # father (Persian), full moon
    ("گل", "کل"),  # flower, all
    ("چای", "جای"),  # tea, place
    ("ژن", "زن"),  # gene, woman
    ("العراق", "عرا"),
    ("mine", "mines"),
    ("house", "horse"),
    ("Michael", "Michal"),
    ("neue", "nü"),
    ("treue", "true"),
    ("Massen", "Maßnahme"),
    ("queue", "quü"),
    ("don't", "dont"),
    ("kar", "kâğıt"),
    ("1234", "123"),
    ("12", "21"),
    ("air strike", "airstrike"),
    ("été", "étés"),
    ("sır", "sırp"),
    ("Kobanê", "koban"),
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteIndex]:
    made = SqliteIndex(tmp_path_factory.mktemp("folding") / "index.sqlite")
    for stands, _ in SAME + DIFFERENT:
        made.put(AssetId(stands), [IndexRow(field="ocr", text=stands, enrichment="e", media="image")])
    yield made
    made.close()


def found(index: SqliteIndex, typed: str) -> dict[str, float]:
    answer = index.search(typed, permits=lambda _asset, _row: True, limit=1000)
    return {hit.asset: hit.score for hit in answer.hits}


@pytest.mark.parametrize(("stands", "typed"), SAME)
def test_the_same_word_is_found(index: SqliteIndex, stands: str, typed: str) -> None:
    assert stands in found(index, typed)


@pytest.mark.parametrize(("stands", "typed"), DIFFERENT)
def test_another_word_is_not(index: SqliteIndex, stands: str, typed: str) -> None:
    assert stands not in found(index, typed)


@pytest.mark.parametrize("stands", [stands for stands, _ in SAME + DIFFERENT])
def test_every_word_is_found_as_it_stands(index: SqliteIndex, stands: str) -> None:
    assert stands in found(index, stands)


def test_the_exact_word_counts_more_than_its_light_form(index: SqliteIndex) -> None:
    scores = found(index, "المدرسة")
    assert scores["المدرسة"] > scores["مدرسة"] > 0
    assert scores["المدرسة"] > scores["للمدرسة"] > 0


@pytest.mark.slow
def test_all_of_unicode_folds_to_what_stays_folded() -> None:
    for number in range(0x110000):
        once = fold(chr(number))
        assert fold(once) == once, hex(number)


@pytest.mark.slow
def test_no_character_adds_or_drops_a_word_in_the_light_form() -> None:
    for number in range(0x110000):
        text = f"a{chr(number)}b"
        assert len(words(text)) == len(light_words(text)), hex(number)


def test_a_word_is_traced_to_its_original_characters() -> None:
    text = "في الـمَـدْرَسَة، ﷲ وStraße"
    assert [text[start:end] for _, start, end in located(text)] == ["في", "الـمَـدْرَسَة", "ﷲ", "وStraße"]


def test_scripts_without_spaces_are_found_by_any_run_of_their_characters() -> None:
    assert words("東京タワー1958") == ["東", "京", "タ", "ワ", "ー", "1958"]
