"""Signing in and out by page and by program: cookies, sessions, passwords."""

import re
from typing import Any

from fastapi import FastAPI

from tests.web.conftest import Visitor
from tests.web.planted import PASSWORD, Planted


def form_of(visitor: Visitor, path: str = "/login") -> dict[str, str]:
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', visitor.get(path).text))


def enter(visitor: Visitor, password: str = PASSWORD, **more: str) -> Any:
    return visitor.client.post("/login", data={**form_of(visitor), "login": "reader", "password": password, **more})


def test_one_comes_in_by_the_page_and_goes_out(application: FastAPI) -> None:
    visitor = Visitor(application)
    assert visitor.get("/batches?x=1").headers["location"] == "/login?back=%2Fbatches%3Fx%3D1"
    answer = enter(visitor, back="/batches")
    assert (answer.status_code, answer.headers["location"]) == (303, "/batches")
    assert visitor.get("/batches").status_code == 200
    out = visitor.client.post("/logout", data={"csrf": form_of(visitor, "/batches")["csrf"]})
    assert out.status_code == 303
    assert visitor.get("/batches").status_code == 303


def test_the_cookie_is_for_no_script_and_no_other_site(application: FastAPI) -> None:
    visitor = Visitor(application)
    cookies = enter(visitor).headers.get_list("set-cookie")
    (session,) = [one for one in cookies if one.startswith("evidence_session=")]
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(session.split("; "))
    assert "Max-Age" not in session


def test_over_tls_it_is_for_tls_alone(application: FastAPI) -> None:
    visitor = Visitor(application)
    visitor.client.base_url = "https://127.0.0.1:8765"
    answer = visitor.client.post("/api/v1/session", json={"login": "reader", "password": PASSWORD})
    (session,) = answer.headers.get_list("set-cookie")
    assert session.startswith("__Host-evidence_session=")
    assert "Secure" in session


def test_a_session_that_somebody_planted_is_not_taken_up(application: FastAPI) -> None:
    visitor = Visitor(application)
    visitor.client.cookies.set("evidence_session", "planted", domain="127.0.0.1")
    before = enter(visitor).headers.get_list("set-cookie")
    assert not any("planted" in one for one in before)
    planted = Visitor(application)
    planted.client.cookies.set("evidence_session", "planted", domain="127.0.0.1")
    assert planted.get("/api/v1/me").status_code == 401


def test_the_old_session_ends_with_the_new_one(application: FastAPI) -> None:
    visitor = Visitor(application).sign_in("reader")
    old = visitor.client.cookies["evidence_session"]
    visitor.sign_in("reader")
    other = Visitor(application)
    other.client.cookies.set("evidence_session", old, domain="127.0.0.1")
    assert other.get("/api/v1/me").status_code == 401


def test_whatever_was_wrong_the_answer_is_the_same(application: FastAPI, vault: Planted) -> None:
    visitor = Visitor(application)
    answers = [
        visitor.client.post("/api/v1/session", json=given)
        for given in (
            {"login": "reader", "password": "wrong"}, {"login": "nobody", "password": "wrong"},
            {"login": "", "password": ""}, {"login": "reader", "password": PASSWORD, "code": "123456"},
        )
    ]  # fmt: skip
    assert {(one.status_code, one.text) for one in answers[:3]} == {(401, answers[0].text)}
    pages = [enter(Visitor(application), "wrong"), enter(Visitor(application), "x" * 512)]
    assert all(one.status_code == 401 and "Signing in failed" in one.text for one in pages)
    vault.app.accounts.unlock("reader")


def test_a_password_given_by_somebody_else_opens_nothing_but_its_change(vault: Planted, application: FastAPI) -> None:
    person = vault.app.custody.grant("newcomer", role="reader", batches=["b1"])["id"]
    vault.app._accounts.add("newcomer", person, PASSWORD, given=True)
    visitor = Visitor(application).sign_in("newcomer")
    refused = visitor.get("/api/v1/batches")
    assert (refused.status_code, refused.json()["code"]) == (403, "E-LOGIN-006")
    assert visitor.get("/").headers["location"] == "/password"
    own = "another sentence, known to nobody"
    form = {**form_of(visitor, "/password"), "old": PASSWORD, "new": own}
    assert visitor.client.post("/password", data={**form, "new": "short"}).status_code == 400
    assert visitor.client.post("/password", data=form).status_code == 303
    assert visitor.get("/api/v1/batches").json() == {"batches": ["b1"]}


def test_without_a_provider_there_is_no_way_through_one(nobody: Visitor) -> None:
    assert nobody.get("/login/provider").status_code == 404
    assert nobody.get("/login/provider/back?code=x&state=y").status_code == 404
