"""Audits at the command line: their document and page, budgets, the quarantine, and who may do what."""

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest

from pipeline.commands.auditing import bar
from pipeline.errors import Unavailable
from pipeline.settings import read_settings
from pipeline.usecases.checked import last_checked
from pipeline.usecases.home import open_home
from pipeline.vault.quarantine import Quarantine
from tests.service.conftest import Evidence

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def preserved(evidence: Evidence, tmp_path: Path) -> list[str]:
    """Six files of one size in batch b1; their assets."""
    folder = tmp_path / "files"
    folder.mkdir()
    for n in range(6):
        (folder / f"{n}.bin").write_bytes(random.Random(n).randbytes(40_000))
    items = evidence("submit", folder, "--recursive", "--batch", "b1").json["items"]
    return [one["asset"] for one in items]


def original(home: Path, asset: str) -> Path:
    return next((home / "vault" / "objects").rglob(f"*{asset}/v1/content/original"))


def damage(path: Path) -> bytes:
    before = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
    return before


def test_the_document_says_what_was_covered(evidence: Evidence, preserved: list[str]) -> None:
    first = evidence("audit", "--max-bytes", "100k").json
    assert first["complete"] is False
    assert first["stopped"] == "max_bytes"
    assert first["bytes"] <= 100_000
    assert first["budget"]["max_bytes"] == 100_000
    second = evidence("audit", "--full").json
    assert second["complete"] is True
    assert second["coverage"]["never"] == 0
    assert second["coverage"]["known"] == second["checked"] >= len(preserved)
    assert second["findings"] == []
    assert second["coverage"]["oldest"] is not None


def test_last_checks_outlive_the_catalogue(evidence: Evidence, home: Path, preserved: list[str]) -> None:
    evidence("audit", "--full")
    for one in home.glob("catalogue*"):
        one.unlink()
    told = evidence("audited", preserved[0]).json
    assert told["assets"][0]["last_checked"] is not None
    assert told["coverage"]["never"] == 0
    opened = open_home(read_settings())
    when = last_checked(opened)
    assert all(when(one) is not None for one in preserved)  # type: ignore[arg-type] # ids are text
    opened.close()


def test_damage_is_put_away_and_nothing_is_deleted(evidence: Evidence, home: Path, preserved: list[str]) -> None:
    path = original(home, preserved[2])
    before = damage(path)
    said = evidence("audit", "--full")
    assert said.code == 1
    assert said.json["quarantine"] == {"added": 1, "assets": 1, "code": None}
    assert path.exists()

    listed = evidence("quarantine", "list")
    assert (listed.code, [one["asset"] for one in listed.json["quarantine"]]) == (1, [preserved[2]])
    status = evidence("process", "b1", "--stages", "identify").json
    assert status["outcomes"]["identify"] == {"done": 5, "held": 1}
    assert evidence("status", "b1").json["items"] == 6
    terms = home.parent / "terms.json"
    terms.write_text(json.dumps({"schema": "conditions/1", "export_to": ["Court"]}))
    evidence("conditions", "b1", terms, "--reason", "agreed")
    asked = ("--batch", "b1", "--format", "jsonl", "--to", home.parent / "out", "--recipient", "Court")
    shared = evidence("export", *asked).json
    assert [(one["asset"], one["code"]) for one in shared["withheld"]] == [(preserved[2], "H-VAULT-001")]
    assert len(shared["exported"]) == 5

    refused = evidence("quarantine", "release", preserved[2], "--reason", "looks fine")
    assert (refused.code, refused.json["error"]["code"]) == (2, "E-VAULT-010")
    path.write_bytes(before)
    path.chmod(0o444)
    assert evidence("quarantine", "release", preserved[2][:12], "--reason", "from the replica").code == 0
    assert evidence("quarantine", "list").code == 0
    assert evidence("process", "b1", "--stages", "identify").json["outcomes"]["identify"] == {"done": 6}
    assert evidence("audit", "--full").code == 0


def test_the_document_tells_of_damage_who_may_know(evidence: Evidence, home: Path, preserved: list[str]) -> None:
    evidence("grant", "ana", "--role", "reader")
    evidence("grant", "nora", "--role", "reader")
    evidence("grant", "nora", "--permission", "audit")
    before = {name: evidence("show", preserved[2], actor=name).json for name in ("custodian", "ana", "nora")}
    assert "quarantine" not in before["custodian"]
    damage(original(home, preserved[2]))
    evidence("audit", "--full")
    told = {name: evidence("show", preserved[2], actor=name) for name in before}
    assert told["ana"].json == before["ana"]
    assert "H-VAULT-001" not in told["ana"].complaint
    for name in ("custodian", "nora"):
        said = told[name].json
        assert [one["code"] for one in said.pop("quarantine")] == ["E-VAULT-001"]
        assert said == before[name]


def test_a_day_says_what_came_of_the_quarantine(
    evidence: Evidence, home: Path, preserved: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "settings.toml").write_text("audit_rotation_days = 1\n")
    damage(original(home, preserved[2]))

    def failing(*_: object, **__: object) -> None:
        raise Unavailable("no space", code="E-HOST-003")

    with monkeypatch.context() as patch:
        patch.setattr(Quarantine, "add", failing)
        said = evidence("audit", "--due")
    assert (said.code, said.json["quarantine"]) == (1, {"added": None, "assets": None, "code": "E-HOST-003"})
    assert evidence("audit", "--due").json["quarantine"] == {"added": 1, "assets": 1, "code": None}


def test_audited_takes_prefixes(evidence: Evidence, preserved: list[str]) -> None:
    evidence("audit")
    told = evidence("audited", preserved[0][:12], preserved[1]).json["assets"]
    assert [one["asset"] for one in told] == preserved[:2]
    assert all(one["last_checked"] for one in told)
    assert evidence("audited", "").json["error"]["code"] == "E-FIND-001"
    assert sorted(one[:2] for one in preserved if one[0] == "5") == ["58", "5e"]
    assert evidence("audited", "5").json["error"]["code"] == "E-FIND-003"
    assert evidence("audited", "fff").json["error"]["code"] == "E-FIND-001"


def test_who_may_not_know_of_it_is_told_nothing(evidence: Evidence, home: Path, preserved: list[str]) -> None:
    before = evidence("show", preserved[2], actor="mallory").json
    damage(original(home, preserved[2]))
    evidence("audit", "--full")
    assert evidence("show", preserved[2], actor="mallory").json == before
    for argv in (("quarantine", "list"), ("quarantine", "release", preserved[2], "--reason", "x"), ("audited",)):
        said = evidence(*argv, actor="mallory")
        assert (said.code, said.json["error"]["code"]) == (2, "E-ACCESS-001")


def test_an_auditor_may_list_and_only_a_custodian_release(evidence: Evidence, home: Path, preserved: list[str]) -> None:
    evidence("grant", "nora", "--permission", "audit")
    damage(original(home, preserved[0]))
    assert evidence("audit", "--full", actor="nora").code == 1
    assert evidence("quarantine", "list", actor="nora").code == 1
    said = evidence("quarantine", "release", preserved[0], "--reason", "x", actor="nora")
    assert said.json["error"]["code"] == "E-ACCESS-001"


def test_the_page_asks_nobody_and_believes_no_text(evidence: Evidence, home: Path, preserved: list[str]) -> None:
    (home / "vault" / "objects" / HOSTILE.replace("/", "")).mkdir()
    page = home.parent / "audit.html"
    assert evidence("audit", "--full", "--page", page).code == 1
    text = page.read_text(encoding="utf-8")
    assert "E-VAULT-004" in text
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert not re.search(r"(?:src|href|url)\s*[=(]", text)
    assert "default-src 'none'" in text
    assert page.stat().st_mode & 0o077 == 0
    assert preserved


def test_a_day_of_the_rotation(evidence: Evidence, home: Path, preserved: list[str], tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("audit_rotation_days = 3\n")
    days: list[Any] = [evidence("audit", "--due").json for _ in range(3)]
    assert [[one["slice"] for one in day["slices"]] for day in days] == [[1], [2], [3]]
    assert sum(day["checked"] for day in days) == evidence("audit", "--full").json["coverage"]["known"]
    assert [day["codes"] for day in days] == [{}, {}, {}]
    damage(original(home, preserved[1]))
    again = [evidence("audit", "--due") for _ in range(3)]
    assert sorted(said.code for said in again) == [0, 0, 1]
    assert [said.json["codes"] for said in again if said.code] == [{"E-VAULT-001": 1}]


@pytest.mark.parametrize(
    "argv", [["--max-bytes", "-1"], ["--max-rate", "fast"], ["--until", "soon"], ["--slice", "4/3"]]
)
def test_a_wrong_limit_is_refused(evidence: Evidence, argv: list[str]) -> None:
    assert evidence("audit", *argv).json["error"]["code"] == "E-CONF-009"


def test_a_person_reads_it(evidence: Evidence, preserved: list[str]) -> None:
    text = evidence("audit", plain=True).text
    assert "0 findings" in text
    assert "never read" in text
    assert preserved


def test_a_bar_is_drawn_to_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    draw = bar()
    for n in range(1, 5):
        draw(n, 4, n * 10**9)
    drawn = capsys.readouterr().err
    assert drawn.endswith("\n")
    assert "4 of 4 objects · 4.00 GB" in drawn


@pytest.mark.slow
def test_a_report_shows_no_picture_of_what_is_damaged(
    evidence: Evidence, home: Path, processed: dict[str, str], tmp_path: Path
) -> None:
    def pictures(name: str) -> int:
        said = evidence("report", "b1", "--to", tmp_path / name)
        assert said.code == 0, said.text
        return sum(one.read_text(encoding="utf-8").count("data:image/") for one in [tmp_path / name])

    before = pictures("before.html")
    damage(original(home, processed["place.jpg"]))
    assert evidence("audit", "--full").code == 1
    assert (before, pictures("after.html")) == (1, 0)
