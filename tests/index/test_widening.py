# letters that look alike are the subject of this file
"""A query finds a name in other scripts, and what is misspelt when that is asked for; by what a passage says alone."""

from pathlib import Path

import pytest

from pipeline.core.model import AssetId
from pipeline.core.ports import IndexRow
from pipeline.index import lexicon
from pipeline.index.answer import Filters, SearchAnswer
from pipeline.index.rebuild import rebuild
from pipeline.index.scan import Only
from pipeline.index.sqlite import SqliteIndex

PASSAGES = {
    "ar": "قصف الطيران مدينة كوباني أمس", "ckb": "شەڕ لە کۆبانێ دەستی پێکرد", "kmr": "Şerê Kobanê dest pê kir",
    "tr": "Kobani'de çatışma", "en": "The father was in Kobani", "low": "kobani in small letters",
    "other": "كتب كاتب كتابة", "name": "وصل محمد من حلب", "latin": "Muhammad came from Halab",
}  # fmt: skip


@pytest.fixture
def index(tmp_path: Path) -> SqliteIndex:
    made = SqliteIndex(tmp_path / "index.sqlite")
    for name, text in PASSAGES.items():
        made.put(AssetId(name), [said(text)])
    return made


def said(text: str, t: float = 0.0) -> IndexRow:
    return IndexRow(field="transcript", text=text, enrichment="e", media="audio", language="ar", t=t)


def ask(index: SqliteIndex, query: str, *, hidden: frozenset[str] = frozenset()) -> SearchAnswer:
    return index.search(query, permits=lambda asset, _row: asset not in hidden, limit=100)


def found(index: SqliteIndex, query: str) -> set[str]:
    return {hit.asset for hit in ask(index, query).hits}


class TestNames:
    def test_across_scripts_and_spellings(self, index: SqliteIndex) -> None:
        assert found(index, "Kobani") == {"ar", "ckb", "kmr", "tr", "en", "low"}
        assert found(index, "كوباني") >= {"ar", "ckb", "kmr", "en"}
        assert found(index, "Mohammed") == {"name", "latin"}
        assert found(index, "Mohammed حلب") == {"name", "latin"}

    def test_as_it_is_written_counts_most(self, index: SqliteIndex) -> None:
        scores = {hit.asset: hit.score for hit in ask(index, "Kobani").hits}
        assert scores["tr"] > scores["ar"] > 0

    def test_only_names_with_a_capital_are_widened_among_latin_letters(self, index: SqliteIndex) -> None:
        assert "low" not in found(index, "Kobane")
        assert "en" in found(index, "Kobane")

    def test_consonants_alone_are_not_enough(self, index: SqliteIndex) -> None:
        assert found(index, "kitab") == set()
        assert found(index, "katib") == {"other"}

    def test_a_phrase_and_a_prefix_stay_as_they_are(self, index: SqliteIndex) -> None:
        assert found(index, '"Mohammed"') == set()
        assert found(index, "Muh*") == {"latin"}
        assert found(index, '"came from"') == {"latin"}
        assert found(index, '"from came"') == set()

    def test_a_snippet_shows_the_name(self, tmp_path: Path) -> None:
        index = SqliteIndex(tmp_path / "long.sqlite")
        index.put(AssetId("a"), [said("كلمة " * 200 + "كوباني" + " كلمة" * 200)])
        assert "كوباني" in ask(index, "Kobani").hits[0].snippet


class TestMistakes:
    def test_a_letter_may_be_wrong_missing_added_or_swapped(self, index: SqliteIndex) -> None:
        for typed in ("fathar~", "fathr~", "fathher~", "fahter~"):
            assert found(index, typed) == {"en"}, typed
        assert found(index, "fathar") == set()

    def test_two_letters_in_a_long_word_and_not_in_a_short_one(self, index: SqliteIndex) -> None:
        index.put(AssetId("long"), [said("interrogation")])
        assert found(index, "interogasion~") == {"long"}
        assert found(index, "fothar~") == set()

    def test_arabic(self, index: SqliteIndex) -> None:
        assert found(index, "كوبالي~") >= {"ar"}
        assert found(index, "كوبالي") == set()


class TestWhatNobodyMayKnow:
    def test_hidden_words_change_nothing(self, index: SqliteIndex) -> None:
        before = ask(index, "Kobane", hidden=frozenset({"kmr", "en", "tr"}))
        index.put(AssetId("secret"), [said("Kobani Kobani"), said("The Kobanee", t=1)])
        assert ask(index, "Kobane", hidden=frozenset({"kmr", "en", "tr", "secret"})) == before

    def test_a_capital_elsewhere_makes_no_name_of_a_word_here(self, index: SqliteIndex) -> None:
        assert "low" not in found(index, "Kobane")
        index.remove(AssetId("en"))
        assert "low" not in found(index, "Kobane")

    def test_words_that_are_gone_are_forgotten(self, index: SqliteIndex) -> None:
        index.put(AssetId("name"), [said("nothing of it")])
        with index.database.reading() as connection:
            assert lexicon.begun(connection, "محم") == ()
            assert lexicon.begun(connection, "حلب") == ()
            assert lexicon.heard(connection, "Halab") == {"halab"}
            assert lexicon.begun(connection, "halab") == ("halab",)

    def test_a_rebuild_answers_the_same(self, index: SqliteIndex) -> None:
        queries = ["Kobani", "كوباني", "fathar~", "ko*", "Mohammed حلب", "محم*"]
        before = [ask(index, one) for one in queries]
        rebuild(index, [(AssetId(name), [said(text)]) for name, text in reversed(PASSAGES.items())])
        assert [ask(index, one) for one in queries] == before


class TestPrefixes:
    def test_more_words_than_are_spelled_out(self, tmp_path: Path) -> None:
        index = SqliteIndex(tmp_path / "many.sqlite")
        many = lexicon.MOST_BEGUN + 50
        index.put(AssetId("a"), [said(f"word{n}", t=n) for n in range(many)])
        assert ask(index, "word*").total == many
        assert ask(index, "word1*").total == sum(str(n).startswith("1") for n in range(many))

    def test_of_the_light_form(self, index: SqliteIndex) -> None:
        index.put(AssetId("school"), [said("في المدرسة الكبيرة")])
        assert found(index, "مدر*") == {"school"}
        assert found(index, "المدر*") == {"school"}

    def test_no_word_begins_so(self, index: SqliteIndex) -> None:
        assert found(index, "qqq*") == set()
        assert found(index, "qqq* kobani") == set()


class TestFewAssets:
    def test_what_is_asked_for_alone_is_what_a_filter_would_leave(self, tmp_path: Path) -> None:
        index = SqliteIndex(tmp_path / "few.sqlite")
        for n in range(400):
            index.put(AssetId(f"a{n}"), [said("bridge", t=t) for t in range(3)])
        few = {f"a{n}" for n in range(0, 400, 37)} | {"absent"}
        kept = index.search("bridge", permits=lambda asset, _row: asset in few, limit=100)
        alone = index.search("bridge", permits=lambda *_: True, only=Only(few), limit=100)
        assert alone == kept
        assert kept.total == 3 * len(few - {"absent"})
        assert index.search("bridge", permits=lambda *_: True, only=Only(())).total == 0

    def test_many_labels_and_places_are_asked_for_one_by_one(self, tmp_path: Path) -> None:
        from pipeline.index.area import Area

        index = SqliteIndex(tmp_path / "labels.sqlite")
        for n in range(700):
            label = IndexRow(field="tags", text="tank" if n % 2 else "car", enrichment="e", media="image")
            place = IndexRow(field="places", text="", enrichment="e", media="image", lat=n / 10, lon=10.0)
            index.put(AssetId(f"a{n:03}"), [said("bridge"), label, place])
        assert index.search("bridge", permits=lambda *_: True, filters=Filters(tag="tank")).total == 350
        near = Area(lat=35.0, lon=10.0, km=3900)
        inside = sum(near.distance_km(n / 10, 10.0) <= near.km for n in range(700))
        assert index.search("bridge", permits=lambda *_: True, filters=Filters(near=near)).total == inside > 300
        hidden = index.search(
            "bridge", permits=lambda _asset, row: row.field != "tags", filters=Filters(tag="tank")
        )  # fmt: skip
        assert hidden.total == 0
