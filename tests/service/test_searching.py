"""A search narrows, counts by class, and says what it could not find: of what this person may see, and no more."""

from pathlib import Path

import pytest
from PIL import Image

from pipeline.core.model import AssetId
from pipeline.core.ports import IndexRow
from pipeline.service import open_app
from tests.service.conftest import Evidence, tone


def said(text: str, **more: object) -> IndexRow:
    values = {"field": "transcript", "enrichment": "e", "media": "audio", "language": "ar", "t": 0.0} | more
    return IndexRow(text=text, **values)  # type: ignore[arg-type]  # keyword by keyword


@pytest.fixture
def world(evidence: Evidence, tmp_path: Path) -> dict[str, str]:
    """Two batches, of which a reader may see one; what is said in them is put into the index as a stage would."""
    files = {name: tone(tmp_path / f"{name}.wav", hertz=300 + 40 * n) for n, name in enumerate("abc")}
    assets = {}
    for name, batch, source in (("a", "open", "submitted"), ("b", "open", "open-source"), ("c", "shut", "submitted")):
        items = evidence("submit", files[name], "--batch", batch, "--source", source).json["items"]
        assets[name] = items[0]["asset"]
    index = open_app().finding._home.index
    label = {"field": "tags", "language": None, "t": None}
    index.put(AssetId(assets["a"]), [said("قصف الجسر"), said("tank", **label)])
    index.put(AssetId(assets["b"]), [said("the bridge الجسر", language="en"), said("car", **label)])
    secret = said("Aleppo, Syria", field="places", language=None, lat=36.2, lon=37.1, source_identifying=True)
    index.put(AssetId(assets["c"]), [said("الجسر", language="ckb"), said("tank", **label), secret])
    evidence("grant", "reader", "--role", "reader", "--batch", "open")
    return assets


def test_classes_are_counted_of_what_the_person_may_see(evidence: Evidence, world: dict[str, str]) -> None:
    mine = evidence("search", "الجسر", "--facets").json
    assert mine["total"] == 3
    assert mine["facets"]["batch"] == {"open": 2, "shut": 1}
    assert mine["facets"]["source"] == {"submitted": 2, "open-source": 1}
    assert mine["facets"]["tag"] == {"tank": 2, "car": 1}
    assert mine["facets"]["language"] == {"ar": 1, "ckb": 1, "en": 1}
    assert mine["facets"]["place"] == {"Aleppo": 1}
    assert mine["facets"]["reviewed"] == {"no": 3}
    assert not mine["facets_are_at_least"]

    theirs = evidence("search", "الجسر", "--facets", actor="reader").json
    assert theirs["total"] == 2
    assert theirs["facets"]["batch"] == {"open": 2}
    assert theirs["facets"]["tag"] == {"car": 1, "tank": 1}
    assert theirs["facets"]["place"] == {}
    assert "ckb" not in theirs["facets"]["language"]
    assert world


def test_a_class_narrows(evidence: Evidence, world: dict[str, str]) -> None:
    def found(*more: str, actor: str = "custodian") -> set[str]:
        hits = evidence("search", "الجسر", *more, actor=actor).json["hits"]
        return {name for name, asset in world.items() for hit in hits if hit["asset"] == asset}

    assert found("--facet", "source=open-source") == {"b"}
    assert found("--facet", "tag=tank") == {"a", "c"}
    assert found("--facet", "tag=tank", "--facet", "batch=open") == {"a"}
    assert found("--facet", "tag=tank", actor="reader") == {"a"}
    assert found("--batch", "shut") == {"c"}
    assert found("--batch", "shut", actor="reader") == set()
    assert found("--tag", "tank", "--batch", "open") == {"a"}
    assert found("--field", "ocr") == set()
    refused = evidence("search", "x", "--facet", "colour=red")
    assert (refused.code, refused.json["error"]["code"]) == (2, "E-QUERY-001")


def test_what_was_not_processed_is_said_of_what_the_person_may_see(evidence: Evidence, world: dict[str, str]) -> None:
    assert evidence("search", "x").json["unsearchable"] == {"not_processed": 3}
    theirs = evidence("search", "x", actor="reader").json
    assert (theirs["unsearchable"], theirs["unsearchable_is_at_least"]) == ({"not_processed": 2}, False)
    assert world


def test_terms_that_changed_act_at_once(evidence: Evidence, world: dict[str, str]) -> None:
    assert evidence("search", "الجسر", actor="reader").json["total"] == 2
    assert evidence("hold", "place", "access", world["a"], "--reason", "a court asks").code == 0
    assert evidence("search", "الجسر", actor="reader").json["total"] == 1


@pytest.mark.slow
class TestLikeAFile:
    @pytest.fixture
    def kept(self, evidence: Evidence, testdata: Path) -> str:
        items = evidence("submit", testdata / "photo_objects/skimage_coffee.png", "--batch", "b").json["items"]
        evidence("process", "b", "--stages", "identify,probe,keyframes,fingerprint")
        return str(items[0]["asset"])

    def test_a_copy_that_was_not_submitted_finds_what_it_was_made_from(
        self, evidence: Evidence, testdata: Path, kept: str, home: Path
    ) -> None:
        before = sorted((home / "vault" / "objects").rglob("*"))
        answer = evidence("search", "--like", testdata / "neardup/coffee_half.jpg").json
        assert [(one["asset"], one["kind"]) for one in answer["links"]] == [(kept, "resized")]
        same = evidence("search", "--like", testdata / "photo_objects/skimage_coffee.png").json
        assert (same["links"][0]["asset"], same["links"][0]["kind"]) == (kept, "exact")
        assert sorted((home / "vault" / "objects").rglob("*")) == before

    def test_who_may_not_see_it_finds_nothing(self, evidence: Evidence, testdata: Path, kept: str) -> None:
        evidence("submit", testdata / "neardup/coffee_half.jpg", "--batch", "other")
        evidence("grant", "reader", "--role", "analyst", "--batch", "other")
        answer = evidence("search", "--like", testdata / "neardup/coffee_mirror.jpg", actor="reader").json
        assert answer["links"] == []
        assert evidence("search", "--like", testdata / "neardup/coffee_half.jpg", actor="stranger").code == 2
        assert kept

    def test_what_cannot_be_read_is_said(self, evidence: Evidence, tmp_path: Path) -> None:
        evidence("submit", tone(tmp_path / "tone.wav"), "--batch", "b")
        (tmp_path / "text.txt").write_text("no picture", encoding="utf-8")
        answer = evidence("search", "--like", tmp_path / "text.txt").json
        assert answer["links"] == []
        assert answer["fingerprint"]["outcome"] == "not_applicable"
        refused = evidence("search", "--like", tmp_path / "none.jpg")
        assert (refused.code, refused.json["error"]["code"]) == (2, "E-SUBMIT-001")
        Image.new("RGB", (64, 64), "grey").save(tmp_path / "flat.png")
        assert evidence("search", "--like", tmp_path / "flat.png").json["fingerprint"]["outcome"] == "empty"
