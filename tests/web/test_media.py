"""Pictures and sound through the gate: what carries tags, what may be kept, and what the custody log says of it."""

import io
import json
import wave
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pipeline.service.viewing import LONGEST, SILENCE, Sittings
from pipeline.web import create_app
from tests.web.conftest import Visitor
from tests.web.planted import Planted


def entries(made: Planted, act: str) -> list[dict[str, Any]]:
    """Return the entries of an act, from the log's own files."""
    found = []
    for file in sorted((made.app.home.settings.vault / "log" / "segments").glob("*.jsonl")):
        found += [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return [one for one in found if one["act"] == act]


def test_who_may_not_know_the_source_gets_no_original(vault: Planted, signed_in: dict[str, Visitor]) -> None:
    asset = vault.assets["street.jpg"]
    refused = signed_in["reader"].asset(asset, "/media/original")
    assert (refused.status_code, refused.json()["code"]) == (403, "H-SOURCE-001")
    assert b"Exif" in signed_in["custodian"].asset(asset, "/media/original").content


def test_but_a_picture_without_a_tag(vault: Planted, signed_in: dict[str, Visitor]) -> None:
    answer = signed_in["reader"].asset(vault.assets["street.jpg"], "/media/picture")
    shown = Image.open(io.BytesIO(answer.content))
    assert (answer.status_code, answer.headers["content-type"], shown.size) == (200, "image/jpeg", (640, 480))
    assert not shown.getexif()
    assert b"Exif" not in answer.content


def test_and_sound_as_it_was_decoded(vault: Planted, signed_in: dict[str, Visitor]) -> None:
    answer = signed_in["reader"].asset(vault.assets["talk.wav"], "/media/sound")
    with wave.open(io.BytesIO(answer.content)) as heard:
        assert (heard.getframerate(), heard.getnchannels(), heard.getnframes()) == (16_000, 1, 64_000)
    assert answer.headers["content-type"] == "audio/wav"


def test_what_is_not_media_is_bytes_to_a_browser(vault: Planted, signed_in: dict[str, Visitor]) -> None:
    answer = signed_in["custodian"].asset(vault.assets["note.html"], "/media/original")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-security-policy"].startswith("sandbox;")
    assert "note" not in str(answer.headers)


@pytest.mark.parametrize("role", ["nothing", "proxy", "../../keys", "%2e%2e", "original%00", "frame/0"])
def test_what_is_not_there(vault: Planted, signed_in: dict[str, Visitor], role: str) -> None:
    answer = signed_in["custodian"].asset(vault.assets["street.jpg"], f"/media/{role}")
    assert answer.status_code == 404


class TestPrograms:
    """A token reads to keep: where copies are forbidden, it reads nothing."""

    @pytest.fixture
    def program(self, application: Any, signed_in: dict[str, Visitor]) -> Visitor:
        reader = signed_in["reader"]
        made = reader.client.post(
            "/api/v1/tokens", json={"name": "report", "scopes": ["view", "search"]},
            headers={"x-csrf-token": reader.csrf},
        )  # fmt: skip
        assert made.status_code == 201
        return Visitor(application, headers={"authorization": f"Bearer {made.json()['secret']}"})

    def test_they_need_no_form(self, vault: Planted, program: Visitor) -> None:
        assert program.get("/api/v1/me").json()["by"] == "token"
        assert program.asset(vault.assets["street.jpg"], "/media/thumbnail").status_code == 200

    def test_what_may_only_be_consulted_they_do_not_get(
        self, vault: Planted, program: Visitor, signed_in: dict[str, Visitor]
    ) -> None:
        asset = vault.assets["consult.jpg"]
        for role in ("thumbnail", "picture", "original"):
            answer = program.asset(asset, f"/media/{role}")
            assert (answer.status_code, answer.json()["code"]) == (403, "H-COPY-001")
            assert signed_in["reader"].asset(asset, f"/media/{role}").status_code == 200

    def test_a_token_makes_no_token_and_ends_when_it_is_revoked(
        self, program: Visitor, signed_in: dict[str, Visitor]
    ) -> None:
        assert program.client.post("/api/v1/tokens", json={"name": "y", "scopes": []}).status_code == 403
        reader = signed_in["reader"]
        for one in reader.get("/api/v1/tokens").json()["tokens"]:
            headers = {"x-csrf-token": reader.csrf}
            assert reader.client.delete(f"/api/v1/tokens/{one['id']}", headers=headers).status_code in {200, 404}
        assert program.get("/api/v1/me").status_code == 401

    def test_it_keeps_to_its_scopes(self, vault: Planted, application: Any, signed_in: dict[str, Visitor]) -> None:
        custodian = signed_in["custodian"]
        made = custodian.client.post(
            "/api/v1/tokens", json={"name": "narrow", "scopes": ["view"]}, headers={"x-csrf-token": custodian.csrf}
        )
        program = Visitor(application, headers={"authorization": f"Bearer {made.json()['secret']}"})
        assert program.asset(vault.assets["street.jpg"]).status_code == 200
        assert "SN-12345" not in program.asset(vault.assets["street.jpg"]).text
        assert program.asset(vault.assets["street.jpg"], "/media/original").status_code == 403
        assert program.get("/api/v1/search?q=letters").json()["total"] == 0

    @pytest.mark.parametrize(
        "given", ["Bearer", "Bearer ", "Bearer x", "Basic eDp5", "bearer " + "é", "Bearer " + "a" * 9000]
    )
    def test_a_token_that_is_none(self, application: Any, given: str) -> None:
        answer = Visitor(application).client.get("/api/v1/me", headers={b"authorization": given.encode()})
        assert (answer.status_code, answer.json()["code"]) == (401, "E-LOGIN-001")
        assert answer.headers["www-authenticate"].startswith("Bearer")

    def test_a_wrong_token_is_not_saved_by_a_session(self, application: Any, vault: Planted) -> None:
        visitor = Visitor(application).let_in(vault, "reader")
        assert visitor.get("/api/v1/me", authorization="Bearer x").status_code == 401


class TestCaches:
    @pytest.mark.parametrize(
        ("name", "role", "expected"),
        [
            ("street.jpg", "thumbnail", "private, no-cache"),
            ("street.jpg", "original", "private, no-store"),
            ("consult.jpg", "thumbnail", "private, no-store"),
            ("secret.jpg", "thumbnail", "private, no-store"),
        ],
    )
    def test_what_conditions_bind_is_kept_nowhere(
        self, vault: Planted, signed_in: dict[str, Visitor], name: str, role: str, expected: str
    ) -> None:
        answer = signed_in["custodian"].asset(vault.assets[name], f"/media/{role}")
        assert answer.headers["cache-control"] == expected
        assert "Cookie, Authorization" in answer.headers["vary"]

    def test_errors_are_kept_nowhere(self, vault: Planted, signed_in: dict[str, Visitor]) -> None:
        answer = signed_in["reader"].asset(vault.assets["secret.jpg"], "/media/thumbnail")
        assert answer.headers["cache-control"] == "private, no-store"

    def test_nothing_is_left_behind_by_who_leaves(self, application: Any, vault: Planted) -> None:
        visitor = Visitor(application).let_in(vault, "reader")
        answer = visitor.client.delete("/api/v1/session", headers={"x-csrf-token": visitor.csrf})
        assert '"cache"' in answer.headers["clear-site-data"]


class TestLog:
    """A player asks for a film in hundreds of pieces: one viewing is one entry."""

    @pytest.fixture
    def visitor(self, vault: Planted) -> Visitor:
        """Return somebody at an application of their own, in which no viewing is under way."""
        return Visitor(create_app(lambda: vault.app)).let_in(vault, "analyst")

    def test_one_viewing_is_one_entry(self, vault: Planted, visitor: Visitor) -> None:
        asset, before = vault.assets["talk.wav"], len(entries(vault, "look"))
        for first in range(0, 128_044, 4000):
            assert visitor.asset(asset, "/media/sound", range=f"bytes={first}-{first + 3999}").status_code == 206
        new = entries(vault, "look")[before:]
        assert len(new) == 1
        assert (new[0]["subject"], new[0]["actor"], new[0]["facts"]["role"]) == (
            asset,
            vault.people["analyst"],
            "sound",
        )

    def test_somebody_elses_is_another(self, vault: Planted, visitor: Visitor) -> None:
        asset = vault.assets["street.jpg"]
        other = Visitor(visitor.client.app).let_in(vault, "custodian")  # type: ignore[arg-type]  # as it was given
        before = len(entries(vault, "look"))
        for one in (visitor, other, visitor, other):
            one.asset(asset, "/media/thumbnail")
        new = entries(vault, "look")[before:]
        assert [one["actor"] for one in new] == [vault.people["analyst"], vault.people["custodian"]]

    def test_after_a_silence_it_is_another_and_after_an_hour(self, monkeypatch: pytest.MonkeyPatch) -> None:
        now = [1000.0]
        monkeypatch.setattr("pipeline.service.viewing.time.monotonic", lambda: now[0])
        sittings = Sittings()
        sittings.begin("p", "a", "proxy")
        for _ in range(int(LONGEST / SILENCE) + 1):
            now[0] += SILENCE - 1
            if now[0] - 1000 > LONGEST:
                assert sittings.under_way("p", "a", "proxy") is None
            else:
                assert sittings.under_way("p", "a", "proxy") is not None
        sittings.begin("p", "a", "proxy")
        now[0] += SILENCE + 1
        assert sittings.under_way("p", "a", "proxy") is None

    def test_a_list_is_one_entry_that_names_what_it_showed(self, vault: Planted, visitor: Visitor) -> None:
        looks, glances = len(entries(vault, "look")), len(entries(vault, "glance"))
        assert visitor.get("/?q=letters").status_code == 200
        for name in ("street.jpg", "consult.jpg"):
            visitor.asset(vault.assets[name], "/media/thumbnail")
        new = entries(vault, "glance")[glances:]
        assert [sorted(one["facts"]["assets"]) for one in new] == [
            sorted([vault.assets["street.jpg"], vault.assets["consult.jpg"]])
        ]
        assert len(entries(vault, "look")) == looks

    def test_what_is_denied_is_there_by_its_digest_alone(self, vault: Planted, visitor: Visitor) -> None:
        hidden, before = vault.assets["secret.jpg"], len(entries(vault, "deny-look"))
        visitor.asset(hidden, "/media/thumbnail")
        new = entries(vault, "deny-look")[before:]
        assert [(one["facts"]["code"], one["subject"]) for one in new] == [("E-FIND-001", None)]
        assert hidden not in json.dumps(new)

    def test_nothing_of_the_material_is_in_the_log_and_it_verifies(self, vault: Planted, visitor: Visitor) -> None:
        visitor.get(f"/item/{vault.assets['hostile']}")
        text = "".join(
            file.read_text(encoding="utf-8")
            for file in (Path(vault.app.home.settings.vault) / "log" / "segments").glob("*.jsonl")
        )
        for secret in ("onerror", "talk.wav", "Aleppo", "حلب", "127.0.0.1"):
            assert secret not in text
        assert vault.app.keeping.verify_log()["findings"] == []
