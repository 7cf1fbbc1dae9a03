"""Positions as a map reads them: longitude first, nothing withheld, claims side by side."""

import json
from pathlib import Path
from typing import Any

import geojson

from pipeline.exports.geojson import write_geojson
from tests.exports.documents import ASSET, claim, document, enrichment

BODY = {
    "claims": [
        claim(36.2021, 37.1343, agrees_with=[1]), claim(36.2, -37.1, source="mention", conflicts_with=[0], t=4.5),
        {**claim(None, None), "withheld": "H-SOURCE-001"}, claim(90, 180, source="written"),
    ],
    "best": {"claim": 0, "reasons": ["the most trusted source"]},
}  # fmt: skip


def written(to: Path, *documents: dict[str, Any]) -> Any:
    write_geojson(documents, to)
    return geojson.loads((to / "places.geojson").read_text(encoding="utf-8"))


def test_an_independent_reader_finds_it_valid(tmp_path: Path) -> None:
    found = written(tmp_path / "out", document(enrichment("places", BODY)), document())

    assert isinstance(found, geojson.FeatureCollection)
    assert found.is_valid
    assert all(isinstance(one, geojson.Feature) and one.is_valid for one in found.features)
    assert "crs" not in found


def test_longitude_comes_first_and_what_is_withheld_is_not_drawn(tmp_path: Path) -> None:
    found = written(tmp_path / "out", document(enrichment("places", BODY)))

    assert [one.geometry.coordinates for one in found.features] == [[37.1343, 36.2021], [-37.1, 36.2], [180, 90]]


def test_each_claim_says_its_source_radius_confidence_and_conflicts(tmp_path: Path) -> None:
    one, other, _ = written(tmp_path / "out", document(enrichment("places", BODY))).features

    assert one.properties["best"] is True
    assert one.properties["best_reasons"] == ["the most trusted source"]
    assert (one.properties["radius_m"], one.properties["confidence"], one.properties["by"]) == (10.0, 0.9, "machine")
    assert (other.properties["source"], other.properties["conflicts_with"], other.properties["t"]) == (
        "mention",
        [0],
        4.5,
    )
    assert other.properties["asset"] == ASSET


def test_superseded_claims_are_no_points(tmp_path: Path) -> None:
    found = written(tmp_path / "out", document(enrichment("places", BODY, current=False)))

    assert found.features == []


def test_nothing_to_show_is_a_collection_and_is_named(tmp_path: Path) -> None:
    manifest = write_geojson([document(), document(enrichment("places", {}, outcome="empty"))], tmp_path / "out")

    assert json.loads((tmp_path / "out" / "places.geojson").read_text())["features"] == []
    assert len(manifest.without) == 2
