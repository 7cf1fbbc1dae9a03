"""The vocabulary: terms that a person can rely on, in two languages, and no class that stands for two things."""

import re
from collections import Counter

import pytest

from pipeline.core.vocabulary import Vocabulary, parse
from pipeline.engines.coco import LABELS
from pipeline.engines.vocabulary import read_vocabulary
from pipeline.errors import Misconfigured

_GROUPS = {
    "weapons", "munitions", "military_vehicles", "aircraft", "uniforms_and_insignia", "damage", "medical",
    "chemical_attack_indicators", "detention", "documents", "crowds", "flags",
}  # fmt: skip


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return read_vocabulary("1")


def test_every_subject_of_an_investigation_has_terms(vocabulary: Vocabulary) -> None:
    counted = Counter(term.group for term in vocabulary.terms)
    assert set(counted) >= _GROUPS
    assert all(counted[group] >= 5 for group in _GROUPS)
    assert len(vocabulary.terms) >= 120


def test_every_term_has_two_names_a_definition_and_phrases(vocabulary: Vocabulary) -> None:
    for term in vocabulary.terms:
        assert re.fullmatch(r"[a-zA-Z ,'/-]+", term.en), term.id
        assert re.fullmatch(r"[\u0600-\u06ff ]+", term.ar), term.id
        assert term.definition.endswith("."), term.id
        assert term.prompts
        assert 0 < term.threshold < 1
    for names in ([term.en for term in vocabulary.terms], [term.ar for term in vocabulary.terms]):
        assert not [name for name, count in Counter(names).items() if count > 1]


@pytest.mark.parametrize(
    ("term", "arabic"),
    [("tank", "دبابة"), ("barrel_bomb", "برميل متفجر"), ("gas_mask", "قناع واق من الغازات"), ("mosque", "مسجد")],
)
def test_terms_have_the_names_that_people_use(vocabulary: Vocabulary, term: str, arabic: str) -> None:
    assert next(one.ar for one in vocabulary.terms if one.id == term) == arabic


def test_closed_classes_stand_for_what_they_are(vocabulary: Vocabulary) -> None:
    imagenet = {one: term.id for one, term in vocabulary.by_class("imagenet").items()}
    assert imagenet["n04389033"] == "tank"
    assert imagenet["n02749479"] == "assault_rifle"
    assert imagenet["n02916936"] == "body_armour"
    assert set(vocabulary.by_class("coco")) <= set(LABELS)
    assert {one: term.id for one, term in vocabulary.by_class("coco").items()}["person"] == "person"


def test_what_is_not_seen_is_told_by_id(vocabulary: Vocabulary) -> None:
    seen = vocabulary.by_class("coco").values()
    unseen = vocabulary.unseen(seen)
    assert "tank" in unseen
    assert "person" not in unseen
    assert len(unseen) + len({term.id for term in seen}) == len(vocabulary.terms)


TERM = '[[terms]]\nid = "a"\ngroup = "g"\nen = "a"\nar = "ا"\ndefinition = "d."\nprompts = ["a"]\nthreshold = 0.3\n'
HEAD = 'version = "9"\ntemplates = ["{}"]\nbackground = ["b"]\n'


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (HEAD + TERM + TERM, "term given twice: a"),
        (HEAD + TERM + 'imagenet = ["n1"]\n' + TERM.replace('"a"', '"b"', 1) + 'imagenet = ["n1"]\n', "n1"),
        (HEAD.replace("{}", "no place") + TERM, "template"),
        (HEAD + TERM.replace("0.3", "1.3"), "threshold"),
        (HEAD + TERM + 'colour = "red"\n', "colour"),
        (HEAD, "terms"),
        ("version = ", "vocabulary"),
    ],
)
def test_a_vocabulary_that_is_wrong_says_where(text: str, what: str) -> None:
    with pytest.raises(Misconfigured, match=what):
        parse(text)


def test_the_digest_is_of_every_byte() -> None:
    assert parse(HEAD + TERM).digest != parse(HEAD + TERM + "\n").digest


def test_a_version_that_is_not_there_is_an_error() -> None:
    with pytest.raises(Misconfigured, match="no vocabulary 0"):
        read_vocabulary("0")
