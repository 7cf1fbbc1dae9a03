"""The card of an item says what it leaves out, and never leaves out the place that is believed."""

from typing import Any

from pipeline.exports.card import Card, card_of
from pipeline.exports.page import Piece


def claim(number: int) -> dict[str, Any]:
    return {
        "lat": 36.0 + number, "lon": 37.0, "radius_m": 1000.0, "source": "mention", "name": f"Place {number}",
        "admin": None, "country": None, "text": "", "confidence": 0.5, "t": None, "agrees_with": [],
        "conflicts_with": [],
    }  # fmt: skip


def card(kind: str, body: dict[str, Any], coverage: dict[str, Any] | None = None) -> Card:
    said = {
        "kind": kind, "outcome": "done", "code": None, "coverage": coverage, "current": True, "by": "machine",
        "maker": {"stage": kind, "version": 1, "model": "m", "weights_sha256": "a" * 64}, "body": body,
    }  # fmt: skip
    document = {"asset": "a" * 64, "bytes": 1, "media": "image", "media_type": "image/x", "enrichments": [said]}
    return card_of(Piece(n=1, name="x", document=document))


def test_the_place_that_is_believed_is_shown_however_many_are_claimed() -> None:
    body = {"claims": [claim(n) for n in range(9)], "best": {"claim": 8, "reasons": []}}

    rows = card("places", body).rows

    assert [one["name"] for one in rows] == ["Place", *["Place?"] * 5, "Places"]
    assert "Place 8" in rows[0]["text"]
    assert rows[-1]["text"] == "… and 3 more claims"


def test_few_places_are_all_shown() -> None:
    body = {"claims": [claim(0), claim(1)], "best": {"claim": 1, "reasons": []}}

    assert [one["name"] for one in card("places", body).rows] == ["Place", "Place?"]


def test_what_was_read_in_part_says_so() -> None:
    cut = {"unit": "seconds", "of": 10.0, "read": 4.0, "gaps": [], "flags": []}

    assert [one["text"] for one in card("audio", {}, cut).chips] == ["read in part"]
    assert card("audio", {}, {**cut, "read": 10.0}).chips == []
