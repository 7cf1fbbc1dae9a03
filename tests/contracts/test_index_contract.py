"""What every index owes: the same answer for the same permitted passages, and not a word of the others."""

import contextlib
import hashlib
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.core.model import AssetId, Media
from pipeline.core.ports import IndexRow
from pipeline.errors import Misconfigured
from pipeline.index.answer import Filters, SearchAnswer
from pipeline.index.area import Area
from pipeline.index.sqlite import SqliteIndex

MakeIndex = Callable[[], SqliteIndex]
Corpus = dict[AssetId, list[IndexRow]]


@pytest.fixture(params=[SqliteIndex], ids=lambda one: one.__name__)
def make(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeIndex]:
    made: list[SqliteIndex] = []

    def make_one() -> SqliteIndex:
        made.append(request.param(tmp_path_factory.mktemp("index") / "index.sqlite"))
        return made[-1]

    yield make_one
    for index in made:
        index.close()


@pytest.fixture
def index(make: MakeIndex) -> SqliteIndex:
    return make()


def asset(name: str) -> AssetId:
    return AssetId(hashlib.sha256(name.encode()).hexdigest())


def said(text: str, *, t: float = 0.0, language: str | None = None, media: str = "audio") -> IndexRow:
    return IndexRow(
        field="transcript", text=text, enrichment="e", media=media, language=language, t=t, end=t + 1
    )  # fmt: skip


def placed(lat: float, lon: float, *, secret: bool = False, text: str = "") -> IndexRow:
    return IndexRow(
        field="places", text=text, enrichment="p", media="image", lat=lat, lon=lon, source_identifying=secret
    )  # fmt: skip


def everything(_asset: str, _row: IndexRow) -> bool:
    return True


def ask(index: SqliteIndex, query: str, **more: Any) -> SearchAnswer:
    return index.search(query, **{"permits": everything, **more})


def assets(answer: SearchAnswer) -> set[str]:
    return {hit.asset for hit in answer.hits}


class TestWhatIsFound:
    def test_each_hit_says_whether_its_asset_was_read_in_part(self, index: SqliteIndex) -> None:
        index.put(asset("a"), [said("the bridge", t=1.0), replace(said("the bridge", t=2.0), partial=True)])
        assert [(hit.t, hit.partial) for hit in ask(index, "bridge").hits] == [(1.0, False), (2.0, True)]
        index.put(asset("a"), [replace(said("the bridge", t=1.0), partial=True)])
        assert [hit.partial for hit in ask(index, "bridge").hits] == [True]

    def test_a_spoken_word_with_its_second_and_its_spelling(self, index: SqliteIndex) -> None:
        index.put(asset("a"), [said("قُصِفَتِ المدرسةُ أمس", t=12.5, language="ar")])
        (hit,) = ask(index, "مدرسة").hits
        assert (hit.asset, hit.field, hit.t, hit.end) == (asset("a"), "transcript", 12.5, 13.5)
        assert hit.snippet == "قُصِفَتِ المدرسةُ أمس"
        assert (hit.media, hit.enrichment) == ("audio", "e")

    def test_all_words_must_stand_in_one_passage(self, index: SqliteIndex) -> None:
        index.put(asset("a"), [said("the bridge was hit"), said("by a rocket", t=1)])
        assert ask(index, "hit bridge").total == 1
        assert ask(index, "bridge rocket").total == 0

    def test_a_phrase_is_a_run_of_words(self, index: SqliteIndex) -> None:
        index.put(asset("a"), [said("the old bridge"), said("the bridge, old and grey", t=1)])
        assert [hit.t for hit in ask(index, '"old bridge"').hits] == [0]

    def test_a_star_asks_for_what_begins_so(self, index: SqliteIndex) -> None:
        index.put(asset("a"), [said("explosions near the school")])
        assert ask(index, "explo*").total == 1
        assert ask(index, '"near the sch"*').total == 1
        assert ask(index, "explo").total == 0

    @pytest.mark.parametrize("operator", ["AND", "OR", "NOT", "NEAR"])
    def test_operators_are_words(self, index: SqliteIndex, operator: str) -> None:
        index.put(asset("a"), [said("bridge")])
        assert ask(index, f"bridge {operator} rocket").total == 0

    @pytest.mark.parametrize("query", ["", "  ", '"', '""', "*", "-", "( )", "؟!", "\u200f", "{}:^+"])
    def test_a_query_without_a_word_is_refused(self, index: SqliteIndex, query: str) -> None:
        with pytest.raises(Misconfigured) as refused:
            ask(index, query)
        assert refused.value.code == "E-QUERY-001"

    @pytest.mark.parametrize("query", [" ".join(map(str, range(40))), "w" * 5000], ids=["words", "letters"])
    def test_an_endless_query_is_refused(self, index: SqliteIndex, query: str) -> None:
        with pytest.raises(Misconfigured) as refused:
            ask(index, query)
        assert refused.value.code == "E-QUERY-001"

    @settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(st.text(st.characters() | st.sampled_from('"*(){}:^-+') | st.sampled_from("aبİ ")))
    def test_whatever_is_typed_is_answered_or_refused(self, index: SqliteIndex, query: str) -> None:
        index.put(asset("a"), [said("a b")])
        with contextlib.suppress(Misconfigured):
            ask(index, query)

    @settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(st.text(st.characters() | st.sampled_from("aبİßﷲ ")))
    def test_any_passage_is_found_by_its_own_text(self, index: SqliteIndex, text: str) -> None:
        index.put(asset("a"), [said(text)])
        typed = text.replace('"', " ").replace("*", " ")
        try:
            assert ask(index, f'"{typed}"').total == 1
        except Misconfigured:
            index.put(asset("a"), [said(text), said("word")])
            assert ask(index, "word").total == 1

    def test_a_long_passage_is_cut_around_the_hit(self, index: SqliteIndex) -> None:
        index.put(asset("a"), [said("before " * 200 + "the Straße burned " + "after " * 200)])
        (hit,) = ask(index, "strasse").hits
        assert "the Straße burned" in hit.snippet
        assert len(hit.snippet) <= 250
        assert hit.snippet.startswith("… before")
        assert hit.snippet.endswith("after …")

    def test_the_limit_cuts_the_hits_not_the_total(self, index: SqliteIndex) -> None:
        index.put(asset("a"), [said("bridge", t=t) for t in range(30)])
        answer = ask(index, "bridge", limit=5)
        assert [hit.t for hit in answer.hits] == [0, 1, 2, 3, 4]
        assert (answer.total, answer.total_is_at_least) == (30, False)
        assert ask(index, "bridge", limit=0).total == 30

    def test_beyond_what_is_counted_the_total_is_a_lower_bound(self, index: SqliteIndex) -> None:
        index.put(asset("a"), [said("bridge", t=t) for t in range(30)])
        answer = ask(index, "bridge", most=10)
        assert (answer.total, answer.total_is_at_least) == (10, True)
        answer = ask(index, "bridge", most=30)
        assert (answer.total, answer.total_is_at_least) == (30, False)


class TestWhatIsHeld:
    def test_put_replaces(self, index: SqliteIndex) -> None:
        index.put(asset("a"), [said("bridge"), said("school")])
        index.put(asset("a"), [said("rocket")])
        assert (ask(index, "bridge").total, ask(index, "rocket").total) == (0, 1)

    def test_remove_forgets_and_may_be_repeated(self, index: SqliteIndex) -> None:
        index.put(asset("a"), [said("bridge")])
        index.put(asset("b"), [said("bridge")])
        for _ in range(2):
            index.remove(asset("a"))
            assert assets(ask(index, "bridge")) == {asset("b")}

    def test_the_same_text_twice_is_two_passages(self, index: SqliteIndex) -> None:
        index.put(asset("a"), [said("bridge"), said("bridge")])
        assert ask(index, "bridge").total == 2


class TestFilters:
    def test_language_and_medium(self, index: SqliteIndex) -> None:
        index.put(asset("a"), [said("pont", language="fr"), said("pont", language="fr-BE", t=1), said("pont", t=2)])
        index.put(asset("b"), [said("pont", language="frr", media="video")])
        assert [hit.t for hit in ask(index, "pont", filters=Filters(language="fr")).hits] == [0, 1]
        assert assets(ask(index, "pont", filters=Filters(media=Media.VIDEO))) == {asset("b")}

    def test_assets_can_be_left_out(self, index: SqliteIndex) -> None:
        for name in "abc":
            index.put(asset(name), [said("bridge")])
        answer = ask(index, "bridge", asset_filter=lambda one: one != asset("b"))
        assert assets(answer) == {asset("a"), asset("c")}
        assert answer.total == 2

    def test_near_alone_gives_the_nearest_first(self, index: SqliteIndex) -> None:
        index.put(asset("mosul"), [placed(36.34, 43.13)])
        index.put(asset("erbil"), [placed(36.19, 44.01)])
        index.put(asset("baghdad"), [placed(33.31, 44.37)])
        answer = ask(index, "", filters=Filters(near=Area(lat=36.35, lon=43.16, km=100)))
        assert [hit.asset for hit in answer.hits] == [asset("mosul"), asset("erbil")]

    def test_near_with_words_asks_for_assets_that_lie_there(self, index: SqliteIndex) -> None:
        index.put(asset("here"), [said("bridge"), placed(36.34, 43.13)])
        index.put(asset("there"), [said("bridge"), placed(33.31, 44.37)])
        index.put(asset("nowhere"), [said("bridge")])
        near = Filters(near=Area(lat=36.35, lon=43.16, km=100))
        assert assets(ask(index, "bridge", filters=near)) == {asset("here")}

    def test_near_crosses_the_date_line_and_the_poles(self, index: SqliteIndex) -> None:
        index.put(asset("west"), [placed(-17.0, -179.9)])
        index.put(asset("east"), [placed(-17.0, 179.9)])
        index.put(asset("north"), [placed(89.9, 90.0)])
        assert assets(ask(index, "", filters=Filters(near=Area(lat=-17, lon=180, km=50)))) == {
            asset("west"),
            asset("east"),
        }
        assert assets(ask(index, "", filters=Filters(near=Area(lat=89.9, lon=-90, km=50)))) == {asset("north")}

    def test_a_label_of_the_asset(self, index: SqliteIndex) -> None:
        tank = IndexRow(field="objects", text="Tank", enrichment="o", media="video", t=3.0)
        index.put(asset("a"), [tank, said("bridge")])
        index.put(asset("b"), [said("bridge"), said("tank", t=1)])
        assert assets(ask(index, "bridge", filters=Filters(tag="tank"))) == {asset("a")}
        assert [hit.t for hit in ask(index, "", filters=Filters(tag="tank")).hits] == [3.0]

    @pytest.mark.parametrize(
        "area", ["", "1,2", "1,2,3,4", "a,b,c", "91,0,1", "0,181,1", "0,0,0", "0,0,nan", "0,0,inf"]
    )
    def test_no_area_is_refused(self, area: str) -> None:
        with pytest.raises(Misconfigured) as refused:
            Area.parse(area)
        assert refused.value.code == "E-QUERY-001"


WORDS = ("bridge", "المدرسة", "مدرسة", "rocket", "school")
QUERIES = ("bridge", "مدرسة", "rock*", "bridge rocket", '"bridge bridge"', "")
rows = st.builds(
    IndexRow,
    field=st.sampled_from(["transcript", "places", "tags"]),
    text=st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join),
    enrichment=st.sampled_from(["e1", "e2"]),
    media=st.just("video"),
    t=st.none() | st.integers(0, 3).map(float),
    lat=st.just(36.0),
    lon=st.integers(40, 44).map(float),
    source_identifying=st.booleans(),
)
corpora = st.dictionaries(st.sampled_from("abcdef").map(asset), st.lists(rows, max_size=6), max_size=6)
FILTERS = (None, Filters(near=Area(lat=36, lon=42, km=100)), Filters(tag="rocket"))


def answers(index: SqliteIndex, permits: Callable[[str, IndexRow], bool]) -> list[SearchAnswer]:
    return [
        index.search(query, permits=permits, filters=filters, most=most, limit=5)
        for query, filters, most in product(QUERIES, FILTERS, (3, 1000))
        if query or filters
    ]


class TestNothingBetraysWhatIsHidden:
    @settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(corpus=corpora, hidden=st.sets(st.sampled_from("abcdef").map(asset)), cleared=st.booleans())
    def test_the_answer_is_that_of_an_index_without_it(
        self, make: MakeIndex, corpus: Corpus, hidden: set[AssetId], cleared: bool
    ) -> None:
        def permits(one: str, row: IndexRow) -> bool:
            return one not in hidden and (cleared or not row.source_identifying)

        whole, visible = make(), make()
        for one, held in corpus.items():
            whole.put(one, held)
            visible.put(one, [row for row in held if permits(one, row)])
        assert answers(whole, permits) == answers(visible, everything)

    def test_a_withheld_position_does_not_bring_its_asset(self, index: SqliteIndex) -> None:
        index.put(asset("a"), [said("bridge"), placed(36.34, 43.13, secret=True)])
        near = Filters(near=Area(lat=36.34, lon=43.13, km=10))
        assert ask(index, "bridge", filters=near).total == 1
        assert ask(index, "bridge", filters=near, permits=lambda _, row: not row.source_identifying).total == 0


class TestTheSameAnswerAgain:
    @settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(corpus=corpora, seed=st.integers(0, 2**32))
    def test_whatever_the_order_and_the_history(self, make: MakeIndex, corpus: Corpus, seed: int) -> None:
        chance = random.Random(seed)
        straight, wandering = make(), make()
        for one, held in corpus.items():
            straight.put(one, held)
        for one, held in chance.sample(list(corpus.items()), len(corpus)):
            wandering.put(one, [said("rocket bridge")])
            wandering.put(one, chance.sample(held, len(held)))
        wandering.put(asset("gone"), [said("rocket bridge")])
        wandering.remove(asset("gone"))
        assert answers(straight, everything) == answers(wandering, everything)
        assert straight.contents() == wandering.contents()


def test_an_index_outlives_its_process(tmp_path: Path) -> None:
    first = SqliteIndex(tmp_path / "index.sqlite")
    first.put(asset("a"), [said("bridge")])
    first.close()
    assert ask(SqliteIndex(tmp_path / "index.sqlite"), "bridge").total == 1
