"""Positions for receivers and earth viewers: as an independent reader of XML finds them; nothing withheld."""

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.sidecars import read_sidecar
from pipeline.exports.folder import ExportManifest
from pipeline.exports.gpx import write_gpx
from pipeline.exports.kml import write_kml
from tests.exports.documents import ASSET, claim, document, enrichment

GPX, KML = "{http://www.topografix.com/GPX/1/1}", "{http://www.opengis.net/kml/2.2}"
BODY = {
    "claims": [
        claim(36.2021, 37.1343),
        claim(36.2, -37.1, source="mention", conflicts_with=[0], t=4.5, name=None, country=None),
        {**claim(None, None), "withheld": "H-SOURCE-001"},
    ],
    "best": {"claim": 0, "reasons": ["the most trusted source"]},
}  # fmt: skip
Write = Callable[[Iterable[dict[str, Any]], Path], ExportManifest]


def gpx(to: Path, *documents: dict[str, Any]) -> list[tuple[float, float, str, str]]:
    write_gpx(documents, to)
    points = ET.fromstring((to / "places.gpx").read_text(encoding="utf-8")).findall(f"{GPX}wpt")
    at = [(float(one.attrib["lat"]), float(one.attrib["lon"])) for one in points]
    told = [(one.findtext(f"{GPX}name") or "", one.findtext(f"{GPX}desc") or "") for one in points]
    return [(*place, *words) for place, words in zip(at, told, strict=True)]


def kml(to: Path, *documents: dict[str, Any]) -> list[tuple[float, float, str, str]]:
    write_kml(documents, to)
    found = []
    for one in ET.fromstring((to / "places.kml").read_text(encoding="utf-8")).iter(f"{KML}Placemark"):
        lon, lat = map(float, (one.findtext(f"{KML}Point/{KML}coordinates") or "").split(","))
        told = "; ".join(
            f"{data.attrib['name']}: {data.findtext(f'{KML}value')}" for data in one.iter(f"{KML}Data")
        )  # fmt: skip
        found.append((lat, lon, one.findtext(f"{KML}name") or "", told))
    return found


@pytest.mark.parametrize("read", [gpx, kml])
def test_each_claim_is_a_point_that_says_who_made_it(
    tmp_path: Path, read: Callable[..., list[tuple[float, float, str, str]]]
) -> None:
    one, other = read(tmp_path / "out", document(enrichment("places", BODY)), document())

    assert one[:3] == (36.2021, 37.1343, "Aleppo, SY")
    assert other[:3] == (36.2, -37.1, ASSET[:12])
    for text in ("machine-made, reviewed by nobody", f"asset: {ASSET}", "source: exif", "radius_m: 10.0",
                 "confidence: 0.9", "shown_first: yes"):  # fmt: skip
        assert text in one[3]
    assert "conflicts: 1" in other[3]
    assert "shown_first: no" in other[3]


@pytest.mark.parametrize("write", [write_gpx, write_kml])
def test_what_is_withheld_superseded_or_nowhere_is_no_point(tmp_path: Path, write: Write) -> None:
    hidden = {"claims": [{**claim(None, None), "withheld": "H-SOURCE-001"}], "best": None, "withheld": "H-SOURCE-001"}
    manifest = write(
        [document(enrichment("places", hidden)), document(enrichment("places", BODY, current=False)), document()],
        tmp_path / "out",
    )

    (file,) = (one for one in (tmp_path / "out").iterdir() if one.name != "manifest.json")
    assert "37.1" not in file.read_text(encoding="utf-8")
    assert len(manifest.without) == 3
    assert [one["code"] for one in manifest.withheld] == ["H-SOURCE-001"]
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["machine_made"]["enrichments"] == 2


def test_a_person_is_named_where_one_judged(tmp_path: Path) -> None:
    judged = enrichment("places", {"claims": [claim(1.0, 2.0)], "best": None}, by="person", reviewer="R. Viewer")

    assert "reviewed by R. Viewer" in gpx(tmp_path / "g", document(judged))[0][3]
    assert "machine-made" not in kml(tmp_path / "k", document(judged))[0][3]


def test_our_own_reader_of_tracks_reads_it(tmp_path: Path) -> None:
    write_gpx([document(enrichment("places", BODY))], tmp_path / "out")
    beside = read_sidecar("x.gpx", (tmp_path / "out" / "places.gpx").read_bytes())

    assert beside is not None
    assert [(one.lat, one.lon) for one in beside.fixes] == [(36.2021, 37.1343), (36.2, -37.1)]
