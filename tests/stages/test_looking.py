"""Looking: what looks at pictures says so where they were decoded only in part."""

from pathlib import Path

import pytest

from tests.stages.conftest import Line

pytestmark = pytest.mark.slow

LOOKING = ("detect", "tag", "screen", "read_text", "fingerprint")


def test_of_half_a_photograph_nothing_claims_to_have_seen_all(line: Line, testdata: Path) -> None:
    found = line.run(testdata / "hostile/truncated_half.jpg", *LOOKING)
    for name in LOOKING:
        coverage = found[name].coverage
        assert coverage is not None, name
        assert coverage.of == 1, name
        assert coverage.read == pytest.approx(174 / 576, abs=1e-3), name
        assert coverage.gaps == ((coverage.read, 1.0, "E-MEDIA-007"),), name


def test_of_a_damaged_film_the_keyframes_are_not_all_there_was(line: Line, testdata: Path) -> None:
    found = line.run(testdata / "hostile/decord_corrupted.mp4", *LOOKING)
    for name in LOOKING:
        coverage = found[name].coverage
        assert coverage is not None, name
        assert coverage.partial, name


def test_what_is_whole_is_seen_whole(line: Line, testdata: Path) -> None:
    for name, one in line.run(testdata / "photo_objects/skimage_coffee.png", *LOOKING).items():
        assert one.coverage is None or not one.coverage.partial, name
