"""Spelling: letters that look alike get the code of their language, and no word changes its look."""

import pytest

from pipeline.core.spelling import digits_doubtful, spelled


@pytest.mark.parametrize(
    ("read", "text"),
    [
        ("شارى ههولێر", "شاری هەولێر"),
        ("به\u200cڕێوه\u200cبه\u200cرايه\u200cتى", "بەڕێوەبەرایەتی"),
        ("له بههار", "لە بەهار"),
        ("كوردستان", "کوردستان"),
        ("ھاوڕێ", "هاوڕێ"),
        ("ژمارە ۷۵۰", "ژمارە ٧٥٠"),
    ],
)
def test_sorani_as_it_is_spelled(read: str, text: str) -> None:
    assert spelled(read, "ckb") == text
    assert spelled(text, "ckb") == text


def test_arabic_has_its_own_kaf_yeh_and_digits() -> None:
    assert spelled("المشفی المیدانی رقم ۲۷ کبیر", "ar") == "المشفى الميدانى رقم ٢٧ كبير"
    assert spelled("على مستشفى علي", "ar") == "على مستشفى علي"


def test_persian_has_its_own_and_keeps_its_digits() -> None:
    assert spelled("كتاب‌هاي ۴۵۶", "fa") == "کتاب‌های ۴۵۶"


@pytest.mark.parametrize("language", [None, "und", "tr", "ur"])
def test_no_other_language_is_touched(language: str | None) -> None:
    assert spelled("كتاب ۴۵۶ Iğdır", language) == "كتاب ۴۵۶ Iğdır"


def test_a_number_of_two_alphabets_is_doubtful() -> None:
    assert digits_doubtful("شارع ٤0٦")
    assert not digits_doubtful("شارع ٤٥٦, 27, ۱۲")
    assert not digits_doubtful("شارع")
