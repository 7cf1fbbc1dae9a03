"""Geolocate: claims side by side, named, weighed; and no place where there is none."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.model import Asset, AssetId, Enrichment, Kind, Maker, Outcome
from pipeline.core.ports import Place
from pipeline.stages.base import Job, Result
from pipeline.stages.geolocate import geolocate
from tests.stages.conftest import Line


@dataclass(kw_only=True)
class Atlas:
    """A geographer who knows one town, on a round Earth."""

    engine: str = "atlas"
    model: str = "one town"
    weights_sha256: str = ""
    provenance: str = "none"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)

    def nearest(self, lat: float, lon: float) -> Place | None:
        return Place(
            name="Aleppo", admin="Aleppo Governorate", country="Syria", lat=36.2021, lon=37.1343,
            distance_m=self.distance((lat, lon), (36.2021, 37.1343)),
        )  # fmt: skip

    def distance(self, a: tuple[float, float], b: tuple[float, float]) -> float:
        (lat, lon), (other_lat, other_lon) = ([math.radians(one) for one in point] for point in (a, b))
        half = (
            math.sin((lat - other_lat) / 2) ** 2
            + math.cos(lat) * math.cos(other_lat) * math.sin((lon - other_lon) / 2) ** 2
        )
        return 2 * 6_371_000 * math.asin(math.sqrt(half))


def _refuse(*_: Any, **__: Any) -> Any:
    raise AssertionError


def _locate(line: Line, raw: Mapping[str, str]) -> Result:
    probe = Enrichment(
        asset=AssetId("0" * 64), kind=Kind.PROBE, maker=Maker(stage="probe", version=1), basis=(),
        outcome=Outcome.DONE, made_at="2026-01-01T00:00:00Z", body={"tags": {"raw": raw}},
    )  # fmt: skip
    job = Job(
        asset=Asset(id=AssetId("0" * 64), sha512="", bytes=1), path=line.folder, known={Kind.PROBE: probe},
        tools=line.tools, scratch=line.folder, limits={}, put=_refuse, derivative=_refuse,
    )  # fmt: skip
    return geolocate(job, Atlas())


def _exif(lat: float, lon: float, **more: str) -> dict[str, str]:
    tags = {"GPSLatitude": str(lat), "GPSLatitudeRef": "N", "GPSLongitude": str(lon), "GPSLongitudeRef": "E", **more}
    return {f"exiftool:GPS:{name}": value for name, value in tags.items()}


def _body(result: Result) -> dict[str, Any]:
    assert result.body is not None
    return result.body.model_dump(mode="json")


def test_no_position_is_an_answer(line: Line) -> None:
    result = _locate(line, {"exiftool:IFD0:Make": "Canon"})
    assert (result.outcome, result.code, result.body) == ("empty", "N-PLACE-001", None)


def test_a_position_is_named_by_its_nearest_settlement(line: Line) -> None:
    (claim,) = _body(_locate(line, _exif(36.2101, 37.1343)))["claims"]
    assert (claim["name"], claim["country"], claim["source"]) == ("Aleppo", "Syria", "exif")
    (far,) = _body(_locate(line, _exif(36.9021, 37.1343)))["claims"]
    assert (far["name"], far["country"]) == (None, "Syria")
    (sea,) = _body(_locate(line, _exif(36.2021, 33.1343)))["claims"]
    assert (sea["name"], sea["country"]) == (None, None)


def test_two_sources_that_agree_support_each_other(line: Line) -> None:
    body = _body(_locate(line, {**_exif(36.2021, 37.1343), "ffprobe:format:location": "+36.2022+037.1343/"}))
    assert [one["agrees_with"] for one in body["claims"]] == [[1], [0]]
    assert [one["conflicts_with"] for one in body["claims"]] == [[], []]
    assert body["best"]["claim"] == 0


def test_equals_that_conflict_leave_the_choice_to_a_person(line: Line) -> None:
    body = _body(_locate(line, {**_exif(36.2021, 37.1343), "ffprobe:format:location": "+33.5138+036.2765/"}))
    assert [one["conflicts_with"] for one in body["claims"]] == [[1], [0]]
    assert body["best"] is None


def test_editing_programs_are_trusted_less_than_the_camera(line: Line) -> None:
    xmp = {"exiftool:XMP-exif:GPSLatitude": "33.5138", "exiftool:XMP-exif:GPSLongitude": "36.2765"}
    body = _body(_locate(line, {**_exif(36.2021, 37.1343), **xmp}))
    assert body["best"]["claim"] == 0
    assert any("conflict" in one for one in body["best"]["reasons"])


def test_a_receiver_without_a_fix_is_no_best_claim(line: Line) -> None:
    body = _body(_locate(line, _exif(36.2021, 37.1343, GPSStatus="V")))
    assert (body["claims"][0]["notes"], body["best"]) == (["void_fix"], None)


@pytest.mark.slow
def test_real_files_are_placed_within_ten_metres_and_never_out_of_nothing(line: Line, testdata: Path) -> None:
    found = missed = 0
    for one in json.loads((testdata / "MANIFEST.json").read_text())["files"]:
        truth = (one.get("ground_truth") or {}).get("gps", "unknown")
        if truth == "unknown" and one["path"] not in _IMPOSSIBLE:
            continue
        places = line.run(testdata / one["path"], "geolocate")["geolocate"]
        if not isinstance(truth, dict) or truth["lat"] == truth["lon"] == 0:
            assert places.code == "N-PLACE-001", one["path"]
            continue
        near = [
            claim
            for claim in places.body.get("claims", [])
            if abs(claim["lat"] - truth["lat"]) < 1e-4 and abs(claim["lon"] - truth["lon"]) < 1e-4
        ]
        found, missed = found + bool(near), missed + (not near)
    assert found >= 30
    assert missed <= 0.01 * found


_IMPOSSIBLE = {"hostile/gps_out_of_range.jpg", "photo_exif/pillow_exif_gps.jpg", "photo_exif/pillow_empty_gps_ifd.jpg"}


@pytest.mark.slow
def test_a_known_place_has_its_name(line: Line, testdata: Path) -> None:
    (claim,) = line.run(testdata / "hostile/gps_aleppo_known.jpg", "geolocate")["geolocate"].body["claims"]
    assert (claim["lat"], claim["lon"]) == (36.2021, 37.1343)
    assert "Aleppo" in claim["name"]
    assert claim["country"].startswith("Syria")
