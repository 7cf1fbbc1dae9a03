"""Canonical form: byte for byte what RFC 8785 asks for, whichever way it was written."""

from enum import StrEnum
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.core.canonical import canonical, digest


class Colour(StrEnum):
    """A name that is text."""

    RED = "red"


_NUMBERS = st.integers(-(2**54), 2**54) | st.floats() | st.floats(-1000, 1000) | st.booleans() | st.none()
_TEXT = st.text(st.characters() | st.sampled_from('\x00\x1f\x7f"\\/é\u2028\ue000\uffff\U0001f600\ud800'), max_size=6)
_LEAVES = _NUMBERS | _TEXT | st.just(Colour.RED)
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(_TEXT | st.just(Colour.RED), inner, max_size=4)
        | st.tuples(inner, inner)
    ),
    max_leaves=12,
)


@example({"\U0001f600": 1, "\ue000": 2, "\ud7ff": 3})  # UTF-16 puts the first before the second
@example([0.0, -0.0, 1.0, -5.0, 1e-4, 9e-5, 1e-7, 1e15, 123456789012345.6, 1e16, 2.0**53, -(2.0**53), 1e21, 1.5e300])
@example([2**53 - 1, -(2**53) + 1])
@example([2**53])
@example([float("nan")])
@example([float("-inf")])
@example("half a pair \ud800")
@example({1: "no text"})
@example({"a": {"b": {1, 2}}})
@example([True, 1, False, 0, None, (), {}, [[]]])
@example({"b": Colour.RED, Colour.RED: "a"})
@settings(max_examples=300)
@given(_VALUES)
def test_it_is_what_the_reference_writes_or_its_refusal(value: Any) -> None:
    try:
        wanted = rfc8785.dumps(value)
    except ValueError as refusal:
        with pytest.raises(type(refusal)):
            canonical(value)
    else:
        assert canonical(value) == wanted


def test_numbers_of_other_libraries_are_written_as_their_values() -> None:
    np = pytest.importorskip("numpy")
    assert canonical([np.float64(0.5), np.float64(3.0)]) == b"[0.5,3]"


def test_known_digests_stay() -> None:
    said = {"tags": {"b": "ü\n", "a": '"'}, "seconds": 10.0, "share": 0.1, "small": 1e-9, "n": [1, None, True]}
    assert canonical(said) == (
        b'{"n":[1,null,true],"seconds":10,"share":0.1,"small":1e-9,"tags":{"a":"\\"","b":"\xc3\xbc\\n"}}'
    )
    assert digest(said) == "76d8e2e8c4d103d7731bf05605eadc8a97f7582435050bb3978fb4e8dead2399"
