"""Behind a proxy that speaks TLS, and below a path of another application; never to a network in clear."""

import re
from pathlib import Path

import pytest
from fastapi import FastAPI

from pipeline.errors import Misconfigured
from pipeline.web import create_app
from tests.web.conftest import Visitor
from tests.web.planted import PASSWORD, Planted


class TestElsewhere:
    """Behind a proxy that speaks TLS, and below a path of another application."""

    def test_over_tls_browsers_stay_with_it(self, vault: Planted) -> None:
        visitor = Visitor(create_app(lambda: vault.app, https=True))
        answer = visitor.get("/login")
        assert answer.headers["strict-transport-security"].startswith("max-age=")
        assert all("Secure" in one for one in answer.headers.get_list("set-cookie"))
        given = {"login": "reader", "password": PASSWORD}
        (session,) = visitor.client.post("/api/v1/session", json=given).headers.get_list("set-cookie")
        assert session.startswith("__Host-")

    def test_without_tls_they_are_not_told_so(self, nobody: Visitor) -> None:
        assert "strict-transport-security" not in nobody.get("/login").headers

    def test_below_a_path_every_address_begins_with_it(self, vault: Planted) -> None:
        outer = FastAPI()
        outer.mount("/evidence", create_app(lambda: vault.app, ancestors="'self'"))
        visitor = Visitor(outer)
        assert visitor.get("/evidence/batches").headers["location"] == "/evidence/login?back=%2Fbatches"
        page = visitor.get("/evidence/login?back=/batches")
        assert "frame-ancestors 'self'" in page.headers["content-security-policy"]
        assert "x-frame-options" not in page.headers
        form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
        given = {**form, "login": "reader", "password": PASSWORD}
        entered = visitor.client.post("/evidence/login", data=given)
        assert entered.headers["location"] == "/evidence/batches"
        found = visitor.get("/evidence/?q=letters").text
        for address in re.findall(r'(?:href|src|action)="([^"]*)"', found):
            assert address.startswith(("/evidence/", "#")), address
        style = found.partition('rel="stylesheet" href="')[2].partition('"')[0]
        assert visitor.get(style).status_code == 200
        assert visitor.get("/evidence/api/v1/nothing").json()["code"] == "E-WEB-004"
        assert visitor.get(f"/evidence/item/{vault.assets['street.jpg']}").status_code == 200
        chosen = visitor.get("/evidence/language/ar?back=/evidence/batches")
        assert chosen.headers["location"] == "/evidence/batches"


def test_nothing_is_served_to_a_network_in_clear(tmp_path: Path) -> None:
    from pipeline.web.serving import serve

    (tmp_path / "settings.toml").write_text('web_host = "0.0.0.0"\n', encoding="utf-8")
    with pytest.raises(Misconfigured, match="in clear"):
        serve(port=0)
    assert not (tmp_path / "home").exists()
