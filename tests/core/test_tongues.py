"""Tongues: what a text does not tell by itself, its neighbours may tell, if its letters allow it."""

from collections.abc import Callable

import pytest

from pipeline import weights
from pipeline.core.tongues import Tongue, tongues
from pipeline.engines.text_language import FastText
from pipeline.settings import read_settings

LONG_TURKISH = "Çocuklar ağır yaralandı, hastaneye götürüldü ve ailelerine haber verildi"
LONG_SORANI = "لە بەیانیدا تۆپێک کەوتە سەر شاری هەولێر و چەند کەسێک بریندار بوون"

Told = Callable[..., list[Tongue]]


@pytest.fixture(scope="module")
def reader() -> FastText:
    settings = read_settings()
    found = weights.find(settings.models, weights.cards(settings)["lid-176"])
    if found is None:
        pytest.skip("the weights of lid-176 are not here (evidence models fetch)")
    return FastText(found)


def test_a_word_takes_the_language_of_what_stands_beside_it(reader: FastText) -> None:
    page, word = tongues([LONG_TURKISH, "Hastane"], reader)
    assert (page.language, page.doubt) == ("tr", None)
    assert page.probability is not None
    assert word == Tongue(language="tr", probability=None, doubt="language_by_context")


def test_not_where_its_letters_speak_against_it(reader: FastText) -> None:
    assert tongues([LONG_TURKISH, "Gelê"], reader)[1].language == "und"


def test_not_from_another_script(reader: FastText) -> None:
    assert [one.language for one in tongues([LONG_SORANI, "Hastane"], reader)] == ["ckb", "und"]


def test_what_has_no_letters_has_no_language(reader: FastText) -> None:
    assert tongues([LONG_TURKISH, "112"], reader)[1] == Tongue(language="und", doubt="language_doubt")


def test_without_a_model_no_language_is_told() -> None:
    assert tongues([LONG_TURKISH], None) == [Tongue(language="und", doubt="language_doubt")]
    assert tongues([], None) == []
