"""A reviewer says what they make of a value, by page and by program; it stands beside the machine's."""

import re
from typing import Any

import pytest

from tests.web.conftest import Visitor
from tests.web.planted import HOSTILE, Planted


def transcript(vault: Planted, visitor: Visitor, name: str = "talk.wav") -> dict[str, Any]:
    document = visitor.asset(vault.assets[name]).json()
    found: dict[str, Any] = next(one for one in document["enrichments"] if one["kind"] == "transcript")
    return found


@pytest.fixture
def reviewer(signed_in: dict[str, Visitor]) -> Visitor:
    return signed_in["reviewer"]


def test_by_the_page(vault: Planted, reviewer: Visitor) -> None:
    asset = vault.assets["talk.wav"]
    links = re.findall(r'href="([^"]*review=[^"#]*)', reviewer.get(f"/item/{asset}").text)
    (link,) = [one for one in links if "segments%2F2%2F" in one]
    page = reviewer.get(link.replace("&amp;", "&")).text
    assert "the last words" in page
    form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.partition('id="review"')[2]))
    said = {"verdict": "correct", "value": f"the very last words {HOSTILE}", "reason": "heard twice"}
    refused = reviewer.client.post(f"/item/{asset}/judge", data={**form, **said, "csrf": "x"})
    assert refused.status_code == 403
    done = reviewer.client.post(f"/item/{asset}/judge", data={**form, **said})
    assert (done.status_code, done.headers["location"]) == (303, f"/item/{asset}")
    after = reviewer.get(f"/item/{asset}").text
    assert "the very last words &lt;img" in after
    assert re.search(r'<span class="word"[^>]*>words</span>', after), "the machine's words stay"
    assert "by a person" in after


def test_by_a_program(vault: Planted, reviewer: Visitor) -> None:
    asset, one = vault.assets["talk.wav"], transcript(vault, reviewer)
    body = {"enrichment": one["id"], "pointer": "/segments/0/text", "verdict": "confirm", "reason": "heard it"}
    made = reviewer.client.post(
        f"/api/v1/assets/{asset}/judgements", json=body, headers={"x-csrf-token": reviewer.csrf}
    )
    assert made.status_code == 201
    ids = [it["id"] for it in reviewer.asset(asset, "/judgements").json()["judgements"]]
    assert made.json()["id"] in ids


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"pointer": "/segments/99/text"}, 404, "E-JUDGE-001"),
        ({"enrichment": "0" * 64}, 404, "E-JUDGE-001"),
        ({"reason": ""}, 400, None),
        ({"verdict": "praise"}, 422, "E-WEB-006"),
        ({"pointer": "x" * 400}, 422, "E-WEB-006"),
    ],
)
def test_what_cannot_be_judged(
    vault: Planted, reviewer: Visitor, change: dict[str, str], status: int, code: str | None
) -> None:
    asset, one = vault.assets["talk.wav"], transcript(vault, reviewer)
    body = {"enrichment": one["id"], "pointer": "/segments/0/text", "verdict": "confirm", "reason": "x", **change}
    answer = reviewer.client.post(
        f"/api/v1/assets/{asset}/judgements", json=body, headers={"x-csrf-token": reviewer.csrf}
    )
    assert answer.status_code == status, answer.text
    assert code in (None, answer.json()["code"])


def test_who_may_not_review_is_offered_nothing_and_refused(vault: Planted, signed_in: dict[str, Visitor]) -> None:
    reader, asset = signed_in["reader"], vault.assets["talk.wav"]
    one = transcript(vault, reader)
    where = f"/item/{asset}?review={one['id']}:/segments/0/text"
    assert "review=" not in reader.get(f"/item/{asset}").text
    assert 'id="review"' not in reader.get(where).text
    body = {"enrichment": one["id"], "pointer": "/segments/0/text", "verdict": "reject", "reason": "x"}
    answer = reader.client.post(f"/api/v1/assets/{asset}/judgements", json=body, headers={"x-csrf-token": reader.csrf})
    assert (answer.status_code, answer.json()["code"]) == (403, "E-ACCESS-001")


def test_what_is_hidden_cannot_be_judged_nor_asked_about(vault: Planted, signed_in: dict[str, Visitor]) -> None:
    reviewer = signed_in["reviewer"]
    body = {"enrichment": "0" * 64, "pointer": "/x", "verdict": "reject", "reason": "x"}
    headers = {"x-csrf-token": reviewer.csrf}
    told = [
        reviewer.client.post(f"/api/v1/assets/{asset}/judgements", json=body, headers=headers)
        for asset in (vault.assets["secret.jpg"], "0" * 64)
    ]
    assert told[0].status_code == told[1].status_code == 404
    assert told[0].text == told[1].text
    assert reviewer.asset(vault.assets["secret.jpg"], "/judgements").text == told[0].text


@pytest.mark.parametrize(
    "where", ["x", ":", "0:/segments", f"{HOSTILE}:/x", "ID:segments", "ID:/segments/-1", "ID:/~9"]
)
def test_a_place_that_is_none_offers_no_form(vault: Planted, reviewer: Visitor, where: str) -> None:
    where = where.replace("ID", transcript(vault, reviewer)["id"])
    page = reviewer.client.get(f"/item/{vault.assets['talk.wav']}", params={"review": where})
    assert page.status_code == 200
    assert 'id="review"' not in page.text


def test_one_counts_for_oneself_what_one_chose_to_see(reviewer: Visitor, signed_in: dict[str, Visitor]) -> None:
    before = reviewer.get("/api/v1/me/exposure").json()["today"]
    assert reviewer.client.post("/api/v1/me/exposure").status_code == 403
    done = reviewer.client.post("/api/v1/me/exposure", headers={"x-csrf-token": reviewer.csrf}).json()
    assert (done["today"], done["break_due"]) == (before + 1, False)
    assert signed_in["custodian"].get("/api/v1/me/exposure").json()["today"] == 0
    for _ in range(done["break_after"]):
        done = reviewer.client.post("/api/v1/me/exposure", headers={"x-csrf-token": reviewer.csrf}).json()
    assert done["break_due"]
    assert reviewer.client.delete("/api/v1/me/exposure", headers={"x-csrf-token": reviewer.csrf}).json()["today"] == 0
