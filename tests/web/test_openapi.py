"""The description of the API is true: whatever is asked within it or beside it is answered as it says."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.web.conftest import Visitor
from tests.web.planted import Planted

_ODD = ["", " ", "0", "-1", "1e400", "NaN", "null", "true", "[]", "{}", "'", '"', "\\", "%00", "../..", "حلب", "\u202e",
        "a" * 3000, "0" * 64, "9" * 400, "b1", "bytes", "*", '"unclosed', "a OR b", "NEAR(", "\ud7ff", "🜁"]  # fmt: skip


@pytest.fixture(scope="module")
def described(signed_in: dict[str, Visitor]) -> dict[str, Any]:
    found: dict[str, Any] = signed_in["custodian"].get("/api/v1/openapi.json").json()
    return found


def operations(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, some in described["paths"].items():
        for verb, one in some.items():
            yield verb, path, one


def test_it_is_whole(described: dict[str, Any]) -> None:
    assert described["openapi"].startswith("3.1")
    known = {f"{verb} {path}" for verb, path, _ in operations(described)}
    assert {
        "post /api/v1/session", "get /api/v1/me", "get /api/v1/search", "get /api/v1/assets/{asset}",
        "get /api/v1/assets/{asset}/media/{role}", "get /api/v1/assets/{asset}/similar", "get /api/v1/batches/{batch}",
        "get /api/v1/assets/{asset}/custody", "get /api/v1/inventory", "get /api/v1/health", "post /api/v1/tokens",
    } <= known  # fmt: skip
    for verb, path, one in operations(described):
        assert one["summary"], path
        assert one["description"], path
        assert {"401", "429", "500"} <= set(one["responses"]), (verb, path)
        assert one["security"] or path in {"/api/v1/health", "/api/v1/session"}
        for status, answer in one["responses"].items():
            if int(status) >= 400 and status != "416":
                assert "application/problem+json" in answer["content"], (path, status)


def test_every_reference_leads_somewhere(described: dict[str, Any]) -> None:
    text = json.dumps(described)
    for name in {one.split('"')[0] for one in text.split("#/components/schemas/")[1:]}:
        assert name in described["components"]["schemas"]


def test_no_page_is_in_it(described: dict[str, Any]) -> None:
    assert all(path.startswith("/api/v1/") for path in described["paths"])


def check(described: dict[str, Any], one: dict[str, Any], answer: Any) -> None:
    told = f"{answer.request.url} {answer.status_code} {answer.text[:300]}"
    assert str(answer.status_code) in one["responses"], told
    assert answer.status_code < 500, told
    kind = answer.headers.get("content-type", "").partition(";")[0]
    content = one["responses"][str(answer.status_code)].get("content", {})
    if kind in {"application/json", "application/problem+json"}:
        schema = {**content[kind]["schema"], "components": described["components"]}
        jsonschema.validate(answer.json(), schema)
    if answer.status_code >= 400:
        assert kind == "application/problem+json"
        assert answer.json()["status"] == answer.status_code


def values(one: dict[str, Any], vault: Planted) -> st.SearchStrategy[str]:
    """Return what a parameter may be asked with: right, nearly right, and wrong."""
    known = [*vault.assets.values(), *(str(each) for each in one.get("examples", ())), "b1", "b2"]
    schema = one["schema"]
    words = [str(each) for part in (schema, *schema.get("anyOf", ())) for each in part.get("enum", ())]
    return st.sampled_from([*known, *_ODD, *words, "thumbnail", "original", "20"]) | st.text(max_size=20)


@settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(st.data())
def test_whatever_is_asked_is_answered_as_it_says(
    described: dict[str, Any], vault: Planted, signed_in: dict[str, Visitor], data: st.DataObject
) -> None:
    some = [each for each in operations(described) if each[0] == "get" and "health" not in each[1]]
    _, path, one = data.draw(st.sampled_from(some))
    query, headers = [], {}
    for each in one.get("parameters", ()):
        if each["in"] != "path" and data.draw(st.booleans()):
            continue
        value = data.draw(values(each, vault))
        if each["in"] == "path":
            path = path.replace(f"{{{each['name']}}}", quote(value, safe="") or "x")
        elif each["in"] == "query":
            query.append(f"{each['name']}={quote(value, safe='')}")
        elif value.isascii() and value.isprintable():
            headers[each["name"]] = value
    who = data.draw(st.sampled_from(["custodian", "reader", "stranger", "auditor"]))
    answer = signed_in[who].client.get(f"{path}{'?' if query else ''}{'&'.join(query)}", headers=headers)
    if answer.status_code == 404 and answer.json()["code"] == "E-WEB-004":
        return  # a dot or a slash made another address of it
    check(described, one, answer)


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(st.data())
def test_whatever_is_sent_is_answered_as_it_says(
    described: dict[str, Any], signed_in: dict[str, Visitor], data: st.DataObject
) -> None:
    """Bodies, too; passwords that are compared are left out: comparing is slow on purpose."""
    _, path, one = data.draw(st.sampled_from([each for each in operations(described) if "tokens" in each[1]]))
    anything = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=5,
    )  # fmt: skip
    body = data.draw(
        anything
        | st.fixed_dictionaries(
            {
                "name": st.text(max_size=120) | anything,
                "scopes": st.lists(st.sampled_from(["view", "root"])) | anything,
            },
            optional={"days": st.integers() | anything, "more": anything},
        )
    )
    reader = signed_in["reader"]
    verb = data.draw(st.sampled_from(sorted(described["paths"][path])))
    one = described["paths"][path][verb]
    path = path.replace("{token}", quote(data.draw(st.sampled_from(_ODD)), safe="") or "x")
    text = json.dumps(body) if data.draw(st.booleans()) else data.draw(st.text(max_size=30))
    answer = reader.client.request(
        verb.upper(), path, content=text.encode(errors="replace"),
        headers={"x-csrf-token": reader.csrf, "content-type": "application/json"},
    )  # fmt: skip
    if answer.status_code == 404 and answer.json()["code"] == "E-WEB-004":
        return
    check(described, one, answer)


def test_pages_lead_from_one_to_the_next(signed_in: dict[str, Visitor]) -> None:
    visitor = signed_in["custodian"]
    whole = visitor.get("/api/v1/search?q=letters&limit=100").json()
    found, following = [], "/api/v1/search?q=letters&limit=1"
    while following:
        page = visitor.get(following).json()
        found += page["hits"]
        following = page["next"] and f"/api/v1/search?q=letters&limit=1&cursor={page['next']}"
    assert found == whole["hits"]
    assert len(found) == 3


@pytest.mark.parametrize("cursor", ["x", "WzEs", "W10", "WzEsICIiXQ", "bnVsbA", "WzFlOTksIngiXQ", "é", "=" * 200])
def test_a_cursor_of_another_question_is_refused(signed_in: dict[str, Visitor], cursor: str) -> None:
    answer = signed_in["reader"].get(f"/api/v1/search?q=letters&cursor={cursor}")
    assert (answer.status_code, answer.json()["code"]) == (400, "E-QUERY-001")
    theirs = signed_in["custodian"].get("/api/v1/search?q=letters&limit=1").json()["next"]
    other = signed_in["reader"].get(f"/api/v1/search?q=words&cursor={theirs}")
    assert other.json()["code"] == "E-QUERY-001"


@pytest.mark.parametrize("near", ["36.2,37.1", "a,b,c", "91,0,1", "0,181,1", "0,0,0", "0,0,-1", "nan,0,1", "0,0,inf"])
def test_a_place_that_is_none_is_refused(signed_in: dict[str, Visitor], near: str) -> None:
    assert signed_in["reader"].get(f"/api/v1/search?q=a&near={near}").json()["code"] == "E-QUERY-001"


def test_filters_narrow(signed_in: dict[str, Visitor]) -> None:
    visitor = signed_in["custodian"]

    def total(**given: str) -> int:
        asked = "&".join(f"{name.rstrip('_')}={quote(value)}" for name, value in given.items())
        return int(visitor.get(f"/api/v1/search?{asked}").json()["total"])

    assert total(q="letters", batch="b1") == 1
    assert total(q="letters", media="audio") == 0
    assert total(q="حلب", language="ar") >= 1
    assert total(q="حلب", language="en") == 0
    assert total(q="", near="36.2,37.13,5") >= 3
    assert total(q="letters", tag="street") == 3
    assert total(q="letters", from_="2999-01-01") == 0
    assert total(q="letters", to="2001-01-01") == 0
