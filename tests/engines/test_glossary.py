"""Glossary: words found in the dictionaries that Debian packages, inflected or not; never taken for a translation."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.core.ports import Gloss, Glossary
from pipeline.engines.dictd import Dictionary
from pipeline.engines.glossary import Freedict
from pipeline.errors import Misconfigured
from pipeline.settings import Settings
from pipeline.weights import Installed, cards, ensure_lock, require, resolve
from pipeline.weights.disk import verify

FOLDER = Path("/usr/share/dictd")


@pytest.fixture
def glossary(installed: Callable[[str], Installed]) -> Freedict:
    return Freedict(installed("freedict"))


def _senses(found: tuple[Gloss, ...]) -> dict[str, set[str]]:
    return {one.word: {sense.casefold() for sense in one.senses} for one in found}


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        ("ar", "قصفت الطائرات المدينة", {"قصفت": "bombed", "الطائرات": "planes", "المدينة": "city"}),
        ("ar", "للمواطنِ وبالمدرسةِ", {"للمواطنِ": "citizen", "وبالمدرسةِ": "school"}),
        ("kmr", "hatin bajarê, pirtûkan", {"hatin": "come", "bajarê": "city", "pirtûkan": "book"}),
        ("tr", "Askerler çocukları öldürdüler. İstanbul'da kitapları",
         {"Askerler": "soldier", "öldürdüler": "kill", "kitapları": "book"}),
        ("fr", "Les forêts, l'eau et deux mers jaunes",
         {"forêts": "forest", "mers": "sea", "jaunes": "yellow", "l'eau": "water"}),
        ("de", "Die Augen der Soldaten im Haus", {"Augen": "eyes", "Soldaten": "soldiers", "Haus": "house"}),
    ],
)  # fmt: skip
def test_words_are_found_under_their_headwords(
    glossary: Freedict, language: str, text: str, said: dict[str, str]
) -> None:
    assert isinstance(glossary, Glossary)
    found = glossary.gloss(text, language)
    assert all(text[one.start : one.end] == one.word for one in found)
    assert [one.start for one in found] == sorted(one.start for one in found)
    senses = _senses(found)
    assert {word: sense for word, sense in said.items() if sense in senses.get(word, ())} == said


def test_what_is_not_listed_is_not_glossed(glossary: Freedict) -> None:
    assert glossary.gloss("qxzjk 268 !?", "de") == ()
    assert glossary.gloss("", "ar") == ()
    with pytest.raises(Misconfigured, match="ckb"):
        glossary.gloss("سەلام", "ckb")


def test_the_headword_is_spelled_as_in_the_dictionary(glossary: Freedict) -> None:
    lemmas = {one.word: one.lemma for one in glossary.gloss("Fransa'da kitaplarım", "tr")}
    assert lemmas == {"Fransa'da": "Fransa", "kitaplarım": "kitap"}


@pytest.mark.skipif(not FOLDER.is_dir(), reason="Debian's dictionaries are not here")
@pytest.mark.parametrize("name", ["ara", "kur", "tur", "fra", "deu"])
def test_pieces_unpack_to_what_gzip_unpacks(name: str) -> None:
    text, index = FOLDER / f"freedict-{name}-eng.dict.dz", FOLDER / f"freedict-{name}-eng.index"
    whole = gzip.decompress(text.read_bytes())
    pieces = Dictionary(index, text, str)._text
    for start in (0, 1, len(whole) // 3, len(whole) - 100):
        assert pieces.read(start, 70_000) == whole[start : start + 70_000]


def test_a_file_without_pieces_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.index").write_text("a\tA\tB\n")
    (tmp_path / "x.dict.dz").write_bytes(gzip.compress(b"text"))
    with pytest.raises(Misconfigured, match=r"x\.dict\.dz"):
        Dictionary(tmp_path / "x.index", tmp_path / "x.dict.dz", str)


def test_a_missing_package_is_named_and_does_not_stop_a_home(settings: Settings) -> None:
    card = cards(settings)["freedict"]
    source = card.sources[0]
    gone = [one.model_copy(update={"parts": (one.parts[0].model_copy(update={"path": "usr/share/nowhere/x"}),)})
            for one in source.files]  # fmt: skip
    other = card.model_copy(update={"sources": (source.model_copy(update={"files": tuple(gone)}),)})
    with pytest.raises(Misconfigured, match="install the package dict-freedict-ara-eng"):
        require(settings.models, other)
    assert {one.code for one in verify(settings.models, other)} == {"E-CONF-004"}
    assert card.optional
    assert not card.needs_folder


def test_a_home_takes_the_dictionaries_that_are_here(settings: Settings, installed: Callable[[str], Installed]) -> None:
    here = installed("freedict")
    assert ensure_lock(settings).ports["glossary"].files == here.digests
    if set(ensure_lock(settings).ports) >= {"transcriber", "speech_finder", "geographer", "speech_translator"}:
        assert resolve(settings)[0].ports["glossary"].model == "freedict"
