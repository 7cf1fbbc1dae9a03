"""One identity for every way in: a person's rights are the same, and end at once, by all of them."""

import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyotp
import pytest

from pipeline.errors import Misconfigured, PipelineError
from pipeline.identity.accounts import Accounts
from pipeline.identity.hashing import Passwords
from pipeline.identity.model import NotSignedIn
from pipeline.identity.oidc import Unproven
from pipeline.service import App, open_app
from pipeline.usecases.access import Denied
from tests.identity.conftest import GOOD, LITTLE
from tests.identity.provider import CLIENT, SECRET, running
from tests.service.conftest import Evidence, tone

pytestmark = pytest.mark.slow  # each opens a home of its own

ALL = {"schema": "conditions/1"}


@pytest.fixture
def app() -> Iterator[App]:
    """An installation, used by its custodian; passwords cost little here."""
    home = open_app().home
    accounts = Accounts(home.settings.keys / home.vault_id / "accounts.sqlite", passwords=Passwords(LITTLE))
    made = App(home, accounts)
    yield made
    made.close()


def person(app: App, name: str, **rights: Any) -> str:
    return str(app.custody.grant(name, **rights)["id"])


def account(app: App, name: str, **rights: Any) -> str:
    """Give somebody rights and an account with the usual password of their own; return their id."""
    who = person(app, name, **rights)
    app.accounts.add(name, password=GOOD + name)
    app._accounts.set_password(who, GOOD + name, given=False)
    return who


def log_of(home: Path) -> list[dict[str, Any]]:
    lines = [one.read_text(encoding="utf-8") for one in sorted((home / "vault" / "log" / "segments").iterdir())]
    return [json.loads(line) for text in lines for line in text.splitlines()]


def held(app: App, tmp_path: Path, **terms: Any) -> str:
    """Preserve a recording in batch b1; return its id."""
    file = tmp_path / "conditions.json"
    file.write_text(json.dumps(ALL | terms), encoding="utf-8")
    items = app.line.submit([tone(tmp_path / "tone.wav")], batch="b1", conditions=file)["items"]
    return str(items[0]["asset"])


def sees(app: App, asset: str) -> bool:
    try:
        app.finding.show(asset)
    except Denied as err:
        if err.code != "E-FIND-001":
            raise
        return False
    return True


def test_who_signs_in_acts_with_their_own_rights(app: App, tmp_path: Path) -> None:
    asset = held(app, tmp_path)
    ana = account(app, "Ana", role="reader")
    account(app, "Ben", role="reader", batches=["other"])

    views = [
        app.acting(app.signing_in.who(session=app.signing_in.log_in(one, GOOD + one).secret)) for one in ("Ana", "Ben")
    ]

    assert [sees(one, asset) for one in views] == [True, False]
    assert [one.home.actor == ana for one in views] == [True, False]
    assert app.home.actor not in {one.home.actor for one in views}
    with pytest.raises(Denied):
        views[0].custody.people()


def test_changed_conditions_and_withdrawn_consent_act_at_once_in_an_open_session(app: App, tmp_path: Path) -> None:
    asset = held(app, tmp_path)
    account(app, "Ana", role="reader")
    session = app.signing_in.log_in("ana", GOOD + "Ana").secret
    view = app.acting(app.signing_in.who(session=session))
    consent = {"by": ["owner"], "scope": ["view", "process"], "until": None, "withdrawn": False}
    for terms, open_to_her in (
        ({"view": ["Ben"]}, False), ({}, True), ({"classification": "sealed"}, False), ({"consent": consent}, True),
        ({"consent": consent | {"withdrawn": True}}, False), ({"valid_until": "2020-01-01T00:00:00Z"}, False),
    ):  # fmt: skip
        file = tmp_path / "new.json"
        file.write_text(json.dumps(ALL | terms), encoding="utf-8")
        app.custody.conditions("b1", file, reason="they wrote again")
        assert sees(view, asset) is open_to_her
        assert sees(app.acting(app.signing_in.who(session=session)), asset) is open_to_her


def test_a_grant_or_a_group_left_ends_at_once_in_an_open_session(app: App, tmp_path: Path) -> None:
    asset = held(app, tmp_path)
    app.custody.change_group("add", "Team", ["Ana"])
    app.custody.grant("Team", group=True, role="reader")
    app.accounts.add("Ana", password=GOOD)
    view = app.acting(app.signing_in.who(session=app.signing_in.log_in("Ana", GOOD).secret))
    assert sees(view, asset)

    app.custody.change_group("leave", "Team", ["Ana"])
    assert not sees(view, asset)
    app.custody.change_group("join", "Team", ["Ana"])
    assert sees(view, asset)
    app.custody.grant("Team", group=True, revoke=True)
    assert not sees(view, asset)
    assert view.finding.search("anything")["total"] == 0


def test_many_people_at_once_are_each_themselves(app: App, tmp_path: Path) -> None:
    asset = held(app, tmp_path)
    readers = [person(app, f"reader {n}", role="reader") for n in range(3)]
    others = [person(app, f"other {n}", role="reader", batches=["other"]) for n in range(3)]

    def look(who: str) -> tuple[bool, str]:
        view = app.as_person(who)
        return sees(view, asset), view.home.actor

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(look, (readers + others) * 3))
    assert found == [(True, one) for one in readers] + [(False, one) for one in others] + found[6:]
    assert found[:6] == found[6:12] == found[12:]
    views = app.as_person(readers[0])
    views.close()
    assert sees(app, asset)  # what is shared is not closed with a view


def test_a_view_for_nobody_is_a_stranger(app: App, tmp_path: Path) -> None:
    asset = held(app, tmp_path)
    for who in ("p-9999", "custodian", ""):
        assert not sees(app.as_person(who), asset)
        assert app.as_person(who).home.actor == "p-stranger"


def test_the_log_has_every_attempt_by_id_and_no_name_or_secret(
    app: App, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    ana = account(app, "Ana", role="reader")
    session = app.signing_in.log_in("Ana", GOOD + "Ana")
    view = app.acting(app.signing_in.who(session=session.secret))
    token = view.signing_in.make_token("laptop of Ana", scopes=["view"])
    app.accounts.revoke_token(token["id"])
    app.signing_in.log_out(session.secret)
    for name in ("Ana", "Mallory the unknown"):
        for _ in range(7):
            with pytest.raises(NotSignedIn):
                app.signing_in.log_in(name, "hunter2hunter2")
    with pytest.raises(NotSignedIn):
        app.signing_in.who(token=token["secret"])

    entries = [one for one in log_of(home) if one["act"].startswith(("login", "logout", "token", "account"))]
    assert [(one["act"], one["actor"], one["subject"]) for one in entries] == [
        ("account-add", app.home.actor, ana), ("login", ana, None), ("token-make", ana, ana),
        ("token-revoke", app.home.actor, ana), ("logout", ana, None),
        *[("login-failed", "p-stranger", ana)] * 4, ("login-locked", "p-stranger", ana),
        *[("login-failed", "p-stranger", None)] * 4, ("login-locked", "p-stranger", None),
        ("token-refused", "p-stranger", ana),
    ]  # fmt: skip
    said = json.dumps(log_of(home)) + caplog.text
    for secret in ("Ana", "Mallory", "hunter2", "laptop", GOOD, token["secret"], session.secret, session.csrf):
        assert secret not in said
    assert app.keeping.verify_log()["findings"] == []


def test_no_secret_reaches_the_vault_or_the_home(app: App, home: Path) -> None:
    account(app, "Ana", role="reader")
    session = app.signing_in.log_in("Ana", GOOD + "Ana")
    view = app.acting(app.signing_in.who(session=session.secret))
    token = view.signing_in.make_token("cli")["secret"]
    second = view.signing_in.begin_second_factor(GOOD + "Ana")["secret"]
    everything = b"".join(one.read_bytes() for one in home.rglob("*") if one.is_file() and not one.is_symlink())
    for secret in (GOOD, token, session.secret, second, "argon2"):
        assert secret.encode() not in everything
    assert not list(home.rglob("accounts*"))


def test_every_failure_says_the_same(app: App) -> None:
    account(app, "Ana", role="reader")
    told = set()
    for given in (("Ana", "wrong"), ("nobody", GOOD), ("", ""), ("Ana", "wrong", "123456"), *[("Ana", "x")] * 5):
        with pytest.raises(NotSignedIn) as caught:
            app.signing_in.log_in(*given)
        told.add((caught.value.code, caught.value.reason, caught.value.next, repr(caught.value)))
    assert len(told) == 1


def test_a_second_factor_is_asked_for_and_changing_it_needs_the_password(app: App) -> None:
    ana = account(app, "Ana", role="reader")
    view = app.acting(app.signing_in.who(session=app.signing_in.log_in("Ana", GOOD + "Ana").secret))
    for wrong in ("wrong", None):
        with pytest.raises(NotSignedIn):
            view.signing_in.begin_second_factor(wrong)
    device = pyotp.TOTP(view.signing_in.begin_second_factor(GOOD + "Ana")["secret"])
    codes = view.signing_in.confirm_second_factor(device.now())["recovery_codes"]

    with pytest.raises(NotSignedIn):
        app.signing_in.log_in("Ana", GOOD + "Ana")
    assert app.signing_in.log_in("Ana", GOOD + "Ana", codes[0]).person_id == ana
    app.accounts.remove_second_factor("Ana")
    assert app.signing_in.log_in("Ana", GOOD + "Ana").person_id == ana


def test_who_changes_the_password_must_know_the_old_one_and_is_alone_afterwards(app: App) -> None:
    account(app, "Ana", role="reader")
    stolen = app.signing_in.log_in("Ana", GOOD + "Ana").secret
    view = app.acting(app.signing_in.who(session=app.signing_in.log_in("Ana", GOOD + "Ana").secret))
    with pytest.raises(NotSignedIn):
        view.signing_in.change_password("guess", "a bridge in the snow")
    session = view.signing_in.change_password(GOOD + "Ana", "a bridge in the snow")
    with pytest.raises(NotSignedIn):
        app.signing_in.who(session=stolen)
    assert app.signing_in.who(session=session.secret).name == "Ana"


def test_a_token_keeps_to_its_scopes_and_makes_no_other(app: App, tmp_path: Path) -> None:
    asset = held(app, tmp_path)
    token = app.signing_in.make_token("viewer", scopes=["view"])["secret"]
    view = app.acting(app.signing_in.who(token=token))
    assert sees(view, asset)
    for act in (
        view.custody.people,
        lambda: view.line.submit([tmp_path / "tone.wav"], batch="b9"),
        view.accounts.listed,
        lambda: view.signing_in.make_token("wider"),
        view.signing_in.begin_second_factor,
        lambda: view.signing_in.change_password(GOOD, GOOD + "x"),
    ):
        with pytest.raises(Denied) as caught:
            act()
        assert caught.value.code == "E-ACCESS-001"
    wide = app.acting(app.signing_in.who(token=app.signing_in.make_token("all")["secret"]))
    assert wide.custody.people()["people"]
    with pytest.raises(Denied):  # it would outlive its own revocation
        wide.signing_in.make_token("heir")


def test_nobody_lists_or_ends_a_token_of_another(app: App) -> None:
    ana, ben = (account(app, one, role="reader") for one in ("Ana", "Ben"))
    hers = app.as_person(ana).signing_in.make_token("cli")
    assert app.as_person(ben).signing_in.tokens() == {"tokens": []}
    told = []
    for token in (hers["id"], "t-0000000000000000"):
        with pytest.raises(Misconfigured) as caught:
            app.as_person(ben).signing_in.revoke_token(token)
        told.append((caught.value.code, caught.value.reason))
    assert told[0] == told[1]
    with pytest.raises(Denied):
        app.as_person(ben).accounts.revoke_token(hers["id"])
    (listed,) = app.as_person(ana).signing_in.tokens()["tokens"]
    assert (listed["id"], "secret" in listed, listed["revoked"]) == (hers["id"], False, None)


def test_an_administrator_arranges_accounts_but_not_those_of_custodians(app: App) -> None:
    keeper = app.home.reader
    admin = app.as_person(person(app, "Admin", role="administrator"))
    person(app, "Ana", role="reader")
    person(app, "Keeper", permissions=["custody"], batches=["b1"])
    app.line.submit([Path(__file__)], batch="b1")

    made = admin.accounts.add("Ana")
    assert app.signing_in.log_in("Ana", made["password"]).must_change
    with pytest.raises(Denied):
        admin.finding.report("b1", to=Path("nowhere.html"))
    for name in (keeper, "Keeper"):
        for act in ("add", "issue_password", "lock", "remove", "remove_second_factor"):
            with pytest.raises(Denied):
                getattr(admin.accounts, act)(name)
        with pytest.raises(Denied):
            admin.accounts.bind(name, "sub", issuer="https://provider")
    with pytest.raises(Denied):
        app.as_person(person(app, "Ana", role="reader")).accounts.listed()
    assert admin.line.status() == {"batches": []}


def test_a_locked_person_is_out_until_unlocked(app: App) -> None:
    account(app, "Ana", role="reader")
    session = app.signing_in.log_in("Ana", GOOD + "Ana").secret
    assert app.accounts.lock("Ana")["locked"]
    with pytest.raises(NotSignedIn):
        app.signing_in.who(session=session)
    assert app.accounts.listed()["locked"] == ["Ana"]
    assert not app.accounts.unlock("Ana")["locked"]
    assert app.signing_in.log_in("Ana", GOOD + "Ana")


# --- the command line


def test_the_command_line_acts_as_the_person_of_a_token(
    evidence: Evidence, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asset = evidence("submit", tone(tmp_path / "t.wav"), "--batch", "b1").json["items"][0]["asset"]
    evidence("grant", "Ana", "--role", "reader")
    made = evidence("account", "tokens", "--make", "laptop", "--scope", "view", actor="Ana").json
    assert evidence("account", "tokens", actor="Ana").json["tokens"][0]["id"] == made["id"]

    monkeypatch.setenv("EVIDENCE_TOKEN", made["secret"])
    assert evidence("show", asset, actor="nobody").code == 0
    assert evidence("status", actor="custodian").json == {"batches": []}  # the token's person, whoever is named
    assert evidence("people", actor="custodian").json["error"]["code"] == "E-ACCESS-001"
    monkeypatch.delenv("EVIDENCE_TOKEN")

    assert evidence("account", "tokens", "--revoke", made["id"], actor="Ana").json["revoked"]
    monkeypatch.setenv("EVIDENCE_TOKEN", made["secret"])
    refused = evidence("show", asset, actor="custodian")
    assert (refused.code, refused.json["error"]["code"]) == (2, "E-LOGIN-001")
    assert made["secret"] not in refused.text + refused.complaint


def test_a_drill_is_for_no_token(evidence: Evidence, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = evidence("account", "tokens", "--make", "laptop").json["secret"]
    monkeypatch.setenv("EVIDENCE_TOKEN", secret)
    assert evidence("drill", "--replica", tmp_path).json["error"]["reason"] == "a drill is for a person at this machine"


def test_a_token_opens_no_new_home(evidence: Evidence, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVIDENCE_TOKEN", "evt_x")
    assert evidence("status").code == 2
    monkeypatch.delenv("EVIDENCE_TOKEN")
    assert evidence("people").json["people"][0]["name"] == "custodian"


def test_accounts_and_groups_are_kept_by_command(
    evidence: Evidence, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    import io

    assert evidence("group", "add", "Team", "Ana").json["members"] == ["Ana"]
    assert evidence("grant", "Team", "--group", "--role", "reviewer", "--until", "2999-01-01T00:00:00Z").json["grants"]
    assert evidence("group", "join", "Team", "Ben").json["members"] == ["Ana", "Ben"]
    assert evidence("group", "leave", "Team", "Ana").json["members"] == ["Ben"]
    assert [one["name"] for one in evidence("group", "list").json["groups"]] == ["Team"]
    assert [one["groups"] for one in evidence("people").json["people"]] == [[], [], ["Team"]]
    for wrong in (
        ("add", "Team"),
        ("add", "Ana"),
        ("join", "Nobody", "Ana"),
        ("leave", "Team", "Ana"),
        ("join", "Team"),
    ):
        assert evidence("group", *wrong).json["error"]["code"] == "E-CONF-009"

    first = evidence("account", "add", "Ben").json
    assert len(first["password"]) >= 20
    monkeypatch.setattr("sys.stdin", io.StringIO("a bridge in the rain\n"))
    assert evidence("account", "password", "Ben", "--stdin").json["password"] is None
    app = open_app()
    assert app.signing_in.log_in("Ben", "a bridge in the rain").must_change
    app.close()
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert evidence("account", "password", "Ben", "--stdin").json["error"]["code"] == "E-LOGIN-003"
    assert evidence("account", "lock", "Ben").json["locked"]
    assert not evidence("account", "unlock", "Ben").json["locked"]
    secret = evidence("account", "second-factor", actor="Ben").json["secret"]
    codes = evidence("account", "second-factor", "--confirm", pyotp.TOTP(secret).now(), actor="Ben").json
    assert len(codes["recovery_codes"]) == 10
    assert evidence("account", "list").json["accounts"][0]["second_factor"]
    assert evidence("account", "second-factor", "Ben", "--remove").json["second_factor"] is False
    issuer = ("--issuer", "https://provider")
    assert evidence("account", "oidc", "Ben", "--subject", "sub", *issuer).json["subject"] == "sub"
    assert evidence("account", "oidc", "--subject", "sub", *issuer).code == 0
    assert evidence("account", "remove", "Ben").code == 0
    assert evidence("account", "list").json["accounts"] == []
    assert evidence("account", "list", actor="Ben").json["error"]["code"] == "E-ACCESS-001"
    assert "bridge" not in json.dumps(log_of(home))


# --- an identity provider


def test_the_provider_says_who_and_we_say_which_person_that_is(app: App, home: Path, tmp_path: Path) -> None:
    asset = held(app, tmp_path)
    with running() as small:
        given = {"oidc_issuer": small.issuer, "oidc_client_id": CLIENT, "oidc_redirect": "http://127.0.0.1/back"}
        from dataclasses import replace

        from pydantic import SecretStr

        settings = app.home.settings.model_copy(update=given | {"oidc_client_secret": SecretStr(SECRET)})
        room = App(replace(app.home, settings=settings), app._accounts)
        ana = person(app, "Ana", role="reader")

        def come(subject: str) -> Any:
            address, cookie = room.signing_in.provider_address()
            return room.signing_in.log_in_by_provider(cookie, *small.visit(address, subject))

        with pytest.raises(NotSignedIn):  # whom the provider knows is nobody here
            come("ana@provider")
        room.accounts.bind("Ana", "ana@provider")
        who = room.signing_in.who(session=come("ana@provider").secret)
        assert (who.person_id, who.name, who.by) == (ana, "Ana", "oidc")
        assert sees(room.acting(who), asset)
        small.claims = {"aud": "another"}
        with pytest.raises(Unproven):
            come("ana@provider")
        small.claims = {}
        _, cookie = room.signing_in.provider_address()
        with pytest.raises(NotSignedIn):  # a state that this browser did not begin
            room.signing_in.log_in_by_provider(cookie, "x", "y")
        room.accounts.lock("Ana")
        with pytest.raises(NotSignedIn):
            come("ana@provider")
    assert "ana@provider" not in json.dumps(log_of(home))
    with pytest.raises(PipelineError) as caught:
        app.signing_in.provider_address()
    assert caught.value.code == "E-LOGIN-005"
