"""TextLanguage: what language a text is in; Kurdish is neither Turkish, Persian nor Arabic."""

from collections.abc import Callable

import pytest

from pipeline.core.ports import TextLanguage
from pipeline.core.script import told
from pipeline.engines.text_language import FastText
from pipeline.weights import Installed

WRITTEN = {
    "ar": ("سقطت القذيفة على مدينة حلب في الصباح وقتل عدد من المدنيين", "وين راحوا الشباب؟ الطيران عم يقصف الحارة",
           "الجيش العربي السوري"),
    "ckb": ("لە بەیانیدا تۆپێک کەوتە سەر شاری حەڵەب و چەند کەسێک کوژران", "شاری هەولێر", "بەڕێوەبەرایەتی گشتی",
            "دەستی خۆش بێت برا", "پێشمەرگە"),
    "fa": ("صبح امروز یک گلوله توپ به شهر حلب اصابت کرد", "سلام حال شما چطور است"),
    "kmr": ("Di sibehê de topek li bajarê Helebê ket û hin kes hatin kuştin", "Navê min Azad e û ez ji Qamişlo me",
            "Yekîneyên Parastina Gel", "li Kobanê şer heye"),
    "tr": ("Sabah saatlerinde Halep kentine bir top mermisi düştü", "Çocuklar okula gidiyor",
           "DİYARBAKIR BÜYÜKŞEHİR BELEDİYESİ", "Bugun okula gidiyorum arkadaslar"),
    "az": ("Səhər saatlarında Hələb şəhərinə top mərmisi düşdü",),
    "fr": ("Un obus est tombé sur la ville d'Alep dans la matinée", "Musée du LOUVRE"),
    "de": ("Am Morgen schlug eine Granate in der Stadt Aleppo ein",),
    "en": ("A shell fell on the city of Aleppo in the morning",),
}  # fmt: skip

KURDISH_WORDS = (
    "کوردستان", "دەنگ", "ئاسایش", "پۆلیس", "سڵاو", "كوردستان آزاد", "Rojbaş", "Azadî", "Ez diçim malê", "Em li vir in",
    "Tu çawa yî?", "Gelê Kurd", "Xwendin", "Bi xêr hatî", "Dibistana seretayî", "Şêx Meqsûd", "Gund", "Şehîd namirin",
)  # fmt: skip

_OPEN: list[FastText] = []


@pytest.fixture
def reader(installed: Callable[[str], Installed]) -> FastText:
    if not _OPEN:
        _OPEN.append(FastText(installed("lid-176")))
    return _OPEN[0]


def test_it_serves_its_port(reader: FastText) -> None:
    assert isinstance(reader, TextLanguage)


@pytest.mark.parametrize(("language", "text"), [(one, text) for one, texts in WRITTEN.items() for text in texts])
def test_sentences(reader: FastText, language: str, text: str) -> None:
    assert told(reader.languages([text])[0]) == language


@pytest.mark.parametrize("text", KURDISH_WORDS)
def test_a_kurdish_word_is_kurdish_or_not_told(reader: FastText, text: str) -> None:
    assert told(reader.languages([text])[0]) in {None, "ckb", "kmr"}


@pytest.mark.parametrize("text", ["", " ", "12:30", "+963 11 2345", "http://example.org/a", "ABC-123", "?!", "٣٤", "a"])
def test_what_is_no_language(reader: FastText, text: str) -> None:
    assert reader.languages([text]) == [()]


def test_sorani_typed_in_presentation_forms_or_with_vowel_marks_is_the_same(reader: FastText) -> None:
    plain, marked = reader.languages(["سقطت القذيفة على المدينة", "سَقَطَتِ القَذيفَةُ على المَدينَةِ"])
    assert plain == marked


def test_an_answer_does_not_depend_on_its_company(reader: FastText) -> None:
    texts = [text for texts in WRITTEN.values() for text in texts]
    together = reader.languages(texts)
    assert together == [reader.languages([text])[0] for text in texts]
    assert together == list(reversed(reader.languages(texts[::-1])))


def test_a_long_text_and_lines_are_read(reader: FastText) -> None:
    assert told(reader.languages(["Die Stadt\nliegt im Norden\r\ndes Landes. " * 2000])[0]) == "de"
