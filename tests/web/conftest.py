"""The application over a small vault whose words are known, and each person as they would call it."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from pipeline.core.model import Derivative
from pipeline.service import open_app
from pipeline.web import create_app
from tests.web import planted as p

TERMS_NAMED = '{"schema": "conditions/1", "view": ["custodian"]}'
TERMS_NO_COPY = '{"schema": "conditions/1", "copy": false, "protect_source": false}'


def build(folder: Path) -> p.Planted:
    """Fill a home: sound with words, a picture with a position, one that is hidden, hostile names everywhere."""
    material = folder / "material"
    material.mkdir(parents=True)
    files = {
        "talk.wav": p.sound(), "street.jpg": p.picture("red", position=True), "secret.jpg": p.picture("blue"),
        "consult.jpg": p.picture("green"), p.HOSTILE.replace("/", "_"): p.picture("black"),
        "note.html": b"<!doctype html><script>alert(1)</script>",
    }  # fmt: skip
    for name, data in files.items():
        (material / name).write_bytes(data)
    (folder / "named.json").write_text(TERMS_NAMED, encoding="utf-8")
    (folder / "no-copy.json").write_text(TERMS_NO_COPY, encoding="utf-8")
    app = open_app(p.settings_in(folder))
    made = p.Planted(app=app)
    for batch, names, terms in (
        ("b1", [one for one in files if one not in {"secret.jpg", "consult.jpg"}], None),
        ("b2", ["secret.jpg"], "named.json"), ("b3", ["consult.jpg"], "no-copy.json"),
    ):  # fmt: skip
        given: dict[str, Any] = {"conditions": folder / terms} if terms else {}
        items = app.line.submit([material / one for one in names], batch=batch, **given)["items"]
        made.assets |= {Path(one["path"]).name: one["asset"] for one in items}
    made.assets["hostile"] = made.assets.pop(p.HOSTILE.replace("/", "_"))
    _say(made, folder)
    for name, role, batches in (
        ("reader", "reader", ["b1", "b3"]), ("analyst", "analyst", None), ("stranger", "reader", ["none"]),
        ("auditor", None, None), ("reviewer", "reviewer", ["b1"]),
    ):  # fmt: skip
        rights: dict[str, Any] = {"role": role} if role else {"permissions": ["audit"]}
        made.people[name] = app.custody.grant(name, batches=batches, **rights)["id"]
    made.people["custodian"] = app.home.actor
    app._accounts.add("reader", made.people["reader"], p.PASSWORD, given=False)
    return made


def _say(made: p.Planted, folder: Path) -> None:
    screened = {"scores": {"nudity": 0.0, "graphic": None}, "screened": ["nudity"], "worst": {}, "frames": []}
    probe = p.probe(duration_decoded=4.0, streams=[])
    talk = made.assets["talk.wav"]
    p.plant(made.app, talk, [
        p.said(talk, "format", p.shape("audio", "audio/x-wav")), p.said(talk, "probe", probe),
        p.said(talk, "audio", {"streams": [{"stream": 0, "channels": 1, "start": 0.0, "duration": 4.0, "gaps": []}]}),
        p.said(talk, "speech", {"regions": [{"stream": 0, "channel": 0, "start": 0.0, "end": 2.0}]}),
        p.said(talk, "transcript", {"language": "ar", "segments": [
            p.segment(0.0, p.ARABIC), p.segment(2.0, p.HOSTILE, "en"), p.segment(3.0, "the last words", "en"),
        ]}),
        p.said(talk, "translation", {"target": "en", "segments": [p.meant(0, "The shell fell on Aleppo", 0.0)]}),
        p.said(talk, "places", {"claims": [p.claim()], "best": {"claim": 0, "reasons": ["said"]}, "left_out": 0}),
    ])  # fmt: skip
    for name in ("street.jpg", "secret.jpg", "consult.jpg", "hostile"):
        asset, text = made.assets[name], p.HOSTILE if name == "hostile" else "letters on a wall"
        small = folder / f"{name}.small"
        small.write_bytes(p.picture("red" if name == "street.jpg" else "white")[:-2] + b"\xff\xd9")
        data = small.read_bytes()
        made_of = Derivative(
            role="thumbnail", sha256=hashlib.sha256(data).hexdigest(), bytes=len(data), media_type="image/jpeg",
            keep=True,
        )  # fmt: skip
        shown: dict[str, Any] = {"previews": [], "missing": []}
        where = p.claim(source="exif", text="", t=None, name=text if name == "hostile" else "Aleppo")
        p.plant(made.app, asset, [
            p.said(asset, "format", p.shape("image", "image/jpeg")), p.said(asset, "probe", p.probe()),
            p.said(asset, "previews", shown, [made_of]), p.said(asset, "sensitivity", screened),
            p.said(asset, "ocr", {"regions": [p.written(text)], "rejected": [], "rejected_more": 0}),
            p.said(asset, "objects", {"objects": [p.seen(text if name == "hostile" else "car")], "calibration": None,
                                      "unseen": []}),
            p.said(asset, "tags", {"tags": [{**p.seen(text if name == "hostile" else "street")}], "calibration": None,
                                   "unseen": []}),
            p.said(asset, "places", {"claims": [where], "best": {"claim": 0, "reasons": [text]}, "left_out": 0}),
        ], {made_of.sha256: small})  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs the vault, and people who sign in: both take seconds."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and "vault" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[p.Planted]:
    """Fill a home once for all tests that only read."""
    made = build(tmp_path_factory.mktemp("web"))
    yield made
    made.app.close()


@pytest.fixture(scope="session")
def application(vault: p.Planted) -> FastAPI:
    """The application over it."""
    return create_app(lambda: vault.app, per_address=1_000_000, logins=1_000_000)


class Visitor:
    """Somebody with a browser, or a program without one."""

    def __init__(self, application: FastAPI, *, headers: dict[str, str] | None = None) -> None:
        self.client = TestClient(
            application, base_url="http://127.0.0.1:8765", headers=headers, follow_redirects=False,
            raise_server_exceptions=True,
        )  # fmt: skip
        self.csrf = ""

    def sign_in(self, name: str) -> "Visitor":
        answer = self.client.post("/api/v1/session", json={"login": name, "password": p.PASSWORD})
        assert answer.status_code == 200, answer.text
        self.csrf = answer.json()["csrf"]
        return self

    def let_in(self, vault: p.Planted, name: str) -> "Visitor":
        """Come in without a password: comparing one is slow on purpose."""
        session = vault.app._accounts.sessions.open(vault.people[name], "password")
        self.client.cookies.set("evidence_session", session.secret, domain="127.0.0.1")
        self.csrf = session.csrf
        return self

    def get(self, path: str, **given: str) -> Any:
        return self.client.get(path, headers=given)

    def asset(self, asset: str, rest: str = "", **given: str) -> Any:
        return self.get(f"/api/v1/assets/{asset}{rest}", **given)


@pytest.fixture(scope="session")
def signed_in(application: FastAPI, vault: p.Planted) -> dict[str, Visitor]:
    """Everybody, each in a browser of their own."""
    return {name: Visitor(application).let_in(vault, name) for name in vault.people}


@pytest.fixture
def nobody(application: FastAPI) -> Visitor:
    """Somebody who is not signed in."""
    return Visitor(application)
