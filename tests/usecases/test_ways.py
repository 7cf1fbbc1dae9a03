"""What rests on one acquisition is there for those who may see that acquisition, and for nobody else."""

from typing import Any

from pipeline.index.rows import rows_of
from pipeline.usecases.documents import only_through


def claim(**more: Any) -> dict[str, Any]:
    return {
        "lat": 36.2, "lon": 37.1, "radius_m": 10.0, "source": "exif", "name": "Aleppo", "admin": None, "country": "SY",
        "text": "36.2", "confidence": 0.9, "t": None, "agrees_with": [], "conflicts_with": [], "acquisition": None,
    } | more  # fmt: skip


def places(*claims: dict[str, Any], best: int | None) -> dict[str, Any]:
    said = {"claim": best, "reasons": ["2 other claims agree"]} if best is not None else None
    return {
        "id": "e", "kind": "places", "outcome": "done", "current": True, "of_acquisition": None, "facts": ["a", "b"],
        "body": {"claims": list(claims), "best": said},
    }  # fmt: skip


MINE, THEIRS = {"batch": "b1", "n": 1}, {"batch": "b2", "n": 7}


def told(ways: set[tuple[str, int]]) -> dict[str, Any]:
    from_name = claim(source="filename", acquisition=THEIRS, text="Aleppo 2014.mp4", agrees_with=[1])
    (one,) = only_through(
        [places(from_name, claim(agrees_with=[0, 2]), claim(acquisition=MINE, agrees_with=[1]), best=1)], ways
    )
    return one


def test_a_claim_of_another_acquisition_is_not_there_at_all() -> None:
    body = told({("b1", 1)})["body"]
    assert [one["acquisition"] for one in body["claims"]] == [None, MINE]
    assert [one["agrees_with"] for one in body["claims"]] == [[1], [0]]
    assert body["best"] == {"claim": 0, "reasons": []}
    assert "2014" not in str(body)


def test_the_best_claim_goes_with_its_acquisition() -> None:
    (one,) = only_through([places(claim(), claim(acquisition=THEIRS), best=1)], {("b1", 1)})
    assert one["body"]["best"] is None
    assert one["facts"] == []


def test_who_may_see_all_of_them_sees_what_was_said() -> None:
    whole = told({("b1", 1), ("b2", 7)})
    assert len(whole["body"]["claims"]) == 3
    assert whole["body"]["best"]["reasons"] == ["2 other claims agree"]
    assert whole["facts"] == ["a", "b"]


def test_the_index_knows_which_acquisition_a_claim_rests_on() -> None:
    document = {"media": "image", "enrichments": [places(claim(), claim(acquisition=THEIRS), best=0)]}
    assert [row.of_acquisition for row in rows_of(document)] == [None, ("b2", 7)]
