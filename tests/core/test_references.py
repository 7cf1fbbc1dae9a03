"""Films whose tracks lie elsewhere are known by their own words."""

import io
import struct
from pathlib import Path

import pytest

from pipeline.core.references import tracks_elsewhere
from tests.core.films import box, reference_film, track


@pytest.mark.parametrize(("parts", "found"), [
    ([box(b"rmra", box(b"rmda", b"url file:///etc/passwd"))], (1, 1)),
    ([track(outside=True)], (1, 1)),
    ([track(outside=True), track(outside=False)], (1, 2)),
    ([track(outside=False)], (0, 1)),
    ([], (0, 0)),
])  # fmt: skip
def test_tracks_are_counted(parts: list[bytes], found: tuple[int, int]) -> None:
    assert tracks_elsewhere(io.BytesIO(reference_film(*parts))) == found


def test_boxes_that_lie_about_their_size_end_the_look() -> None:
    film = reference_film(track(outside=True))
    for at in range(len(film) - 4):
        lied = film[:at] + struct.pack(">I", 0xFFFFFFFF) + film[at + 4 :]
        outside, tracks = tracks_elsewhere(io.BytesIO(lied))
        assert 0 <= outside <= tracks <= 1


def test_no_real_film_lies_elsewhere(testdata: Path) -> None:
    for file in sorted((testdata / "video").iterdir()):
        with file.open("rb") as opened:
            assert tracks_elsewhere(opened)[0] == 0
