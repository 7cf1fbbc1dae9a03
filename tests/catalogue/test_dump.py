"""The digest of a dump is the sum of what each row's line gives alone, whatever stands in the rows."""

import hashlib
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.catalogue import dump
from pipeline.catalogue.dump import TABLES, Dump

LURES = st.sampled_from(
    ['],["items",', '],["items",1]', '["items",', '\\],["items",', '"],["items","', "],[", '"', "\\", "[", "items"]
)
VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), LURES, st.text(), st.lists(LURES).map("".join))


def alone(table: str, rows: list[list[Any]]) -> int:
    lines = (json.dumps([table, *row], ensure_ascii=True, separators=(",", ":")).encode() for row in rows)
    return sum(int.from_bytes(hashlib.sha256(line).digest(), "big") for line in lines)


@given(rows=st.lists(st.lists(VALUES, min_size=1, max_size=4), max_size=9))
@example(rows=[['"],["items","'], ["a"], ["],["], ['items",'], ["]]"]])
def test_rows_that_are_spelled_together_count_as_if_alone(rows: list[list[Any]]) -> None:
    made = Dump()

    made.add("items", rows)

    assert (made.sum, made.counts["items"]) == (alone("items", rows), len(rows))


@pytest.mark.parametrize("count", [0, 1, 2, 3, 6, 7])
def test_no_row_is_lost_between_two_pages(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dump, "_SOME", 3)
    rows = [[n, f"row {n}"] for n in range(count)]
    made = Dump()

    made.add("assets", iter(rows))

    assert (made.sum, made.counts["assets"]) == (alone("assets", rows), count)


def test_no_table_holds_what_could_be_taken_for_a_row() -> None:
    """Values of columns are texts, numbers, truths or nothing, and a table's name begins with a letter."""
    types = {column.type.python_type for table in TABLES for column in table.columns}
    assert types <= {str, int, float, bool}
    assert all(table.name[0].isalpha() for table in TABLES)
