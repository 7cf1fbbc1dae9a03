import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.canonical import canonical
from pipeline.errors import Refused
from pipeline.tools.answers import json_safe, read_json

text = st.text(alphabet=st.characters(exclude_categories=()))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_whatever_is_said_can_be_kept(value: Any) -> None:
    kept = canonical(json_safe(value))
    assert b"\\u0000" not in kept


@given(st.binary())
def test_whatever_comes_is_read_or_refused(answer: bytes) -> None:
    try:
        canonical(read_json(answer, "tool"))
    except Refused as err:
        assert err.code == "E-MEDIA-006"  # noqa: PT017 - most answers are read


def test_a_number_stays_one_only_if_nothing_is_lost() -> None:
    read = read_json(
        b'{"lat": 36.2021, "fw": 1.10, "serial": 1e5, "big": 12345678901234567890, "n": 3, "odd": NaN}', "tool"
    )
    assert read == {
        "lat": 36.2021, "fw": "1.10", "serial": "1e5", "big": "12345678901234567890", "n": 3, "odd": "NaN",
    }  # fmt: skip


def test_bytes_that_are_no_text_are_seen() -> None:
    assert read_json(b'"\xff\\u0000\\ud800"', "tool") == r"\xff\x00\ud800"


def test_a_tag_as_long_as_a_book_is_cut_and_says_so() -> None:
    assert read_json(json.dumps("x" * 20_000).encode(), "tool").endswith("… [3616 more characters]")


def test_brackets_without_end_are_refused() -> None:
    with pytest.raises(Refused):
        read_json(b"[" * 100_000, "tool")
