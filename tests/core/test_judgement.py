"""Judgements: every order of the same records comes to the same; what nobody had a right to say counts for nothing."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.gathering import Collected, Collection, Tag, as_mark, fold_collections, fold_marks
from pipeline.core.json_pointer import pointers_like, spelled, steps_of, value_at, with_value
from pipeline.core.judgement import (
    Judgement,
    State,
    Verdict,
    anchor_of,
    as_record,
    fold_judgements,
    follow,
    standing,
    told_of,
)
from pipeline.errors import Corrupt
from tests.core.strategies import ANA, BEN, FOUNDER, NOW

ASSET, STATEMENT = "a" * 64, "e" * 64
BODY = {"language": "en", "segments": [
    {"start": 0.0, "end": 2.0, "stream": 0, "channel": 0, "text": "they cam"},
    {"start": 2.0, "end": 4.0, "stream": 0, "channel": 0, "text": "yes"},
    {"start": 6.0, "end": 7.0, "stream": 0, "channel": 0, "text": "yes"},
]}  # fmt: skip


def judged(verdict: Verdict = Verdict.CONFIRM, *, pointer: str = "/segments/0/text", by: str = ANA, number: int = 0,
           seconds: int = 0, value: Any = None, body: Any = BODY) -> Judgement:  # fmt: skip
    before, sha256 = told_of(value_at(body, pointer))
    return Judgement(
        id=f"j-{number:016x}", asset=ASSET, enrichment=STATEMENT, kind="transcript", pointer=pointer, verdict=verdict,
        before=before, before_sha256=sha256, anchor=anchor_of(body, pointer), value=value, reason="heard",
        by=by, at=NOW + timedelta(seconds=seconds),
    )  # fmt: skip


def records(*some: Judgement) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(json.dumps([as_record(one) for one in some]))
    return found


def anybody(_one: Any) -> None:
    return None


judgement = st.builds(
    lambda verdict, by, number, seconds: judged(
        verdict, by=by, number=number, seconds=seconds, value=f"v{number % 2}" if verdict is Verdict.CORRECT else None
    ),
    st.sampled_from(Verdict), st.sampled_from([ANA, BEN, FOUNDER]), st.integers(0, 9), st.integers(0, 3),
)  # fmt: skip


def only_ana_early(one: Judgement) -> str | None:
    return None if one.by != BEN else "no right"


@given(st.lists(judgement, max_size=8), st.lists(judgement, max_size=8), st.data())
def test_two_writers_in_any_order_come_to_the_same(
    mine: list[Judgement], theirs: list[Judgement], data: st.DataObject
) -> None:
    both = [*mine, *theirs]
    shuffled = data.draw(st.permutations(both))
    one, other = (fold_judgements(records(*some), only_ana_early) for some in (both, shuffled))
    assert one.counting == other.counting
    assert set(one.void) == set(other.void)
    for required in (1, 2):
        assert standing(one.counting, required=required) == standing(other.counting, required=required)
    assert not {it.by for it in one.counting} & {BEN}


@given(st.lists(st.tuples(st.booleans(), st.sampled_from("abc"), st.integers(0, 4)), max_size=9), st.data())
def test_tags_and_collections_come_to_the_same(given: list[tuple[bool, str, int]], data: st.DataObject) -> None:
    marks: list[dict[str, Any]] = []
    heads: list[dict[str, Any]] = []
    for number, (on, word, seconds) in enumerate(given):
        common: dict[str, Any] = {"id": f"m-{number:016x}", "by": ANA, "at": NOW + timedelta(seconds=seconds)}
        collection = f"c-{ord(word):012x}"
        marks.append(as_mark(Tag(type="tag" if on else "untag", asset=ASSET, tag=word, **common)))
        marks.append(
            as_mark(Collected(type="collect" if on else "uncollect", asset=ASSET, collection=collection, **common))
        )
        heads.append(as_mark(Collection(
            type="collection" if on else "collection-end", collection=collection, name=word * 2, **common
        )))  # fmt: skip
    assert fold_marks(marks, anybody) == fold_marks(data.draw(st.permutations(marks)), anybody)
    one, other = (
        fold_collections(some, lambda _made, _one: True) for some in (heads, data.draw(st.permutations(heads)))
    )
    assert one == other
    last = {word: max((seconds, n, on) for n, (on, it, seconds) in enumerate(given) if it == word)[2]
            for word in {it for _, it, _ in given}}  # fmt: skip
    tags = fold_marks(marks, anybody).tags.get(ASSET, {})
    assert set(tags) == {word for word, on in last.items() if on}


def test_what_somebody_had_no_right_to_say_counts_for_nothing_and_is_listed() -> None:
    folded = fold_judgements(records(judged(by=ANA, number=1), judged(by=BEN, number=2)), only_ana_early)
    assert [one.id for one in folded.counting] == [f"j-{1:016x}"]
    assert [(one.id, one.by, one.why) for one in folded.void] == [(f"j-{2:016x}", BEN, "no right")]


def test_a_value_that_is_not_the_one_its_digest_names_counts_for_nothing() -> None:
    forged = {**records(judged())[0], "before": "something else"}
    assert fold_judgements([forged], anybody).counting == ()
    again = {**records(judged())[0], "reason": "another"}
    assert len(fold_judgements([*records(judged()), again], anybody).void) == 1


@pytest.mark.parametrize("change", [
    {"verdict": "perhaps"}, {"pointer": "segments"}, {"value": "x"}, {"by": "somebody"}, {"reason": ""}, {"more": 1},
])  # fmt: skip
def test_a_malformed_record_is_damage(change: dict[str, Any]) -> None:
    with pytest.raises(Corrupt):
        fold_judgements([{**records(judged())[0], **change}], anybody)


def test_what_was_erased_is_counted_and_not_read() -> None:
    erased = {**dict.fromkeys(records(judged())[0]), "type": "judgement", "erased": "f" * 64}
    assert fold_judgements([erased], anybody).erased == 1


def state_of(*some: Judgement, required: int = 1) -> State:
    return standing(fold_judgements(records(*some), anybody).counting, required=required).state


def test_a_second_person_must_differ_and_say_the_same() -> None:
    mine, again = judged(number=1), judged(number=2, seconds=1)
    other = judged(by=BEN, number=3, seconds=2)
    against = judged(Verdict.REJECT, by=BEN, number=4, seconds=3)
    assert state_of(mine) is State.CONFIRMED
    assert state_of(mine, required=2) is State.WAITING
    assert state_of(mine, again, required=2) is State.WAITING
    assert state_of(mine, other, required=2) is State.CONFIRMED
    assert state_of(mine, other, against, required=2) is State.DISPUTED
    assert state_of(mine, against) is State.DISPUTED
    assert state_of(judged(Verdict.COMMENT, number=5)) is State.COMMENTED


def test_two_corrections_agree_only_when_they_write_the_same() -> None:
    one = judged(Verdict.CORRECT, value="they came", number=1)
    same = judged(Verdict.CORRECT, value="they came", number=2, by=BEN)
    other = judged(Verdict.CORRECT, value="they come", number=3, by=BEN)
    assert standing([one, same], required=2).value == "they came"
    assert state_of(one, other) is State.DISPUTED


def test_a_later_word_of_the_same_person_replaces_the_earlier() -> None:
    wrong, right = judged(Verdict.REJECT, number=1), judged(number=2, seconds=1)
    assert state_of(wrong, right) is State.CONFIRMED


def moved(*places: int) -> dict[str, Any]:
    return {"language": "en", "segments": [BODY["segments"][place] for place in places]}


def test_a_judgement_follows_its_value_and_no_other() -> None:
    second = judged(pointer="/segments/1/text")
    assert follow(second, BODY) == "/segments/1/text"
    assert follow(second, moved(0, 2, 1)) == "/segments/2/text"
    assert follow(second, moved(0, 2)) is None  # the same word, said at another second
    assert follow(second, with_value(BODY, "/segments/1/text", "no")) is None
    whole = judged(pointer="")
    assert follow(whole, BODY) == ""
    assert follow(whole, moved(0)) is None


def test_numbers_of_neighbours_are_no_part_of_a_claim() -> None:
    claim = {"source": "exif", "lat": 1.0, "lon": 2.0, "agrees_with": [3], "conflicts_with": []}
    one = judged(pointer="/claims/0", body={"claims": [claim]})
    assert follow(one, {"claims": [{"source": "sun", "lat": 1.0}, {**claim, "agrees_with": []}]}) == "/claims/1"


steps = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), max_size=5)


@given(steps)
def test_a_pointer_is_read_as_it_was_spelled(given: list[str]) -> None:
    assert list(steps_of(spelled(given))) == given


@pytest.mark.parametrize(
    ("pointer", "value"),
    [("", {"a/b": [1, {"m~n": None}], "": 0}), ("/a~1b/0", 1), ("/a~1b/1/m~0n", None), ("/", 0)],
)
def test_a_pointer_names_a_value(pointer: str, value: Any) -> None:
    assert value_at({"a/b": [1, {"m~n": None}], "": 0}, pointer) == value


@pytest.mark.parametrize("pointer", ["/a/-", "/a/01", "/a/5", "/b", "/a/0/x", "/a/+1", "/a/\u0661"])
def test_a_pointer_to_nothing_is_none(pointer: str) -> None:
    with pytest.raises(LookupError):
        value_at({"a": [1]}, pointer)


@pytest.mark.parametrize("pointer", ["a", "/~", "/~2", "/" + "x" * 1001, "/a" * 40])
def test_what_is_no_pointer_is_refused(pointer: str) -> None:
    with pytest.raises(ValueError, match="pointer"):
        steps_of(pointer)


def test_a_value_is_replaced_in_a_copy() -> None:
    before = json.dumps(BODY)
    assert with_value(BODY, "/segments/1/text", "no")["segments"][1]["text"] == "no"
    assert json.dumps(BODY) == before
    assert list(pointers_like(BODY, "/segments/0/start")) == [f"/segments/{n}/start" for n in range(3)]
