"""The whole plan, with every model, on mutants of speech, photographs and film: what reaches a model harms none."""

import json
import os
from pathlib import Path

import pytest

from pipeline.plan import plan
from tests.hostile import campaign
from tests.hostile.campaign import NEIGHBOURS, Tally, run, written
from tests.hostile.mutations import mutants, sources
from tests.hostile.test_mutations import SEED, show_clean

COUNT = int(os.environ.get("MUTATIONS_HEAVY", "24"))

pytestmark = pytest.mark.timeout(2 * 3600)


def test_mutants_pass_every_model(testdata: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign, "MOST_SECONDS", 900)  # a model takes its time
    stages = tuple(step.stage.name for step in plan())
    files = written(tmp_path / "changed", list(mutants(sources(testdata), COUNT, seed=SEED + 1)))
    tally = Tally()

    run(tally, tmp_path / "run", files, [testdata / one for one in NEIGHBOURS], {}, changed=True, stages=stages)

    print(json.dumps(tally.report(), indent=1))
    show_clean(tally)
    reached = {stage for stage, outcome, _ in tally.outcomes if outcome in {"done", "empty"}}
    assert {"transcribe", "detect", "read_text", "screen", "tag", "geolocate"} <= reached
