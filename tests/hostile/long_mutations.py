"""The long form of test_mutations.py: two thousand changed files, in shards with sound neighbours."""

import json
import os
import shutil
from itertools import islice
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT
from tests.hostile.campaign import NEIGHBOURS, Tally, alone, run, written
from tests.hostile.mutations import mutants, sources
from tests.hostile.test_mutations import SEED, show_clean

FIRST, COUNT = (int(os.environ.get(name, usual)) for name, usual in (("MUTATIONS_FROM", "0"), ("MUTATIONS", "2000")))
SHARD = 125

pytestmark = pytest.mark.timeout(4 * 3600)


def test_thousands_of_mutants_do_no_harm(testdata: Path, tmp_path: Path) -> None:
    neighbours = [testdata / one for one in NEIGHBOURS]
    known = alone(tmp_path / "alone", neighbours)
    tally, made = Tally(), FIRST
    every = mutants(sources(testdata, CHECKOUT / "sample_media/built/media"), COUNT, seed=SEED)
    every = islice(every, FIRST, None)
    while shard := list(islice(every, SHARD)):
        place = tmp_path / f"shard{made}"
        files = written(place / "changed", shard)
        run(tally, place / "run", files, neighbours, known, changed=True)
        made += len(shard)
        print(f"{made} of {COUNT}", json.dumps(tally.report()), flush=True)
        if tally.refused_all_the_same or tally.unsettled:
            print("\n".join([*tally.refused_all_the_same, *tally.unsettled]), flush=True)
        shutil.rmtree(place)
    show_clean(tally)
