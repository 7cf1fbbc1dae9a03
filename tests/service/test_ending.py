"""The end of material: what keeps it, who may end it, and that nothing of it is left where it was copied to."""

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.canonical import digest
from pipeline.core.model import AssetId
from pipeline.service import open_app
from pipeline.vault.files import digest_file
from pipeline.vault.inventory import extended, first, spelled, version_numbers
from pipeline.vault.layout import INVENTORY, OBJECT_MARK, OBJECT_MARK_BYTES, SIDECAR
from pipeline.vault.segments import entries
from pipeline.vault.series import json_line
from pipeline.vault.storage import log_subject
from tests.service.conftest import Evidence

SECRET = b"the words of a witness, and nothing else"


@pytest.fixture
def asset(evidence: Evidence, tmp_path: Path) -> str:
    """Return a preserved asset of batch ``b1``; another lies beside it."""
    for name, data in (("witness.txt", SECRET), ("other.txt", b"other")):
        (tmp_path / name).write_bytes(data)
    items = evidence("submit", tmp_path / "witness.txt", tmp_path / "other.txt", "--batch", "b1").json["items"]
    return str(items[0]["asset"])


@pytest.fixture
def dispose(evidence: Evidence, asset: str) -> Callable[..., Any]:
    def call(*more: str, actor: str = "custodian") -> Any:
        return evidence("dispose", asset[:12], "--reason", "ordered", "--confirm", asset, *more, actor=actor)

    return call


def code(said: Any) -> str:
    assert said.code == 2, said.text
    return str(said.json["error"]["code"])


def left(home: Path, data: bytes) -> list[Path]:
    files = [Path(place, name) for place, _, names in os.walk(home) for name in names]
    return [one for one in files if one.is_file() and data in one.read_bytes()]


def test_nothing_of_it_is_left_and_the_rest_stays(
    evidence: Evidence, asset: str, dispose: Callable[..., Any], home: Path
) -> None:
    assert left(home, SECRET)
    stone = dispose().json
    assert (stone["asset"], stone["bytes"], stone["reason"]) == (asset, len(SECRET), "ordered")
    assert left(home, SECRET) == []
    assert code(evidence("show", asset)) == "E-FIND-001"
    status = evidence("status", "b1").json
    assert status["items"] == 2
    assert [(one["n"], one["code"]) for one in status["failures"]] == [(1, "H-DISPOSE-002")]
    assert status["outcomes"]["identify"] == {"refused": 1}
    assert evidence("audit").json["findings"] == []
    assert evidence("verify-log").json["findings"] == []
    (stone,) = evidence("dispose", "--list").json["tombstones"]
    assert stone["there_again"] is False


@pytest.mark.slow
def test_a_rebuilt_catalogue_says_the_same(evidence: Evidence, dispose: Callable[..., Any]) -> None:
    dispose()
    before = evidence("status", "b1").json
    assert evidence("rebuild", "catalogue").json["digest"] == evidence("rebuild", "catalogue").json["before"]
    assert evidence("status", "b1").json == before


@pytest.mark.slow
def test_the_log_and_the_tombstone_hold_no_name(dispose: Callable[..., Any], home: Path) -> None:
    dispose()
    segments = list(home.glob("vault/log/segments/*.jsonl"))
    stones = [one for one in home.glob("vault/registers/*/*/*/*tombstones*/**/*.jsonl") if one.is_file()]
    assert segments
    assert stones
    assert not any(b"witness" in file.read_bytes() for file in [*segments, *stones])


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["asset", "batch", "everything"])
def test_a_legal_hold_forbids_it_until_it_is_lifted(
    evidence: Evidence, asset: str, dispose: Callable[..., Any], home: Path, kind: str
) -> None:
    over = {"asset": [asset], "batch": ["--batch", "b1"], "everything": ["--everything"]}[kind]
    hold = evidence("hold", "place", "legal", *over, "--reason", "case 7").json
    assert code(dispose()) == "H-HOLD-002"
    assert left(home, SECRET)
    assert evidence("show", asset).code == 0
    assert [one["id"] for one in evidence("hold", "list").json["legal_holds"]] == [hold["id"]]
    assert evidence("hold", "lift", "legal", hold["id"], "--reason", "closed").code == 0
    assert dispose().code == 0


BATCH = {"over": "batch", "value": "b1"}


def past(scope: dict[str, str]) -> None:
    """Record a rule of years ago, whose time has come meanwhile."""
    app = open_app()
    rule = {
        "type": "retain", "id": "k-000000000001", "scope": scope, "until": "2020-01-01T00:00:00Z",
        "review": "2020-01-01T00:00:00Z", "reason": "policy", "by": "p-1", "at": "2019-01-01T00:00:00Z",
    }  # fmt: skip
    app.home.registers.append("retention", [rule], key="of old")
    app.close()


def test_a_time_that_is_past_is_refused(evidence: Evidence, asset: str) -> None:
    for argv in (
        ("retain", "set", "--batch", "b1", "--until", "2020-01-01"),
        ("retain", "set", "--batch", "b1", "--without-end", "--review", "2020-01-01"),
        ("release", asset, "--through", "b1:1", "--until", "2020-01-01T00:00:00Z"),
    ):
        said = evidence(*argv, "--reason", "x")
        assert code(said) == "E-CONF-009"
        assert "is past" in said.json["error"]["reason"]
    assert evidence("retain", "list").json["retention"] == []


@pytest.mark.slow
def test_a_rule_forbids_it_until_its_time_has_come(
    evidence: Evidence, dispose: Callable[..., Any]
) -> None:  # fmt: skip
    past(BATCH)
    rule = evidence("retain", "set", "--source", "submitted", "--until", "2100-01-01", "--reason", "law").json
    assert code(dispose()) == "H-RETAIN-001"
    assert evidence("retain", "end", rule["id"], "--reason", "law changed").code == 0
    assert dispose().code == 0


@pytest.mark.slow
def test_an_access_hold_closes_and_does_not_keep(
    evidence: Evidence, asset: str, dispose: Callable[..., Any]
) -> None:  # fmt: skip
    evidence("grant", "ana", "--role", "reader")
    assert evidence("show", asset, actor="ana").code == 0
    assert evidence("hold", "place", "access", asset).code == 0
    assert code(evidence("show", asset, actor="ana")) == "E-FIND-001"
    assert evidence("show", asset).code == 0
    assert evidence("hold", "list").json["access_holds"] == [asset]
    assert evidence("hold", "lift", "access", asset, "--reason", "looked at").code == 0
    assert evidence("show", asset, actor="ana").code == 0
    evidence("hold", "place", "access", asset)
    assert dispose().code == 0


@pytest.mark.slow
def test_two_custodians_where_the_settings_say_so(
    evidence: Evidence, asset: str, dispose: Callable[..., Any], tmp_path: Path
) -> None:
    Path(os.environ["EVIDENCE_SETTINGS"]).write_text("disposal_custodians = 2\n", encoding="utf-8")
    assert code(dispose()) == "H-DISPOSE-001"
    assert evidence("dispose", asset, "--approve", "--reason", "I agree").code == 0
    assert code(dispose()) == "H-DISPOSE-001"  # nobody agrees with themselves
    evidence("grant", "second", "--role", "custodian")
    assert evidence("dispose", asset, "--approve", "--reason", "I agree", actor="second").code == 0
    stone = dispose().json
    assert len(stone["approved_by"]) == 1
    assert stone["approved_by"] != [stone["by"]]
    evidence("submit", tmp_path / "witness.txt", "--batch", "b2")
    assert code(dispose()) == "H-DISPOSE-001"  # what was agreed to is done; these bytes came again
    assert evidence("dispose", asset, "--approve", "--reason", "once more", actor="second").code == 0
    assert dispose().code == 0


@pytest.mark.slow
def test_only_who_keeps_every_batch_may(evidence: Evidence, asset: str, tmp_path: Path) -> None:
    evidence("submit", tmp_path / "witness.txt", "--batch", "b2")
    evidence("grant", "one", "--role", "custodian", "--batch", "b1")
    evidence("grant", "none", "--role", "analyst")
    given = ("dispose", asset, "--reason", "x", "--confirm", asset)
    assert code(evidence(*given, actor="one")) == "E-ACCESS-001"
    assert code(evidence(*given, actor="none")) == "E-ACCESS-001"
    assert code(evidence("dispose", "f" * 64, "--reason", "x", "--confirm", "f" * 64)) == "E-FIND-001"
    assert code(evidence("hold", "place", "legal", "--everything", "--reason", "x", actor="one")) == "E-ACCESS-001"
    assert evidence("hold", "place", "legal", asset, "--reason", "x", actor="one").code == 0


@pytest.mark.slow
def test_the_digest_must_be_typed_once_more(evidence: Evidence, asset: str, home: Path) -> None:
    said = evidence("dispose", asset, "--reason", "x", "--confirm", asset[:20])
    assert code(said) == "E-CONF-009"
    assert left(home, SECRET)


@pytest.mark.slow
def test_what_comes_again_is_another_item_and_held_where_it_was_barred(
    evidence: Evidence, asset: str, dispose: Callable[..., Any], tmp_path: Path
) -> None:
    evidence("grant", "ana", "--role", "reader")
    dispose("--bar")
    (item,) = evidence("submit", tmp_path / "witness.txt", "--batch", "b1").json["items"]
    assert (item["n"], item["asset"], item["outcome"]) == (3, asset, "preserved")
    assert code(evidence("show", asset, actor="ana")) == "E-FIND-001"
    assert evidence("show", asset).code == 0
    assert evidence("audit").json["findings"] == []
    assert dispose().code == 0
    assert len(evidence("dispose", "--list").json["tombstones"]) == 2


@pytest.mark.slow
def test_a_disposal_that_was_killed_is_finished_by_the_next_command(evidence: Evidence, asset: str, home: Path) -> None:
    app = open_app()
    app.home.vault.dispose(  # as the command does, and no further
        AssetId(asset),
        {"by": app.home.actor, "reason": "x", "at": "now", "items": [[app.home.catalogue.register_of("b1"), 1]]},
    )
    app.close()
    assert code(evidence("show", asset)) == "E-FIND-001"
    assert [one["code"] for one in evidence("status", "b1").json["failures"]] == ["H-DISPOSE-002"]
    with sqlite3.connect(home / "catalogue.sqlite") as db:
        assert db.execute("SELECT count(*) FROM assets WHERE id = ?", (asset,)).fetchone() == (0,)


def test_a_release_lets_one_acquisition_suffice(evidence: Evidence, asset: str, tmp_path: Path) -> None:
    (tmp_path / "closed.json").write_text(json.dumps({"schema": "conditions/1", "view": ["custodians"]}))
    evidence("submit", tmp_path / "witness.txt", "--batch", "b2", "--conditions", tmp_path / "closed.json")
    evidence("grant", "ana", "--role", "reader")
    assert code(evidence("show", asset, actor="ana")) == "E-FIND-001"
    wrong = evidence("release", asset, "--through", "b1:9", "--reason", "x")
    assert code(wrong) == "E-CONF-009"
    made = evidence("release", asset, "--through", "b1:1", "--reason", "public interest").json
    shown = evidence("show", asset, actor="ana").json
    assert [(one["batch"], one["n"]) for one in shown["acquisitions"]] == [("b1", 1)]
    assert evidence("release", made["id"], "--recall", "--reason", "over").code == 0
    assert code(evidence("show", asset, actor="ana")) == "E-FIND-001"


def written_anew(folder: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> tuple[list[str], list[str]]:
    """Write a register's object anew as docs/format.md says; return its old and its new inventories' digests."""
    old = [(folder / f"v{n}" / INVENTORY).read_bytes() for n in range(version_numbers(folder)[0], 0, -1)][::-1]
    fresh = folder.with_name("fresh")
    fresh.mkdir()
    body, made = first(json.loads(old[0])["id"]), []
    for number, data in enumerate(old, 1):
        version = json.loads(data)["versions"][f"v{number}"]
        name = f"entries/{number:08}.jsonl"
        records = map(json.loads, (folder / f"v{number}" / "content" / name).read_bytes().splitlines())
        file = fresh / f"v{number}" / "content" / name
        file.parent.mkdir(parents=True)
        file.write_bytes(b"".join(json_line(change(one)) for one in records))
        added = {name: digest_file(file)}
        body = extended(
            body, added, message=version["message"], user=version["user"], created="2030-01-01T00:00:00.000Z"
        )
        inventory, sidecar, sha512 = spelled(body)
        made.append(sha512)
        for place in (fresh, fresh / f"v{number}"):
            (place / INVENTORY).write_bytes(inventory)
            (place / SIDECAR).write_bytes(sidecar)
    (fresh / OBJECT_MARK).write_bytes(OBJECT_MARK_BYTES)
    shutil.rmtree(folder)
    fresh.rename(folder)
    return [hashlib.sha512(one).hexdigest() for one in old], made


def test_a_register_that_was_written_anew_is_read_audited_and_added_to(
    evidence: Evidence, asset: str, dispose: Callable[..., Any], home: Path, tmp_path: Path
) -> None:
    dispose()
    status = evidence("status", "b1").json
    stone = {"type": "tombstone", "schema": "tombstone/1", "register": "b1", "objects": [], "at": "now", "by": "p-1111"}

    def erased(record: dict[str, Any]) -> dict[str, Any]:
        if record.get("asset") != asset:
            return record
        kept = {name: record[name] for name in ("type", "n", "source", "received_at", "submitted_by")}
        what = {"outcome": "refused", "code": "H-DISPOSE-002", "path": "", "filename": "", "erased": digest(stone)}
        return {**dict.fromkeys(record), **kept, **what, "reason": status["failures"][0]["reason"]}

    (folder,) = (one.parent for one in home.glob("vault/registers/*/*/*/*batch*/0=ocfl_object_1.1"))
    old, made = written_anew(folder, erased)
    app = open_app()
    subject = log_subject("urn:evidence:register:batch/b1")
    facts = {"root": "registers", "tombstone": digest(stone), "inventories": old}
    app.home.registers.append("tombstones", [stone], key="anew")
    app.home.log.append("vault.dispose", actor="p-1111", subject=subject, **facts)
    for number, inventory in enumerate(made, 1):
        act = "vault.create" if number == 1 else "vault.version"
        app.home.log.append(act, actor="vault", subject=subject, root="registers", version=number, inventory=inventory)
    app.home.log.checkpoint()
    app.close()
    assert evidence("audit").json["findings"] == []
    assert not any(b"witness" in one.read_bytes() for one in home.glob("vault/**/*") if one.is_file())
    assert evidence("rebuild", "catalogue").code == 0
    assert evidence("status", "b1").json == status
    (again,) = evidence("submit", tmp_path / "witness.txt", "--batch", "b1").json["items"]
    assert again["n"] == 3
    assert evidence("audit").json["findings"] == []


def vault_has(home: Path, *words: str) -> list[str]:
    """Return which words any file of the vault or of the catalogue still holds."""
    files = [one for one in home.rglob("*") if one.is_file() and one.parent.name != "scratch"]
    return [word for word in words if any(word.encode() in one.read_bytes() for one in files)]


def test_registers_are_rewritten_so_that_no_file_tells_of_what_was_disposed_of(
    evidence: Evidence, home: Path, tmp_path: Path
) -> None:
    for name, data in (("gulan-of-the-mill.txt", SECRET), ("beside.txt", b"beside")):
        (tmp_path / name).write_bytes(data)
    given = ("--batch", "b1", "--provider", "Zin Hevi", "--url", "https://example.org/witness-7")
    (item,) = evidence("submit", tmp_path / "gulan-of-the-mill.txt", *given).json["items"]
    evidence("submit", tmp_path / "beside.txt", "--batch", "b1")
    evidence("submit", tmp_path / "beside.txt", "--batch", "b2")
    salt = next(one["salt"] for one in open_app().home.registers.read("batch/b1") if one["type"] == "item")
    words = ("gulan-of-the-mill", "Zin Hevi", "witness-7", salt)
    assert vault_has(home, *words) == list(words)
    assert evidence("dispose", item["asset"], "--reason", "ordered", "--confirm", item["asset"]).code == 0
    status = evidence("status", "b1").json
    assert vault_has(home / "vault", *words) == list(words)
    assert evidence("audit").json["findings"] == []
    said = evidence("dispose", "--rewrite-registers", "--reason", "the witness asked")
    assert said.code == 0
    assert said.json["registers"] == [
        {"batch": "b1", "items": 1, "waiting": 0, "code": None},
        {"batch": "b2", "items": 0, "waiting": 0, "code": None},
    ]  # fmt: skip
    assert vault_has(home / "vault", *words) == []
    assert evidence("audit").json["findings"] == []
    assert evidence("verify-log").json["findings"] == []
    assert evidence("status", "b1").json == status
    assert [one.act for _, one in entries(home / "vault") if one.act in {"erase", "vault.dispose"}].count("erase") == 1
    again = evidence("dispose", "--rewrite-registers", "--batch", "b1", "--reason", "again").json["registers"]
    assert [one["items"] for one in again] == [0]
    with sqlite3.connect(home / "catalogue.sqlite") as db:
        assert [one for (one,) in db.execute("SELECT record FROM items") if any(word in one for word in words)] == []
    assert evidence("rebuild", "catalogue").code == 0
    assert evidence("status", "b1").json == status
    assert (
        evidence("show", evidence("submit", tmp_path / "beside.txt", "--batch", "b1").json["items"][0]["asset"]).code
        == 0
    )
    (fresh,) = evidence("submit", tmp_path / "gulan-of-the-mill.txt", "--batch", "b1").json["items"]
    assert (fresh["n"], fresh["outcome"]) == (3, "preserved")
    assert evidence("audit").json["findings"] == []


def test_only_custodians_rewrite_registers_and_only_what_nothing_keeps(
    evidence: Evidence, dispose: Callable[..., Any], home: Path
) -> None:
    dispose()
    evidence("grant", "ana", "--role", "reader")
    assert code(evidence("dispose", "--rewrite-registers", "--reason", "x", actor="ana")) == "E-ACCESS-001"
    assert code(evidence("dispose", "--rewrite-registers", "--reason", "x", "--batch", "b9")) == "E-FIND-002"
    assert code(evidence("dispose", "--rewrite-registers")) == "E-CONF-009"
    hold = evidence("hold", "place", "legal", "--batch", "b1", "--reason", "a court asks").json["id"]
    kept = evidence("dispose", "--rewrite-registers", "--reason", "x")
    assert kept.code == 1
    assert kept.json["registers"] == [{"batch": "b1", "items": 0, "waiting": 1, "code": "H-HOLD-002"}]
    assert vault_has(home / "vault", "witness.txt") == ["witness.txt"]
    evidence("hold", "lift", "legal", hold, "--reason", "over")
    assert evidence("dispose", "--rewrite-registers", "--reason", "x").code == 0
    assert vault_has(home / "vault", "witness.txt") == []


@pytest.mark.slow
def test_one_that_came_back_from_a_copy_is_found_and_can_be_disposed_of_again(
    evidence: Evidence, asset: str, dispose: Callable[..., Any], home: Path, tmp_path: Path
) -> None:
    (folder,) = home.glob(f"vault/objects/*/*/*/*{asset}")
    shutil.copytree(folder, tmp_path / "tape")
    dispose()
    shutil.copytree(tmp_path / "tape", folder)
    said = evidence("audit")
    assert said.code == 1
    assert {(one["code"], one["asset"]) for one in said.json["findings"]} == {("E-VAULT-008", asset)}
    assert evidence("dispose", "--list").json["tombstones"][0]["there_again"] is True
    assert code(evidence("show", asset)) == "E-FIND-001"
    assert evidence("dispose", asset, "--reason", "from a tape", "--confirm", asset).code == 0
    assert left(home, SECRET) == []
    assert evidence("audit").json["findings"] == []
