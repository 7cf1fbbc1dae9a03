"""Negation: a denial that is lost or invented is seen in every language, and a kept one raises no alarm."""

import pytest

from pipeline.core.negation import compared, denies, known, may_deny
from pipeline.core.reliability import Pair, judged, weigh

# The first nine follow articles 4, 5 and 9 of the Universal Declaration of Human Rights, some of them shortened.
PAIRS = [
    ("fr", "Nul ne sera tenu en esclavage ni en servitude.", "No one shall be held in slavery or servitude."),
    ("de", "Niemand darf in Sklaverei oder Leibeigenschaft gehalten werden.", "No one shall be held in slavery."),
    ("tr", "Hiç kimse kölelik veya kulluk altında bulundurulamaz.", "No one shall be held in slavery or servitude."),
    ("ar", "لا يجوز استرقاق أو استعباد أي شخص.", "No one shall be held in slavery or servitude."),
    ("ar", "لا يعرض أي إنسان للتعذيب.", "No one shall be subjected to torture."),
    ("fr", "Nul ne sera soumis à la torture.", "No one shall be subjected to torture."),
    ("de", "Niemand darf der Folter unterworfen werden.", "No one shall be subjected to torture."),
    ("tr", "Hiç kimse keyfi olarak tutuklanamaz.", "No one shall be subjected to arbitrary arrest."),
    ("ar", "لا يجوز القبض على أي إنسان تعسفا.", "No one shall be subjected to arbitrary arrest."),
    ("ar", "لم تصل سيارة الإسعاف إلى المستشفى.", "The ambulance did not reach the hospital."),
    ("ar", "ما في حدا بالبيت.", "There is nobody in the house."),
    ("ar", "خرج من دون أن يراه أحد.", "He left without being seen."),
    ("fr", "J'ai pas vu les soldats.", "I didn't see the soldiers."),
    ("fr", "Elle est partie sans ses enfants.", "She left without her children."),
    ("de", "Wir haben keine Waffen gesehen.", "We saw no weapons."),
    ("ar", "الطريق غير آمن.", "The road is not safe."),
    ("tr", "Askerler köye gelmedi.", "The soldiers did not come to the village."),
    ("tr", "Kimin ateş ettiğini bilmiyorum.", "I do not know who fired."),
    ("ckb", "سەربازەکان نەهاتن بۆ گوندەکە.", "The soldiers did not come to the village."),
    ("ckb", "نازانم کێ تەقەی کرد.", "I do not know who fired."),
    ("ckb", "هیچ کەس لە ماڵ نییە.", "There is nobody at home."),
    ("ckb", "نامەوێت بڕۆم.", "I do not want to go."),
    ("kmr", "Leşker nehatin gund.", "The soldiers did not come to the village."),
    ("kmr", "Ez nizanim kê gule berda.", "I do not know who fired."),
    ("kmr", "Kes li malê tune ye.", "There is nobody at home."),
]
PLAIN = {
    "No one": "Everyone", "did not": "did", "didn't": "did", "do not": "do", "There is nobody": "There is somebody",
    "without": "with", "saw no": "saw", "is not": "is",
}  # fmt: skip


@pytest.mark.parametrize(("language", "source", "text"), PAIRS)
def test_a_kept_denial_raises_no_alarm_and_a_lost_one_does(language: str, source: str, text: str) -> None:
    assert compared(source, text, language, "en") == ()
    turned = text
    for said, other in PLAIN.items():
        turned = turned.replace(said, other)
    assert turned != text
    (found,) = compared(source, turned, language, "en")
    assert found.startswith("-")
    assert found[1:]


@pytest.mark.parametrize(
    ("language", "source", "text"),
    [
        ("ar", "وصل الجنود إلى القرية.", "The soldiers did not reach the village."),
        ("ar", "لا يزال الجنود في القرية.", "The soldiers are not in the village."),
        ("ckb", "سەربازەکان گەیشتن.", "The soldiers never came."),
        ("kmr", "Leşker hatin gund.", "The soldiers did not come."),
        ("tr", "Askerler köye geldi.", "The soldiers didn't come to the village."),
        ("fr", "Les soldats sont venus.", "The soldiers didn't come."),
        ("de", "Die Soldaten kamen.", "No soldiers came."),
    ],
)
def test_an_invented_denial_is_seen(language: str, source: str, text: str) -> None:
    (found,) = compared(source, text, language, "en")
    assert found.startswith("+")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ar", "لا يزال الجنود هنا"), ("ar", "لم يصل إلا الجنود"), ("ar", "ما رأيك بهذا؟"), ("ar", "لا شك في ذلك"),
        ("ckb", "ناوی من ئازادە"), ("ckb", "نەتەوە یەکگرتووەکان"), ("ckb", "لە نەخۆشخانەکە"), ("ckb", "نامەیەک هات"),
        ("kmr", "navê min Azad e"), ("kmr", "nameyek ji nexweşxaneyê hat"), ("kmr", "Neteweyên Yekbûyî"),
        ("tr", "Namaz kıldılar"), ("tr", "Ahmet Yılmaz'ın evi"), ("tr", "Gelir gelmez gördü"),
        ("ar", "غير أن الجنود وصلوا"),
        ("tr", "Ramadi'de patlama oldu"), ("tr", "Gelmesi iyi oldu"),
        ("tr", "Geldi, değil mi?"),
        ("fr", "C'est sans doute vrai"), ("fr", "Il fit un pas en avant"), ("fr", "Il n'a que deux fils"),
        ("de", "Das war gestern, nicht wahr?"), ("de", "Ihre Nichte kam"), ("en", "It is No. 5, no doubt"),
        ("en", "I want to know whether or not he came"),
    ],
)  # fmt: skip
def test_what_only_looks_like_a_denial_is_none(language: str, text: str) -> None:
    assert denies(text, language) is None


@pytest.mark.parametrize(
    ("language", "source", "text"),
    [
        ("fr", "Je ne peux pas marcher.", "I am unable to walk."),
        ("de", "Er ist ohne Arbeit.", "He is jobless."),
        ("ar", "رفض الكلام.", "He would not speak."),
        ("ar", "الطريق غير آمن.", "The road is unsafe."),
        ("tr", "Su olmadan yaşadılar.", "They lived without water."),
        ("fr", "Il ne savait rien. Il est parti.", "He knew nothing. He left."),
    ],
)
def test_another_way_to_say_so_is_no_fault(language: str, source: str, text: str) -> None:
    assert compared(source, text, language, "en") == ()


def test_each_sentence_is_compared_with_its_own() -> None:
    source = "Il n'est pas venu. Elle est venue."
    assert compared(source, "He did not come. She came.", "fr", "en") == ()
    assert len(compared(source, "He came. She did not come.", "fr", "en")) == 2


def test_of_a_language_whose_words_are_not_known_nothing_is_said() -> None:
    assert not known("es")
    assert denies("no sé", "es") is None
    assert may_deny("no sé", "es")
    assert "negation" not in {one.name for one in weigh(Pair(source="No sé.", text="I know.", language="es"))}


def test_a_lost_denial_makes_it_low_and_never_hides_it() -> None:
    pair = Pair(source="Les soldats ne sont pas venus.", text="The soldiers came.", language="fr")
    found = next(one for one in weigh(pair) if one.name == "negation")
    assert (found.passed, found.grave) == (False, False)
    assert found.found[0].startswith("-ne sont pas")
    assert judged(weigh(pair), "usable") == "low"
