"""Limits: whatever bounds the tools of a stage can change what it says, so its maker names it."""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pipeline.core.model import Asset, Enrichment, Kind
from pipeline.settings import Limits
from pipeline.stages import all_stages
from pipeline.stages.base import Acquired, Result, Stage
from pipeline.tools import open_tools
from tests.stages.conftest import Line

pytestmark = pytest.mark.slow

WRITES_NO_FILE = {"detect", "fingerprint", "geolocate", "identify", "read_text", "scan", "screen", "tag"}
"""Stages whose tools only answer: the largest file that a tool may write is nothing to them."""


class Watched(Limits):
    """Limits that remember which of them were asked for."""

    def __getattribute__(self, name: str) -> Any:
        if name in Limits.model_fields:
            object.__getattribute__(self, "__dict__").setdefault("asked", set()).add(name)
        return object.__getattribute__(self, name)


class Watcher(Line):
    """A line that gives each stage tools of its own, and notes by which limits they were bound."""

    used: dict[str, set[str]]

    def _work(
        self, stage: Stage, asset: Asset, file: Path, known: Mapping[Kind, Enrichment], acquired: tuple[Acquired, ...]
    ) -> Result:
        limits = Watched()
        tools = open_tools(self.settings.model_copy(update={"limits": limits}))
        limits.__dict__["asked"] = set()  # opening them bounds nothing
        self.tools = tools
        try:
            return super()._work(stage, asset, file, known, acquired)
        finally:
            tools.close()
            self.used[stage.name] |= limits.__dict__["asked"]


def test_a_stage_declares_every_limit_that_its_tools_are_bound_by(line: Line, testdata: Path, tmp_path: Path) -> None:
    watcher = Watcher(
        folder=line.folder, tools=line.tools, engines=line.engines, has=line.has, settings=line.settings
    )  # fmt: skip
    watcher.used = defaultdict(set)
    moving = tmp_path / "moving.gif"
    shades = [Image.new("L", (64, 64), shade) for shade in (0, 120, 255)]
    shades[0].save(moving, save_all=True, append_images=shades[1:], duration=500)
    stages = {one.name: one for one in all_stages() if one.tools}
    film, raw = testdata / "video/made_5_scenes_fr.mp4", testdata / "photo_exif/exiftool_CanonRaw.cr2"

    watcher.run(raw, "detect", "tag", "screen", "read_text", "fingerprint", "previews", "scan")
    watcher.run(moving, "previews")
    found = watcher.run(film, "extract_audio", "fingerprint", "previews", "scan")
    before = {one.kind: one for one in found.values()}
    watcher._one(stages["geolocate"], Asset(id=before[Kind.PROBE].asset, sha512="", bytes=1), film, before, ())

    assert stages.keys() <= watcher.used.keys()
    left_out = {
        name: used - {*stages[name].limits} - ({"output_bytes"} if name in WRITES_NO_FILE else set())
        for name, used in watcher.used.items()
        if name in stages
    }
    assert {name: found for name, found in left_out.items() if found} == {}


def test_a_stage_declares_only_limits_that_there_are() -> None:
    for one in all_stages():
        assert {*one.limits} <= Limits.model_fields.keys(), one.name
        assert len({*one.limits}) == len(one.limits), one.name
