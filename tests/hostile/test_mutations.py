"""Harmful and damaged files among sound ones: none harms, leaks, stalls or vanishes; long_mutations.py is longer."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.hostile.campaign import NEIGHBOURS, Tally, alone, run, written
from tests.hostile.canaries import laid_out, shows
from tests.hostile.mutations import CHANGES, mutants, sources

SEED = 20261123
COUNT = 36


def show_clean(tally: Tally) -> None:
    """Raise, with everything that was found, unless nothing was."""
    assert tally.escapes == []
    assert tally.deaths == []
    assert tally.unsettled == []
    assert tally.slow == []
    assert tally.strangers == []
    assert tally.damaged == []
    assert tally.kept >= 0.95, "\n".join(tally.refused_all_the_same)


def test_hostile_files_and_mutants_do_no_harm(testdata: Path, tmp_path: Path) -> None:
    neighbours = [testdata / one for one in NEIGHBOURS]
    hostile = sorted(one for one in (testdata / "hostile").rglob("*") if one.is_file())
    changed = written(tmp_path / "changed", list(mutants(sources(testdata), COUNT, seed=SEED)))
    known = alone(tmp_path / "alone", neighbours)
    tally = Tally()

    run(tally, tmp_path / "hostile", hostile, neighbours, known)
    run(tally, tmp_path / "mutated", changed, neighbours, known, changed=True)

    print(json.dumps(tally.report(), indent=1))
    show_clean(tally)
    assert tally.files > len(hostile) + COUNT
    assert tally.pictures > 20
    assert tally.decodable > 0


def test_a_neighbour_that_is_told_otherwise_would_be_named(testdata: Path, tmp_path: Path) -> None:
    sound, picture = (testdata / one for one in NEIGHBOURS[:3:2])
    known = alone(tmp_path / "alone", [sound, picture])
    other = {digest: [f"{one[:-1]}?" for one in ids] for digest, ids in list(known.items())[:1]}
    tally = Tally()
    run(tally, tmp_path / "run", [], [sound, picture], known | other)
    assert tally.strangers == [*other]
    with pytest.raises(AssertionError):
        show_clean(tally)


def test_each_change_is_the_same_again(testdata: Path) -> None:
    files = sources(testdata)
    first = list(mutants(files, 3 * len(CHANGES), seed=SEED))

    assert [one.data for one in first] == [one.data for one in mutants(files, 3 * len(CHANGES), seed=SEED)]
    assert {one.how for one in first} == set(CHANGES)
    originals = {one.read_bytes() for one in files}
    assert sum(one.data in originals for one in first) < 3


def test_the_other_case_would_be_recognised(testdata: Path, tmp_path: Path) -> None:
    with laid_out(tmp_path) as canaries:
        frame = tmp_path / "frame.jpg"
        subprocess.run(
            ["ffmpeg", "-nostdin", "-v", "error", "-i", str(canaries.film), "-frames:v", "1", "-vf", "scale=90:-1",
             str(frame)],
            check=True,
        )  # fmt: skip
        assert shows(frame)
    assert not shows(testdata / "photo_objects/skimage_coffee.png")
