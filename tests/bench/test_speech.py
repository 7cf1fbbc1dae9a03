"""The benchmark of speech, on a few seconds: every figure is there, and what it compares is said."""

from pathlib import Path

import pytest

from bench import speech
from bench.spoken import clips, words
from pipeline.core.error_rates import normalised


def test_words_are_compared_as_in_make_quality() -> None:
    text = "L\u2019été, STRASSE Straße! كِتـاب ٣"
    assert words(text) == tuple(normalised(text).split()) == ("lété", "strasse", "strasse", "كتاب", "3")


@pytest.mark.slow
def test_few_seconds_are_asked_for_and_no_more_are_taken(testdata: Path, tmp_path: Path) -> None:
    assert testdata.is_dir()
    some = clips(tmp_path, "en", "de", seconds=1)
    assert [one.language for one in some] == ["de", "en"]


@pytest.mark.slow
def test_the_stage_as_the_line_runs_it_has_a_figure_of_its_own(testdata: Path, tmp_path: Path) -> None:
    """It is compared with the stage without the second reading, says so, and has no bar to meet."""
    assert testdata.is_dir()
    (clip,) = clips(tmp_path, "de", seconds=1)

    figure = speech._whole_stage(clip, speech._ours(), speech._ours(whole=True))

    assert figure.ours > 0 < figure.peer
    assert figure.bar is None
    assert "second reading" in figure.peer_is
