import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.text import printable

ZWNJ = "\u200c"
anything = st.text(alphabet=st.characters(exclude_categories=()))  # surrogates included
hostile = st.text(
    alphabet=st.sampled_from("a\\ \n\r\t\x00\x1b\x7f\x9b\u202e\u2066\u200b\u200c\u200d\ufeff\u2028\ud800هە")
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J\x1b]0;owned\x07", r"\x1b[2J\x1b]0;owned\x07"),
        ("one\nINFO two", r"one\nINFO two"),
        ("bar\r\n\tfoo", r"bar\r\n\tfoo"),
        ("photo\u202egpj.exe", r"photo\u202egpj.exe"),
        ("\u2066isolate\u2069", r"\u2066isolate\u2069"),
        ("zero\u200bwidth\ufeff", r"zero\u200bwidth\ufeff"),
        ("c1 \x9b31m", r"c1 \x9b31m"),
        ("lone \ud83d", r"lone \ud83d"),
        ("tag \U000e0041", r"tag \U000e0041"),
        ("line\u2028par\u2029", r"line\u2028par\u2029"),
        ("filler\u3164", r"filler\u3164"),
        ("C:\\new", "C:\\new"),
    ],
)
def test_what_could_act_is_seen_instead(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "قصف حلب في ٢٠١٦ — مُحَمَّد",
        "کوردستان، هەولێر",
        f"ئه{ZWNJ}مه{ZWNJ} ده{ZWNJ}نگی من",  # Sorani spelt with heh and non-joiner
        f"می{ZWNJ}خواهم",
        "Diyarbakır'da İstanbul ğüşöçı",
        "Efrîn, Kobanê, Şirnex",
        "été à l\u202f’œuvre – «\u00a0oui\u00a0»",
        "日本語 Ω ሰላም",
    ],
)
def test_the_scripts_of_the_material_stay_as_they_are(text: str) -> None:
    assert printable(text) == text


def test_a_non_joiner_hides_nothing() -> None:
    assert printable(f"a{ZWNJ}b") == r"a\u200cb"
    assert printable(f"ه{ZWNJ}{ZWNJ}") == f"ه{ZWNJ}\\u200c"


def test_what_is_too_long_says_so_and_no_escape_is_halved() -> None:
    assert printable("x" * 300, limit=10) == "x" * 9 + "…"
    assert printable("\x1b" * 300, limit=10) == r"\x1b\x1b…"
    assert printable("exactly10!", limit=10) == "exactly10!"


@given(text=anything | hostile, limit=st.integers(0, 400))
def test_any_text_becomes_one_short_line_without_power(text: str, limit: int) -> None:
    shown = printable(text, limit=limit)
    assert len(shown) <= limit
    assert len(shown.splitlines()) <= 1
    shown.encode()  # no lone surrogates
    for before, char in zip(" " + shown, shown, strict=False):
        if char == ZWNJ:
            assert unicodedata.bidirectional(before) == "AL"
        else:
            assert unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@given(text=anything | hostile, limit=st.integers(0, 60))
def test_showing_it_again_changes_nothing(text: str, limit: int) -> None:
    shown = printable(text, limit=limit)
    assert printable(shown, limit=limit) == shown


@given(text=st.text(alphabet=st.characters(categories=("L", "N", "P"), exclude_characters="\u115f\u1160\u3164\uffa0")))
def test_letters_digits_and_points_are_never_touched(text: str) -> None:
    assert printable(text, limit=len(text)) == text
