"""Ways around a closed asset: a younger list, another name, another batch, another person, a copy, a side-car."""

import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.service.conftest import Evidence, tone
from tests.service.test_unlawful import derived, lists, passages, spelled

STAGES = "identify,probe,extract_audio,keyframes,fingerprint,previews"


def outcomes(evidence: Evidence, batch: str, **more: Any) -> dict[str, dict[str, int]]:
    said: dict[str, dict[str, int]] = evidence("status", batch, **more).json["outcomes"]
    return {stage: tally for stage, tally in said.items() if stage != "write_back"}


@pytest.mark.parametrize("algorithm", ["sha256", "md5"])
def test_a_list_that_came_between_submitting_and_processing(
    evidence: Evidence, tmp_path: Path, home: Path, algorithm: str
) -> None:
    file = tone(tmp_path / "a.wav")
    (item,) = evidence("submit", file, "--batch", "b1").json["items"]
    lists(tmp_path, spelled(algorithm, file.read_bytes()))
    evidence("process", "b1")
    assert {one for tally in outcomes(evidence, "b1").values() for one in tally} == {"held"}
    assert derived(home) == []
    shown = evidence("show", item["asset"]).json["enrichments"]
    assert {one["code"] for one in shown} == {"H-HOLD-001"}


@pytest.mark.slow
def test_a_list_that_came_after_processing(
    evidence: Evidence, processed: dict[str, str], tmp_path: Path, home: Path
) -> None:
    asset = processed["place.jpg"]
    made = {one["sha256"] for found in evidence("show", asset).json["enrichments"] for one in found["derivatives"]}
    lists(tmp_path, asset)
    evidence("process", "b1")
    assert evidence("hold", "list").json["access_holds"] == [asset]
    assert passages(asset) == 0
    assert made
    assert not made & {one.name for one in derived(home)}


@pytest.fixture
def closed(evidence: Evidence, tmp_path: Path) -> tuple[Path, str]:
    """A listed recording in batch b1, and its asset."""
    file = tone(tmp_path / "a.wav")
    lists(tmp_path, spelled("sha256", file.read_bytes()))
    (item,) = evidence("submit", file, "--batch", "b1").json["items"]
    evidence("process", "b1", "--stages", STAGES)
    return file, item["asset"]


def test_another_person_with_the_same_bytes_learns_nothing_by_submitting_them(
    evidence: Evidence, closed: tuple[Path, str], tmp_path: Path, home: Path
) -> None:
    """They hear what anybody hears of a new file; what is refused to them is what every unknown asset refuses."""
    file, asset = closed
    for permission in ("submit", "process", "view", "search", "export"):
        evidence("grant", "analyst", "--permission", permission, "--batch", "b2")
    shutil.copy(file, tmp_path / "holiday.wav")
    shutil.copy(file, tmp_path / "again.wav")
    names = [tmp_path / "holiday.wav", tmp_path / "again.wav"]
    said = evidence("submit", names[0], "--batch", "b2", actor="analyst").json["items"]
    assert [(one["outcome"], one["code"], one["reason"]) for one in said] == [("preserved", None, None)]
    evidence("submit", names[1], "--batch", "b2", actor="analyst")
    evidence("process", "b2", "--stages", STAGES, actor="analyst")
    assert derived(home) == []
    told = [
        evidence("show", asset, actor="analyst"), evidence("similar", asset, actor="analyst"),
        evidence("show", asset[:12], actor="analyst"),
    ]  # fmt: skip
    assert {one.json["error"]["code"] for one in told} == {"E-FIND-001"}
    assert evidence("search", "", "--near", "36,37,20000", actor="analyst").json["total"] == 0
    page = tmp_path / "page.html"
    evidence("report", "b2", "--to", page, actor="analyst")
    shown = page.read_text(encoding="utf-8")
    assert not [one for one in ("data:image", "data:audio", "data:video") if one in shown]


@pytest.mark.parametrize("form", ["jsonl", "csv", "geojson", "webvtt"])
def test_not_even_a_custodian_takes_it_along(
    evidence: Evidence, closed: tuple[Path, str], tmp_path: Path, form: str
) -> None:
    _, asset = closed
    to = tmp_path / "out"
    said = evidence("export", asset, "--format", form, "--to", to, "--recipient", "the court").json
    assert (said["exported"], [one["code"] for one in said["withheld"]]) == ([], ["H-HOLD-001"])
    assert not [one for one in to.rglob("*") if one.is_file() and asset.encode() in one.read_bytes()]


def test_a_side_car_that_is_closed_speaks_for_nothing(evidence: Evidence, tmp_path: Path) -> None:
    """What lies beside a recording under its name is read, too, unless nobody may look at it."""
    from pipeline.core.model import AssetId
    from pipeline.service import open_app
    from pipeline.usecases.acquired import SIDECARS, acquired

    sound, beside = tone(tmp_path / "x.wav"), tmp_path / "x.srt"
    beside.write_text("1\n00:00:00,000 --> 00:00:00,900\nGPS(37.1343,36.2021,0)\n", encoding="utf-8")
    items = evidence("submit", sound, beside, "--batch", "b1").json["items"]

    def read() -> list[str]:
        (into := tmp_path / hashlib.sha256(str(tmp_path.stat().st_mtime_ns).encode()).hexdigest()[:8]).mkdir()
        app = open_app()
        try:
            (one,) = acquired(app.home, AssetId(items[0]["asset"]), (SIDECARS,), into)
            return sorted(one.sidecars)
        finally:
            app.close()

    assert read() == ["x.srt"]
    evidence("hold", "place", "unlawful", items[1]["asset"])
    assert read() == []


@pytest.mark.slow
def test_a_copy_does_not_lead_to_it(evidence: Evidence, testdata: Path, tmp_path: Path) -> None:
    from PIL import Image

    picture = testdata / "photo_objects" / "bus.jpg"
    Image.open(picture).resize((400, 500)).save(tmp_path / "copy.jpg", quality=60)
    items = evidence("submit", picture, tmp_path / "copy.jpg", "--batch", "b1").json["items"]
    evidence("process", "b1", "--stages", STAGES)
    first, copy = (one["asset"] for one in items)
    assert [one["asset"] for one in evidence("similar", copy).json["links"]] == [first]
    evidence("hold", "place", "unlawful", first)
    for _ in range(2):
        assert evidence("similar", copy).json["links"] == []
        evidence("rebuild", "index")


@pytest.mark.slow
def test_what_a_custodian_let_go_is_not_closed_again_by_working_on_it(
    evidence: Evidence, closed: tuple[Path, str]
) -> None:
    _, asset = closed
    evidence("hold", "lift", "access", asset, "--reason", "a mistake of the list")
    evidence("process", "b1", "--stages", STAGES)
    assert evidence("hold", "list").json["access_holds"] == []
    assert outcomes(evidence, "b1")["probe"] == {"done": 1}


def test_the_line_that_names_it_stands_nowhere_in_home_or_answers(
    evidence: Evidence, closed: tuple[Path, str], home: Path
) -> None:
    file, asset = closed
    md5 = hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()
    said = [evidence("show", asset), evidence("status", "b1"), evidence("hold", "list"), evidence("inventory")]
    everything = "".join(one.text + one.complaint for one in said)
    assert "hotline" not in everything
    assert md5 not in everything
    assert json.loads(said[0].text)["enrichments"]
    log = b"".join(one.read_bytes() for one in home.glob("vault/log/segments/*.jsonl"))
    assert b"hotline" not in log
    assert md5.encode() not in log


@pytest.mark.slow
def test_a_film_of_a_listed_picture_is_closed_before_anything_is_shown_of_it(
    evidence: Evidence, testdata: Path, tmp_path: Path, home: Path
) -> None:
    from pipeline.settings import read_settings
    from pipeline.tools import open_tools

    picture = testdata / "photo_objects" / "bus.jpg"
    tools = open_tools(read_settings())
    (still,) = tools.stills(picture, None, (), lambda _frame: picture)
    value = tools.pdq(still.small, 0).values[0].hex()
    tools.close()
    film = tmp_path / "film.mp4"
    subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-loop", "1", "-i", str(picture), "-t", "2", "-r", "10", "-pix_fmt",
         "yuv420p", "-vf", "scale=trunc(iw/4)*2:trunc(ih/4)*2", str(film)], check=True,
    )  # fmt: skip
    lists(tmp_path, f"pdq:{value}")
    (item,) = evidence("submit", film, "--batch", "b1").json["items"]
    evidence("process", "b1", "--stages", STAGES)
    said = outcomes(evidence, "b1")
    assert said["previews"] == said["index"] == {"held": 1}
    assert evidence("hold", "list").json["access_holds"] == [item["asset"]]
    assert derived(home) == []
