"""Every word of the pages has its Arabic, and Arabic pages are read from the right."""

import re
from pathlib import Path

import pytest

from pipeline.web.room import languages, shown
from pipeline.web.room.lists import FIELDS
from tests.web.conftest import Visitor

_TEMPLATES = Path(languages.__file__).parent.parent / "templates"
_SAID = re.compile(r"""\bt\((?P<quote>["'])(?P<text>(?:\\.|(?!(?P=quote)).)*)(?P=quote)""")


def said() -> set[str]:
    """Return every word that a template says by itself."""
    found = set()
    for file in _TEMPLATES.glob("*.html"):
        for one in _SAID.finditer(file.read_text(encoding="utf-8")):
            found.add(re.sub(r"\\(.)", r"\1", one["text"]))
    return found


def test_every_word_of_the_pages_has_its_arabic() -> None:
    wanted = said() | set(FIELDS.values()) | set(shown._VEILS.values()) | {shown.OTHERWISE}
    assert len(wanted) > 100
    assert wanted - set(languages.words("ar")) == set()


def test_what_is_filled_in_is_the_same_in_both() -> None:
    for text, arabic in languages.words("ar").items():
        assert sorted(re.findall(r"\{\w*\}", text)) == sorted(re.findall(r"\{\w*\}", arabic)), text


def test_an_arabic_word_is_no_english_one() -> None:
    for text, arabic in languages.words("ar").items():
        assert re.search("[\u0600-\u06ff]", arabic), text


@pytest.mark.parametrize(
    ("accepted", "language", "direction"),
    [("ar", "ar", "rtl"), ("ar-SY,en;q=0.5", "ar", "rtl"), ("de,en", "en", "ltr"), ("", "en", "ltr"),
     ("*", "en", "ltr"), ("x" * 5000, "en", "ltr")],
)  # fmt: skip
def test_the_language_is_that_of_the_browser(nobody: Visitor, accepted: str, language: str, direction: str) -> None:
    answer = nobody.get("/login", **{"accept-language": accepted})
    assert f'<html lang="{language}" dir="{direction}">' in answer.text
    assert answer.headers["content-language"] == language


def test_or_the_one_chosen(nobody: Visitor) -> None:
    assert nobody.get("/language/ar?back=/login").headers["location"] == "/login"
    assert 'dir="rtl"' in nobody.get("/login", **{"accept-language": "en"}).text
    assert nobody.get("/language/xx").status_code == 404
