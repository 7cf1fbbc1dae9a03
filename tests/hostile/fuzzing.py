"""Fuzzing: words of a grammar put together at random, and a clock on whoever reads them."""

import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from hypothesis import strategies as st

from pipeline.errors import PipelineError

SECONDS = 3.0
"""Of processor time, for one reading of at most a few hundred kilobytes, on a busy machine."""


@contextmanager
def soon() -> Iterator[None]:
    began = time.thread_time()
    with suppress(PipelineError):
        yield
    assert time.thread_time() - began < SECONDS


def tokens(*words: str) -> st.SearchStrategy[str]:
    """Return text of a grammar's own words, numbers at the edges, and anything else."""
    numbers = st.sampled_from(
        ["0", "-1", "180", "181", "99999999999999999999", "1e999", "NaN", "-0.0", "٣٦", "².5", "1/0"]
    )
    strange = st.sampled_from(["\x00", "\u202e", "\ud800", "\U0010ffff", "\r", "\n\n", "\ufeff", "－", "𝟙", "ﷺ"])
    piece = st.one_of(st.sampled_from(words), st.sampled_from(words), numbers, strange, st.text(max_size=5))
    return st.lists(piece, max_size=25).map("".join)


def bytes_of(*words: bytes) -> st.SearchStrategy[bytes]:
    """Return bytes of a format's own marks, sizes at the edges, and anything else."""
    size = st.sampled_from([0, 1, 7, 8, 16, 255, 65_535, 1 << 31, (1 << 32) - 1])
    piece = st.one_of(
        st.sampled_from(words), size.map(lambda n: struct.pack(">I", n)), size.map(lambda n: struct.pack("<I", n)),
        st.binary(max_size=24),
    )  # fmt: skip
    return st.lists(piece, max_size=20).map(b"".join)


OBJECTS = st.recursive(
    st.one_of(st.none(), st.booleans(), st.floats(), st.integers(), st.text(max_size=6)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(["geoData", "latitude", "longitude", "schema", "process", "files", "path"]), inner
        ),
    ),
    max_leaves=12,
)
