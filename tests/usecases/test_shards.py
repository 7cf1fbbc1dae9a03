"""Shards are cut by what was decoded; before anything is, by bytes; never by what a file says of itself."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.service import App, open_app
from pipeline.settings import read_settings
from tests.service.conftest import tone


@pytest.fixture
def app() -> Iterator[App]:
    found = open_app(read_settings().model_copy(update={"shard_seconds": 4.0}))
    yield found
    found.close()


def sizes(app: App) -> list[int]:
    return [int(one["size"]) for one in app.line.shards("b")]


def test_decoded_seconds_decide_once_they_are_known(app: App, tmp_path: Path) -> None:
    folder = tmp_path / "m"
    folder.mkdir()
    for n in range(6):  # 0.5 s in 4 MB: bytes would say 80 s
        with tone(folder / f"{n}.wav", seconds=0.5, hertz=300 + n).open("ab") as file:
            file.write(b"junk\x00\x80\x3d\x00" + bytes(4_000_000))
    app.line.submit([folder], batch="b", recursive=True)
    assert sizes(app) == [1] * 6

    app.line.process("b", stages=("identify", "probe"))

    assert sizes(app) == [2, 2, 2]


@pytest.mark.slow
def test_a_declared_duration_counts_for_nothing(app: App, testdata: Path, tmp_path: Path) -> None:
    liar = tmp_path / "claims_39_hours.mp4"
    shutil.copy(testdata / "video" / "m3_sample_fragmented.mp4", liar)
    app.line.submit([liar, tone(tmp_path / "tone.wav", seconds=0.5)], batch="b")
    app.line.process("b", stages=("identify", "probe"))

    probed = app.home.catalogue.counts.probed("b")
    assert all(one is not None and one < 60 for one in probed.values())
    assert sum(sizes(app)) == 2
