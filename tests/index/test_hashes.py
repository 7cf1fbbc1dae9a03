"""Prints are found by what they share, kept once, and outlive a rebuild."""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.model import AssetId
from pipeline.core.ports import Print
from pipeline.core.prints import Window, read_windows, spell_sound, spell_windows
from pipeline.index.hashes import SCHEMA, candidates, keep_prints, prints_in, prints_of
from pipeline.index.rebuild import rebuild
from pipeline.index.sqlite import SqliteIndex


def wrong(value: bytes, bits: int, rng: random.Random) -> bytes:
    number = int.from_bytes(value)
    for bit in rng.sample(range(256), bits):
        number ^= 1 << bit
    return number.to_bytes(32)


def picture(rng: random.Random, *, windows: int = 8, t: float | None = None) -> Print:
    cut = [
        Window(x=0.5, y=0.5, half=0.1, value=rng.randbytes(32), mirrored=rng.randbytes(32)) for _ in range(windows)
    ]  # fmt: skip
    return Print(
        enrichment="e", sound=False, t=t, place=None, width=640, height=480,
        values=tuple(rng.randbytes(32) for _ in range(8)), windows=spell_windows(cut),
    )  # fmt: skip


def recording(rng: random.Random, many: int = 40) -> Print:
    return Print(enrichment="e", sound=True, t=0.0, place=0, values=tuple(rng.randbytes(4) for _ in range(many)))


@pytest.fixture
def table() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.executescript(SCHEMA)
        yield connection


def found(table: sqlite3.Connection, asked: Print) -> list[str]:
    return [asset for asset, _ in candidates(table, asked, 100)[0]]


@pytest.mark.parametrize("bits", [0, 8, 21])
def test_a_whole_picture_is_found_by_a_hash_with_wrong_bits(table: sqlite3.Connection, bits: int) -> None:
    rng = random.Random(bits)
    for n in range(50):
        one = picture(rng, windows=0)
        keep_prints(table, f"a{n}", [one])
        asked = replace(one, values=(wrong(one.values[0], bits, rng), *picture(rng).values[1:]))

        assert f"a{n}" in found(table, asked)  # up to 21 bits without exception: 11 bands, one bit each


def test_a_turned_picture_is_found_by_the_orientation_asked(table: sqlite3.Connection) -> None:
    rng = random.Random(1)
    kept, asked = picture(rng, windows=0), picture(rng, windows=0)
    keep_prints(table, "a", [kept])

    assert found(table, asked) == []
    assert found(table, replace(asked, values=(*asked.values[:5], kept.values[0], *asked.values[6:]))) == ["a"]


def test_a_part_is_found_by_any_window_and_its_mirror_image_by_the_mirrored_ones(table: sqlite3.Connection) -> None:
    rng = random.Random(2)
    kept = picture(rng)
    keep_prints(table, "a", [kept])
    one = read_windows(kept.windows)[3]
    for value, mirrored in ((one.value, rng.randbytes(32)), (rng.randbytes(32), one.value)):
        window = Window(x=0.1, y=0.1, half=0.05, value=value, mirrored=mirrored)

        assert found(table, replace(picture(rng), windows=spell_windows([window]))) == ["a"]


def test_sound_is_found_by_the_values_it_shares_and_never_by_pictures(table: sqlite3.Connection) -> None:
    rng = random.Random(3)
    kept = recording(rng)
    keep_prints(table, "a", [kept])

    assert found(table, replace(recording(rng), values=(*recording(rng).values, *kept.values[4:6]))) == ["a"]
    assert found(table, recording(rng)) == []


def test_what_shares_most_comes_first_and_a_cut_is_told(table: sqlite3.Connection) -> None:
    rng = random.Random(4)
    asked = recording(rng)
    for n in range(1, 6):
        keep_prints(table, f"a{n}", [replace(recording(rng), values=(*recording(rng).values, *asked.values[: n * 3]))])

    some, whole = candidates(table, asked, 2)

    assert ([asset for asset, _ in some], whole) == (["a5", "a4"], False)
    assert candidates(table, asked, 5)[1]


def test_a_value_that_a_thousand_share_tells_nothing(table: sqlite3.Connection) -> None:
    rng = random.Random(5)
    common = rng.randbytes(4)
    for n in range(1001):
        keep_prints(table, f"a{n}", [replace(recording(rng, 1), values=(common, rng.randbytes(4)))])

    assert found(table, replace(recording(rng), values=(common,))) == []


def test_prints_are_replaced_as_a_whole_and_forgotten(table: sqlite3.Connection) -> None:
    rng = random.Random(6)
    old, new = picture(rng), picture(rng)
    keep_prints(table, "a", [old])
    keep_prints(table, "a", [new])
    assert (found(table, old), found(table, new)) == ([], ["a"])

    keep_prints(table, "a", [])

    assert found(table, new) == []
    assert table.execute("SELECT count(*) FROM bands").fetchone() == (0,)


def test_equal_prints_write_nothing(table: sqlite3.Connection) -> None:
    one = picture(random.Random(7))
    keep_prints(table, "a", [one])
    before = table.total_changes

    keep_prints(table, "a", [one])

    assert table.total_changes == before


def test_prints_come_back_with_what_a_comparison_needs(table: sqlite3.Connection) -> None:
    one = replace(picture(random.Random(8), t=1.5), of_acquisition=("b", 3))
    keep_prints(table, "a", [one])

    assert prints_in(table, "a") == [replace(one, values=one.values[:1])]


def hashed(**more: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "t": None,
        "frame": None,
        "stream": None,
        "width": 8,
        "height": 6,
        "quality": 100,
        "turned": {},
        "flags": [],
    }
    return {**base, **more}


def test_flat_hashes_and_past_fingerprints_link_nothing() -> None:
    flat = [
        hashed(algorithm="pdq", value="00" * 32, flags=["flat"]),
        hashed(algorithm="chromaprint", value=spell_sound([7, 7]), t=0.0, stream=0, flags=["flat"]),
    ]
    good = [hashed(algorithm="pdq", value="ab" * 32)]
    base = {"kind": "fingerprint", "outcome": "done", "current": True, "id": "e", "of_acquisition": None}
    document = {"enrichments": [
        {**base, "body": {"hashes": flat}}, {**base, "current": False, "body": {"hashes": good}},
        {**base, "outcome": "empty", "body": {"hashes": good}},
    ]}  # fmt: skip

    assert prints_of(document) == []
    assert len(prints_of({"enrichments": [{**base, "body": {"hashes": good}}]})) == 1


def test_a_rebuild_brings_prints_and_carries_over_what_came_meanwhile(tmp_path: Path) -> None:
    rng = random.Random(9)
    index = SqliteIndex(tmp_path / "index.sqlite")
    before, meanwhile = picture(rng), picture(rng)
    one, other = AssetId("a" * 64), AssetId("b" * 64)
    index.put(one, [], [before])

    def source() -> Iterator[tuple[AssetId, list[Any], list[Print]]]:
        yield one, [], [before]
        index.put(other, [], [meanwhile])

    rebuild(index, source())

    assert [asset for asset, _ in index.alike(before)[0]] == [one]
    assert [asset for asset, _ in index.alike(meanwhile)[0]] == [other]
    index.close()
