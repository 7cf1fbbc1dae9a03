"""What a stage may read of how an asset came: the name, the files beside it, and a mark that gives nothing away."""

from pathlib import Path

import pytest

from pipeline.core.model import AssetId
from pipeline.service import App, open_app
from pipeline.stages.base import Acquired
from pipeline.usecases.acquired import acquired

FACTS = ("filename", "sidecars")


@pytest.fixture
def app() -> App:
    return open_app()


def put(app: App, folder: Path, batch: str, **files: bytes) -> dict[str, AssetId]:
    folder.mkdir(exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    told = app.line.submit(sorted(folder.iterdir()), batch=batch)
    return {Path(one["path"]).name: one["asset"] for one in told["items"]}


def known(app: App, asset: AssetId, into: Path) -> tuple[Acquired, ...]:
    into.mkdir(exist_ok=True)
    return acquired(app.home, asset, FACTS, into)


def test_a_file_of_the_same_name_beside_it_is_its_sidecar(app: App, tmp_path: Path) -> None:
    files = {
        "DJI_1.MP4": b"film",
        "DJI_1.SRT": b"track",
        "DJI_1.MP4.json": b"{}",
        "DJI_2.SRT": b"other",
        "DJI_1.txt": b"no",
    }
    assets = put(app, tmp_path / "card", "b", **files)
    (one,) = known(app, assets["DJI_1.MP4"], tmp_path / "lent")
    assert one.facts == {"filename": "DJI_1.MP4"}
    assert {name: file.read_bytes() for name, file in one.sidecars.items()} == {
        "DJI_1.SRT": b"track", "DJI_1.MP4.json": b"{}",
    }  # fmt: skip


def test_a_file_of_another_folder_or_batch_is_no_sidecar(app: App, tmp_path: Path) -> None:
    asset = put(app, tmp_path / "one", "b", **{"a.mp4": b"film"})["a.mp4"]
    put(app, tmp_path / "two", "b", **{"a.srt": b"other folder"})
    put(app, tmp_path / "one", "c", **{"a.srt": b"other batch"})
    assert [one.sidecars for one in known(app, asset, tmp_path / "lent") if one.batch == "b"] == [{}]


def test_each_way_in_which_an_asset_came_is_told_apart(app: App, tmp_path: Path) -> None:
    asset = put(app, tmp_path / "one", "b", **{"first.mp4": b"film"})["first.mp4"]
    put(app, tmp_path / "two", "c", **{"second.mp4": b"film"})
    told = known(app, asset, tmp_path / "lent")
    assert [(one.batch, one.n, one.facts["filename"]) for one in told] == [
        ("b", 1, "first.mp4"),
        ("c", 1, "second.mp4"),
    ]
    assert len({one.mark for one in told}) == 2


def test_the_mark_changes_with_what_is_known_and_is_salted(app: App, tmp_path: Path) -> None:
    asset = put(app, tmp_path / "one", "b", **{"a.mp4": b"film"})["a.mp4"]
    (before,) = known(app, asset, tmp_path / "lent")
    (again,) = known(app, asset, tmp_path / "again")
    assert again.mark == before.mark
    put(app, tmp_path / "one", "b", **{"a.srt": b"track"})
    (after,) = known(app, asset, tmp_path / "later")
    assert after.mark != before.mark
    twin = put(app, tmp_path / "one", "d", **{"a.mp4": b"film"})["a.mp4"]
    marks = {one.mark for one in known(app, twin, tmp_path / "twin")}
    assert len(marks) == 2, "the same facts under another salt have another mark"
