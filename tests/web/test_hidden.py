"""What somebody may not know of is answered, byte for byte, like what does not exist: every id of every address."""

import json
import re

import pytest
from fastapi import FastAPI

from tests.web.conftest import Visitor
from tests.web.planted import Planted

NOWHERE = "0" * 64
OF_ASSETS = (
    "/api/v1/assets/{}", "/api/v1/assets/{}/similar", "/api/v1/assets/{}/custody", "/api/v1/assets/{}/media/thumbnail",
    "/api/v1/assets/{}/media/original", "/api/v1/assets/{}/media/picture", "/api/v1/assets/{}/media/nothing",
    "/api/v1/assets/{}/captions/original", "/item/{}", "/item/{}/similar", "/item/{}/custody",
)  # fmt: skip


def told(visitor: Visitor, path: str) -> tuple[int, str, dict[str, str]]:
    answer = visitor.get(path)
    text = re.sub(r"[0-9a-f]{64}", "ID", answer.text)
    headers = {name: value for name, value in answer.headers.items() if name not in {"date", "content-length"}}
    return answer.status_code, text, headers


@pytest.mark.parametrize(
    ("path", "who"),
    [
        (path, who)
        for path in OF_ASSETS
        for who in ("stranger", "reader", "analyst", "auditor")
        if (who, path.rpartition("/")[2]) != ("auditor", "custody")  # they may read what was done with everything
    ],
)
def test_a_hidden_asset_is_none(vault: Planted, signed_in: dict[str, Visitor], who: str, path: str) -> None:
    hidden = vault.assets["secret.jpg"]
    assert told(signed_in[who], path.format(hidden)) == told(signed_in[who], path.format(NOWHERE))
    assert signed_in[who].get(path.format(hidden)).status_code == 404


@pytest.mark.parametrize("path", OF_ASSETS)
def test_an_id_that_is_none_is_answered_alike(signed_in: dict[str, Visitor], path: str) -> None:
    reader = signed_in["reader"]
    expected = told(reader, path.format(NOWHERE))
    for odd in ("f" * 63, "F" * 64, "0" * 65, "%00", "talk.wav", "é", "a" * 400, "%27%20OR%201=1"):
        status, text, headers = told(reader, path.format(odd))
        assert status == expected[0], odd
        if "/api/" in path:
            assert (text, headers) == (expected[1], expected[2]), odd


def test_no_prefix_is_completed(vault: Planted, signed_in: dict[str, Visitor]) -> None:
    assert signed_in["custodian"].asset(vault.assets["talk.wav"][:20]).status_code == 404


def test_batches_too(signed_in: dict[str, Visitor]) -> None:
    reader = signed_in["reader"]
    assert told(reader, "/api/v1/batches/b2") == told(reader, "/api/v1/batches/nothing")
    assert told(reader, "/api/v1/inventory?batch=b2") == told(reader, "/api/v1/inventory?batch=nothing")
    assert reader.get("/api/v1/batches").json() == {"batches": ["b1", "b3"]}


def test_a_hidden_asset_is_not_found_counted_or_linked(vault: Planted, signed_in: dict[str, Visitor]) -> None:
    hidden = vault.assets["secret.jpg"]
    assert signed_in["custodian"].get("/api/v1/search?q=letters").json()["total"] == 3
    for who in ("analyst", "reader"):
        found = signed_in[who].get("/api/v1/search?q=letters").json()
        assert found["total"] == 2
        assert hidden not in json.dumps(found)
        assert hidden not in signed_in[who].get("/?q=letters").text
        assert hidden not in signed_in[who].get(f"/item/{vault.assets['street.jpg']}/similar").text
        counted = signed_in[who].get("/api/v1/inventory").json()
        assert counted["assets"] == len(vault.assets) - 1
    assert signed_in["stranger"].get("/api/v1/search?q=letters").json()["total"] == 0
    assert signed_in["custodian"].get(f"/item/{hidden}").status_code == 200


def test_who_sees_an_asset_does_not_see_its_history_without_auditing_it(
    vault: Planted, signed_in: dict[str, Visitor]
) -> None:
    asset = vault.assets["talk.wav"]
    refused = signed_in["analyst"].asset(asset, "/custody")
    assert (refused.status_code, refused.json()["code"]) == (403, "E-ACCESS-001")
    told = signed_in["auditor"].asset(asset, "/custody").json()
    assert {"vault.create", "vault.version", "history"} <= {one["act"] for one in told["entries"]}
    assert "talk.wav" not in json.dumps(told)


def test_a_reader_sees_no_source(vault: Planted, signed_in: dict[str, Visitor]) -> None:
    asset = vault.assets["street.jpg"]
    for text in (signed_in["reader"].asset(asset).text, signed_in["reader"].get(f"/item/{asset}").text):
        for secret in ("street.jpg", "SN-12345", "Acme", "36.20"):
            assert secret not in text
    for text in (signed_in["custodian"].asset(asset).text, signed_in["custodian"].get(f"/item/{asset}").text):
        assert "street.jpg" in text
        assert "36.20" in text


def test_rights_are_those_of_the_moment(vault: Planted, application: FastAPI) -> None:
    asset = vault.assets["talk.wav"]
    person = vault.app.custody.grant("passing", role="reader", batches=["b1"])["id"]
    vault.people["passing"] = person
    visitor = Visitor(application).let_in(vault, "passing")
    del vault.people["passing"]
    assert visitor.asset(asset).status_code == 200
    assert visitor.asset(asset, "/media/sound").status_code == 200
    vault.app.custody.grant("passing", revoke=True)
    assert visitor.asset(asset).status_code == 404
    assert visitor.asset(asset, "/media/sound").status_code == 404
    assert visitor.get("/api/v1/search?q=حلب").json()["total"] == 0
