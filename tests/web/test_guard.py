"""What every request passes, and what every answer says: hosts, other sites, forms, sizes, numbers, headers."""

import json
from collections.abc import Iterator

import pytest
from fastapi import FastAPI

from pipeline.web import create_app
from pipeline.web.guard import Buckets
from tests.web.conftest import Visitor
from tests.web.planted import PASSWORD, Planted

EVERYWHERE = ("/login", "/api/v1/health", "/api/v1/me", "/nothing", "/", "/api/v1/openapi.json", "/static/nothing.js")


@pytest.mark.parametrize("path", EVERYWHERE)
def test_every_answer_says_what_browsers_may_do(nobody: Visitor, path: str) -> None:
    headers = nobody.get(path).headers
    policy = headers["content-security-policy"]
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "private, no-store"
    assert "server" not in headers


def test_only_our_own_files_may_be_kept(nobody: Visitor, signed_in: dict[str, Visitor], vault: Planted) -> None:
    page = nobody.get("/login").text
    style = page.partition('rel="stylesheet" href="')[2].partition('"')[0]
    assert "immutable" in nobody.get(style).headers["cache-control"]
    for path in ("/", "/?q=حلب", f"/item/{vault.assets['talk.wav']}", f"/api/v1/assets/{vault.assets['talk.wav']}"):
        answer = signed_in["custodian"].get(path)
        assert answer.headers["cache-control"] == "private, no-store"
        assert "Cookie" in answer.headers["vary"]


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "", "127.0.0.1:x", "a@127.0.0.1", "[::1", "::1"]
)
def test_another_host_is_not_answered(nobody: Visitor, host: str) -> None:
    answer = nobody.get("/login", host=host)
    assert (answer.status_code, answer.json()["code"]) == (400, "E-WEB-001")
    assert host == "" or host not in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8765", "[::1]:1", "LOCALHOST"])
def test_our_own_names_are(nobody: Visitor, host: str) -> None:
    assert nobody.get("/login", host=host).status_code == 200


def test_no_address_is_made_from_what_a_request_calls_the_host(nobody: Visitor) -> None:
    answer = nobody.get("/", **{"x-forwarded-host": "evil.example", "x-forwarded-proto": "https"})
    assert answer.headers["location"].startswith("/login")
    assert "evil" not in str(answer.headers)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"},
        {"sec-fetch-site": "same-site", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"},
    ],
)
def test_no_other_site_embeds_or_reads_anything(
    signed_in: dict[str, Visitor], vault: Planted, headers: dict[str, str]
) -> None:
    for path in ("/", f"/api/v1/assets/{vault.assets['street.jpg']}/media/thumbnail", "/api/v1/me"):
        answer = signed_in["custodian"].get(path, **headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "E-WEB-002")


def test_a_link_from_elsewhere_may_be_followed(signed_in: dict[str, Visitor]) -> None:
    visit = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    assert signed_in["custodian"].get("/", **visit).status_code == 200


class TestForgedRequests:
    CHANGES = (
        ("POST", "/api/v1/tokens", {"name": "mine", "scopes": ["view"]}),
        ("DELETE", "/api/v1/session", None),
        ("DELETE", "/api/v1/tokens/x", None),
        ("PUT", "/api/v1/session/password", {"old": "a", "new": "b"}),
    )

    @pytest.mark.parametrize(("method", "path", "body"), CHANGES)
    @pytest.mark.parametrize("sent", [None, "", "0" * 64, "é"])
    def test_without_the_token_of_the_session_nothing_changes(
        self, signed_in: dict[str, Visitor], method: str, path: str, body: object, sent: str | None
    ) -> None:
        headers = {} if sent is None else {"x-csrf-token": sent.encode()}
        answer = signed_in["reader"].client.request(method, path, json=body, headers=headers)  # type: ignore[arg-type]
        assert (answer.status_code, answer.json()["code"]) == (403, "E-WEB-002")
        assert signed_in["reader"].get("/api/v1/me").status_code == 200

    def test_nor_with_somebody_elses(self, signed_in: dict[str, Visitor]) -> None:
        answer = signed_in["reader"].client.post(
            "/api/v1/tokens", json={"name": "x", "scopes": []}, headers={"x-csrf-token": signed_in["custodian"].csrf}
        )
        assert answer.json()["code"] == "E-WEB-002"

    def test_nor_from_another_origin_with_it(self, signed_in: dict[str, Visitor]) -> None:
        reader = signed_in["reader"]
        for origin in ("http://evil.example", "null", "http://127.0.0.1:9999", "https://127.0.0.1.evil.example"):
            answer = reader.client.delete("/api/v1/session", headers={"x-csrf-token": reader.csrf, "origin": origin})
            assert answer.json()["code"] == "E-WEB-002"

    def test_a_form_needs_it_too(self, signed_in: dict[str, Visitor]) -> None:
        for form in ({"other": "x"}, {"csrf": ""}, {"csrf": "x"}):
            assert signed_in["reader"].client.post("/logout", data=form).status_code == 403
            assert signed_in["reader"].client.post("/password", data={**form, "old": "a"}).status_code == 403
        assert signed_in["reader"].get("/api/v1/me").status_code == 200

    def test_nobody_is_signed_in_by_another_page(self, application: FastAPI) -> None:
        visitor = Visitor(application)
        form = {"login": "reader", "password": PASSWORD, "form": "x" * 43}
        assert visitor.client.post("/login", data=form).status_code == 403
        visitor.get("/login")
        assert visitor.client.post("/login", data=form).status_code == 403
        assert "evidence_session" not in visitor.client.cookies


def test_a_long_body_is_not_read(nobody: Visitor) -> None:
    long = json.dumps({"login": "a" * 100_000, "password": "b"})
    assert nobody.client.post("/api/v1/session", content=long).json()["code"] == "E-WEB-007"

    def pieces() -> Iterator[bytes]:
        for _ in range(200):
            yield b"x" * 1000

    answer = nobody.client.post(
        "/login", content=pieces(), headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code in {413, 422, 403}


@pytest.mark.parametrize("length", ["-1", "1e3", "9" * 30, "x"])
def test_a_length_that_is_none_is_refused(nobody: Visitor, length: str) -> None:
    answer = nobody.client.post("/api/v1/session", content=b"{}", headers={"content-length": length})
    assert answer.status_code == 413


class TestNumbers:
    def test_a_bucket_gives_its_reserve_and_then_by_and_by(self, monkeypatch: pytest.MonkeyPatch) -> None:
        now = [100.0]
        monkeypatch.setattr("pipeline.web.guard.time.monotonic", lambda: now[0])
        bucket = Buckets(per_minute=60, reserve=5)
        assert [bucket.take("a") > 0 for _ in range(6)] == [False] * 5 + [True]
        assert bucket.take("b") == 0
        now[0] += 1.0
        assert bucket.take("a") == 0
        assert bucket.take("a") == pytest.approx(1.0)
        now[0] += 1000
        assert [bucket.take("a") > 0 for _ in range(6)] == [False] * 5 + [True]

    def test_names_are_forgotten(self) -> None:
        bucket = Buckets(per_minute=60, most=10)
        for n in range(1000):
            bucket.take(str(n))
        assert len(bucket._left) == 10

    def test_too_many_requests_are_told_when_to_come_again(self, vault: Planted) -> None:
        visitor = Visitor(create_app(lambda: vault.app, per_address=20))
        answers = [visitor.get("/api/v1/health") for _ in range(12)]
        assert [one.status_code for one in answers] == [200] * 10 + [429] * 2
        assert int(answers[-1].headers["retry-after"]) >= 1
        assert answers[-1].json()["code"] == "E-WEB-003"

    def test_too_many_attempts_to_sign_in_too(self, vault: Planted) -> None:
        visitor = Visitor(create_app(lambda: vault.app, per_address=10_000, logins=4))
        given = {"login": "nobody at all", "password": "x"}
        status = [visitor.client.post("/api/v1/session", json=given).status_code for _ in range(4)]
        assert status == [401, 401, 429, 429]

    def test_and_too_many_of_one_person_from_wherever(self, vault: Planted) -> None:
        app = create_app(lambda: vault.app, per_address=10_000)
        app.state.reception.people = Buckets(per_minute=20)
        visitor = Visitor(app).let_in(vault, "reader")
        status = [visitor.get("/api/v1/me").status_code for _ in range(12)]
        assert status == [200] * 10 + [429] * 2


def test_an_error_that_nobody_foresaw_tells_and_logs_nothing_of_the_material(
    vault: Planted, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    visitor = Visitor(create_app(lambda: vault.app)).let_in(vault, "custodian")

    def fail(*_given: object, **_more: object) -> None:
        raise RuntimeError("words of the material")

    monkeypatch.setattr("pipeline.usecases.find.document", fail)
    for path in (f"/api/v1/assets/{vault.assets['talk.wav']}", f"/item/{vault.assets['talk.wav']}"):
        answer = visitor.get(path)
        assert answer.status_code == 500
        assert "E-0000" in answer.text
        assert "words" not in answer.text
        assert "frame-ancestors" in answer.headers["content-security-policy"]
    assert "words" not in caplog.text
    assert "RuntimeError at" in caplog.text
