"""One's own gazetteer: read strictly; an error names the row."""

import json
from pathlib import Path

import pytest

from pipeline.core.gazetteer import name_key
from pipeline.engines.own_gazetteer import OwnGazetteer
from pipeline.errors import Misconfigured

HEAD = "name,aliases,kind,parent,lat,lon,radius_m\n"
FACILITIES = Path(__file__).resolve().parents[2] / "sample_media" / "facilities.csv"


def _list(folder: Path, text: str, name: str = "own.csv") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_the_example_says_that_it_is_invented_and_reads() -> None:
    assert FACILITIES.read_text(encoding="utf-8").startswith("# INVENTED.")
    assert len(OwnGazetteer([FACILITIES])) == 5


def test_a_name_and_its_aliases_lead_to_one_place(tmp_path: Path) -> None:
    own = OwnGazetteer([_list(tmp_path, f"{HEAD}Invented Mill,طاحونة|Değirmen,mill,A Unit,36.1,37.2,75\n")])
    for name in ("Invented Mill", "طاحونة", "Değirmen", "DEĞİRMEN"):
        (place,) = own.look_up([name_key(name)])[name_key(name)]
        assert (place.name, place.kind, place.parent, place.lat, place.lon, place.radius_m, place.own) == (
            "Invented Mill", "mill", "A Unit", 36.1, 37.2, 75.0, True,
        )  # fmt: skip
    assert len(own) == 1


def test_geojson(tmp_path: Path) -> None:
    feature = {
        "type": "Feature", "geometry": {"type": "Point", "coordinates": [37.2, 36.1]},
        "properties": {"name": "Invented Mill", "aliases": ["طاحونة"], "kind": "mill", "radius_m": 75},
    }  # fmt: skip
    file = _list(tmp_path, json.dumps({"type": "FeatureCollection", "features": [feature]}), "own.geojson")
    (place,) = OwnGazetteer([file]).look_up([name_key("طاحونة")])[name_key("طاحونة")]
    assert (place.lat, place.lon, place.radius_m) == (36.1, 37.2, 75)
    feature["geometry"]["type"] = "Polygon"  # type: ignore[index]  # a literal of mixed values
    with pytest.raises(Misconfigured, match="row 1: lat: not a number"):
        OwnGazetteer([_list(tmp_path, json.dumps({"features": [feature]}), "own.geojson")])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{HEAD}A,,x,,36.1,37.2,75\nB,,x,,96.1,37.2,75\n", "row 3: lat, lon: no place on Earth"),
        (f"# a remark\n{HEAD}A,,x,,north,37.2,75\n", "row 3: lat: not a number"),
        (f"{HEAD}A,,x,,0,0,75\n", "row 2: lat, lon: no place on Earth"),
        (f"{HEAD}A,,x,,36.1,nan,75\n", "row 2: lat, lon: no place on Earth"),
        (f"{HEAD}A,,x,,36.1,37.2,0\n", "row 2: radius_m"),
        (f"{HEAD}A,,x,,36.1,37.2,\n", "row 2: radius_m: not a number"),
        (f"{HEAD},,x,,36.1,37.2,75\n", "row 2: name: empty"),
        (f"{HEAD}A,,x,36.1,37.2,75\n", "row 2: 6 cells, the heading has 7"),
        ("name,lat,lon\nA,36.1,37.2\n", "the heading lacks radius_m"),
        ("name,lat,lon,radius_m,colour\nA,36.1,37.2,75,red\n", "unknown columns: colour"),
        ("", "no heading"),
    ],
)
def test_a_list_that_is_wrong_is_refused_whole(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(Misconfigured, match=said):
        OwnGazetteer([_list(tmp_path, text)])


def test_a_list_that_is_missing_or_no_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"gone\.csv"):
        OwnGazetteer([tmp_path / "gone.csv"])
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Misconfigured, match="not UTF-8"):
        OwnGazetteer([tmp_path / "bytes.csv"])
