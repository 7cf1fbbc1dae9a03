"""Eight threads over a shard leave what one leaves: the same ids, nothing twice, nothing lost, vault and log whole."""

import math
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pipeline.core.model import AssetId
from pipeline.service import App, open_app
from pipeline.settings import read_settings
from tests.service.conftest import tone

pytestmark = pytest.mark.slow

TASKS = ("extract",)
STAGES = ("identify", "probe", "extract_audio", "speech")


def material(folder: Path, testdata: Path) -> Path:
    """Make 60 small items: pictures with and without a place, sound, text, damage, doubles."""
    folder.mkdir()
    for n in range(20):
        Image.new("RGB", (40 + n, 30), (n * 9, 90, 40)).save(folder / f"plain{n}.png")
    for n, photo in enumerate(sorted((testdata / "photo_exif").glob("ia_*.jpg"))):
        shutil.copy(photo, folder / f"photo{n}.jpg")
    for n in range(10):
        tone(folder / f"tone{n}.wav", seconds=0.3, hertz=300 + 40 * n)
        (folder / f"note{n}.txt").write_text(f"note {n} {math.pi}", encoding="utf-8")
    for n in range(60 - len(list(folder.iterdir())) - 4):
        (folder / f"cut{n}.jpg").write_bytes((folder / "photo0.jpg").read_bytes()[: 4000 + n])
    for n in range(3):
        shutil.copy(folder / f"tone{n}.wav", folder / f"zz_double{n}.wav")
    (folder / "empty.mp4").touch()
    assert len(list(folder.iterdir())) == 60
    return folder


def opened(folder: Path, threads: int) -> App:
    place = {"home": folder, "keys": folder / "keys", "scratch": folder / "scratch"}
    database = f"sqlite:///{folder / 'catalogue.sqlite'}"
    return open_app(
        read_settings().model_copy(update={**place, "database": database, "items_at_once": threads})
    )  # fmt: skip


def records(app: App, batch: str) -> dict[AssetId, list[str]]:
    """Return the ids of every asset's records as they lie in the vault, each as often as it is there."""
    return {
        one.id: sorted(record["id"] for record in app.home.vault.records(one.id))
        for one in app.home.catalogue.batch_assets(batch)
    }


def check(app: App) -> None:
    assert app.auditing.audit()["findings"] == []
    assert app.keeping.verify_log()["findings"] == []


def run_whole(app: App) -> Any:
    return app.line.process("b", stages=STAGES)


def run_tasks(app: App) -> Any:
    for shard in app.line.shards("b"):
        for task in TASKS:
            app.line.run_stages(task, shard)
        app.line.write_back(shard)
    return app.line.status("b")


def test_threads_leave_what_one_leaves(tmp_path: Path, testdata: Path) -> None:
    folder = material(tmp_path / "m", testdata)
    found = []
    for name, threads, run in (("one", 1, run_whole), ("eight", 8, run_whole), ("tasks", 8, run_tasks)):
        app = opened(tmp_path / name, threads)
        app.line.submit([folder], batch="b", recursive=True)
        status = run(app)
        ids = records(app, "b")
        found.append((ids, {stage: status["outcomes"][stage] for stage in STAGES}))
        for some in ids.values():
            assert max(Counter(some).values()) == 1
        versions = list((tmp_path / name / "vault" / "objects").rglob("enrichments/*.jsonl"))
        assert len(versions) == len(ids)
        assert app.home.catalogue.unwritten(next(iter(ids))) == ()
        check(app)
        app.close()

    assert found[0] == found[1]
    whole, outcomes = found[2]
    assert outcomes == found[0][1]
    assert {asset: [one for one in ids if one in found[0][0][asset]] for asset, ids in whole.items()} == found[0][0]
