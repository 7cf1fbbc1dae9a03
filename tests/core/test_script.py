"""Script: alphabets told apart, and languages by their letters."""

import pytest

from pipeline.core import script


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("حلب", "Arab"),
        ("هەولێر", "Arab"),
        ("ﺣﻠﺐ", "Arab"),  # presentation forms, as old files hold them
        ("Halep", "Latn"),
        ("Dêrik", "Latn"),
        ("Алеппо", "Cyrl"),
        ("Halab قصف المدينة", "Arab"),
        ("12:30", None),
        ("٣٤", None),
        ("", None),
    ],
)
def test_the_script_of_most_letters(text: str, found: str | None) -> None:
    assert script.script(text) == found


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("tr", "Yekîneyên Parastina Gel"),  # ê and î
        ("kmr", "Türkiye Büyük Millet Meclisi"),  # ü
        ("kmr", "Iğdır"),
        ("fa", "سڵاو لە هەموو لایەک"),
        ("ar", "بەڕێوەبەرایەتی گشتی"),
        ("ckb", "یہ میری کتاب ہے"),
        ("en", "Straße"),
        ("tr", "qewet"),
    ],
)
def test_letters_speak_against_a_language_that_lacks_them(language: str, text: str) -> None:
    assert script.speaks_against(language, text) < 0.5


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ar", "قُتِلَ عددٌ مِن المدنيّين"),
        ("ar", "على"),
        ("ar", "علی"),  # written with a Persian keyboard
        ("ckb", "كوردستان"),  # with an Arabic one
        ("fa", "خانهٔ من"),
        ("tr", "DİYARBAKIR"),
        ("tr", "Iğdır"),
        ("kmr", "ŞERVANÊN ME"),
        ("de", "Straße"),
        ("xx", "Þing"),  # letters of a language that is not known here
    ],
)
def test_letters_allow_their_own_language(language: str, text: str) -> None:
    assert script.speaks_against(language, script.bare(text)) == 1


def test_a_quoted_name_does_little_to_a_page_and_much_to_a_word() -> None:
    page = "Die Stadt liegt im Norden des Landes und hat etwa zwei Millionen Einwohner, viele davon in den Vororten. "
    assert script.speaks_against("de", page * 3 + "Şırnak") > 0.7
    assert script.speaks_against("de", "Şırnak") < 0.01


def test_bare_text_is_words_of_the_main_script_in_one_line() -> None:
    assert script.bare("قـــصف\nالمدينة 12:30 http://a.b/c Halab me@x.org #wsl") == "قصف المدينة"
    assert script.bare("BÜYÜKŞEHİR") == "büyükşehir"
    assert script.bare("Halep Büyükşehir") == "Halep Büyükşehir"


def test_letters_of_sorani_win_over_a_model_that_saw_persian() -> None:
    weighed = script.weigh([("fa", 0.6), ("ckb", 0.3)], "دەستی خۆش بێت برا")
    assert weighed[0][0] == "ckb"
    assert dict(weighed).get("fa", 0) < 0.05


def test_a_short_text_that_rivals_share_is_not_told() -> None:
    assert script.told(script.weigh([("fa", 0.89), ("ar", 0.03)], "کوردستان")) is None
    assert script.told(script.weigh([("tr", 0.9)], "Polis")) is None


def test_a_letter_alone_and_no_letter_are_in_no_language() -> None:
    assert script.weigh([("en", 0.9)], "x") == ()
    assert script.weigh([("en", 0.9)], "") == ()


def test_no_answer_is_surer_than_the_model_and_all_together_at_most_certain() -> None:
    weighed = script.weigh([("de", 0.99), ("en", 0.01)], "Guten Morgen, wie geht es Ihnen heute")
    assert weighed[0][0] == "de"
    assert sum(share for _, share in weighed) <= 1
