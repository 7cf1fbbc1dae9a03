"""Every output shows nasty strings and obeys none of them: its structure is that of harmless ones."""

import csv
import io
import json
import logging
import xml.etree.ElementTree as ET
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import webvtt

from pipeline.exports.audit_page import audit_page
from pipeline.exports.formats import FORMATS
from pipeline.exports.inventory import write_csv as write_inventory
from pipeline.exports.inventory import write_page as write_inventory_page
from pipeline.exports.page import Piece, Told, page
from pipeline.show import tell
from tests.hostile.nasty import ACTING, NASTY, PLAIN, everywhere
from tests.service.conftest import Evidence

every = pytest.mark.parametrize("nasty", NASTY.values(), ids=list(NASTY))


def exported(form: str, to: Path, text: str) -> dict[str, str]:
    FORMATS[form]([everywhere(text)], to)
    return {file.name: file.read_bytes().decode() for file in to.iterdir()}


class Skeleton(HTMLParser):
    """The tags of a page with the names of their attributes, and the text between them."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[Any] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, [name for name, _ in attrs]))
        self.texts += [value or "" for _, value in attrs]

    def handle_comment(self, data: str) -> None:
        self.tags.append(("comment", data))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def skeleton(html: str) -> Skeleton:
    found = Skeleton()
    found.feed(html)
    return found


def report(text: str) -> str:
    status = {"accounted": 1, "outcomes": {"probe": {"done": 1}}, "partial": 0}
    pieces = [Piece(n=1, name=text, document=everywhere(text)), Piece(n=2, name=text, document=None, instead=text)]
    return page(
        Told(batch="b", reader=text, made_at="2026", vault="v" * 20, status=status, pieces=pieces,
            identifying=True, items=2)
    )  # fmt: skip


def audit(text: str) -> str:
    found = {"path": text, "code": "E-VAULT-004", "what": text, "asset": None}
    whole = {
        "checked": 1, "bytes": 1, "findings": [found], "run": None, "began": "2026", "ended": "2026", "slice": None,
        "complete": True, "stopped": None, "budget": {"max_bytes": None, "max_rate": None, "until": None},
        "coverage": {"known": 1, "never": 0, "oldest": None}, "quarantine": None,
    }  # fmt: skip
    return audit_page(whole, vault="v" * 20, reader=text)


def stock(text: str) -> dict[str, Any]:
    row = {"value": text, "assets": 1, "items": 1, "bytes": -5}
    return {
        "by": {"batch": [row], "model": [{**row, "results": 1, "weights_sha256": "f" * 64}]}, "batch": text,
        "assets": 1,
        "items": 1, "bytes": 5, "everything": True, "storage": {"says": text}, "reader": text, "made_at": "2026",
        "vault": "v" * 64, "items_without_bytes": 0,
    }  # fmt: skip


PAGES: dict[str, Callable[[str], str]] = {"report": report, "audit": audit}


@every
@pytest.mark.parametrize("which", PAGES)
def test_pages(which: str, nasty: str) -> None:
    found, harmless = skeleton(PAGES[which](nasty)), skeleton(PAGES[which](PLAIN))

    assert found.tags == harmless.tags
    assert ACTING.findall("".join(found.texts)) == ACTING.findall("".join(harmless.texts))
    "".join(found.texts).encode()


@every
def test_tables(tmp_path: Path, nasty: str) -> None:
    files, harmless = exported("csv", tmp_path / "n", nasty), exported("csv", tmp_path / "p", PLAIN)
    for name in ("items.csv", "findings.csv"):
        rows, plain = (
            list(csv.reader(io.StringIO(one[name].lstrip("\ufeff"), newline=""))) for one in (files, harmless)
        )
        assert [len(row) for row in rows] == [len(row) for row in plain]
        for cell in (cell for row in rows for cell in row):
            bare = "".join(c for c in cell if c.isprintable() and not c.isspace())
            assert not bare.startswith(tuple("=+-@|%＝＋－＠"))


@every
def test_maps(tmp_path: Path, nasty: str) -> None:
    for form, name in (("gpx", "places.gpx"), ("kml", "places.kml")):
        found, plain = (
            ET.fromstring(exported(form, tmp_path / f"{form}{n}", one)[name]) for n, one in enumerate((nasty, PLAIN))
        )
        assert [one.tag for one in found.iter()] == [one.tag for one in plain.iter()]
        words = "".join(one.text or "" for one in found.iter())
        assert "<" not in words  # many viewers put them into HTML as they are
        assert not ACTING.search(words)
    (feature,) = json.loads(exported("geojson", tmp_path / "g", nasty)["places.geojson"])["features"]
    assert feature["properties"]["name"] == nasty.encode("utf-8", "replace").decode()


@every
def test_captions(tmp_path: Path, nasty: str) -> None:
    found, plain = exported("webvtt", tmp_path / "n", nasty), exported("webvtt", tmp_path / "p", PLAIN)
    assert sorted(found) == sorted(plain)
    for name in (one for one in found if one.endswith(".vtt")):
        cues, harmless = webvtt.from_string(found[name]), webvtt.from_string(plain[name])
        assert [(one.start, one.end) for one in cues.captions] == [(one.start, one.end) for one in harmless.captions]
        assert found[name].count("-->") == plain[name].count("-->")
        assert len(found[name].splitlines()) == len(plain[name].splitlines())
        # A mark that a line runs from the right is ours.
        assert not ACTING.search(found[name].replace("\u200f", ""))
    found, plain = exported("srt", tmp_path / "ns", nasty), exported("srt", tmp_path / "ps", PLAIN)
    for name in (one for one in found if one.endswith(".srt")):
        assert found[name].count("-->") == plain[name].count("-->")
        assert len(found[name].splitlines()) == len(plain[name].splitlines())
        assert "<i>" not in found[name]
        assert "{\\an8}" not in found[name]


@every
def test_lines_of_json(tmp_path: Path, nasty: str) -> None:
    kept = nasty.encode("utf-8", "replace").decode()  # half a character has no digest, so that no record can hold it
    files, plain = exported("jsonl", tmp_path / "n", kept), exported("jsonl", tmp_path / "p", PLAIN)
    for name in files:
        assert files[name].count("\n") == plain[name].count("\n")
        for line in files[name].split("\n"):
            assert not line or json.loads(line)


@every
def test_inventories(tmp_path: Path, nasty: str) -> None:
    for n, text in enumerate((nasty, PLAIN)):
        write_inventory(stock(text), tmp_path / f"{n}.csv")
        write_inventory_page(stock(text), tmp_path / f"{n}.html")
    found, plain = (skeleton((tmp_path / f"{n}.html").read_text()) for n in (0, 1))
    assert found.tags == plain.tags
    assert not ACTING.search("".join(found.texts))
    with (tmp_path / "0.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert {len(row) for row in rows} == {7}
    assert {row[-1] for row in rows[2:]} == {"-5"}, "a number stays one"


ANSWERS: dict[str, Callable[[str], Any]] = {
    "show": everywhere,
    "export": lambda text: {"files": [text], "withheld": [{"asset": text, "what": text}]},
    "submit": lambda text: {
        "items": [{"n": 1, "outcome": "refused", "code": "E-SUBMIT-001", "reason": text, "path": text, "asset": None}],
        "batch": PLAIN, "totals": {"refused": 1},
    },
    "status": lambda text: {
        "batch": PLAIN, "accounted": 1, "items": 1, "partial": 0, "outcomes": {}, "pending": {},
        "failures": [{"n": 1, "stage": "probe", "code": "E-STAGE-001", "reason": text}],
    },
    "search": lambda text: {
        "hits": [{"asset": "a" * 64, "field": "transcript", "t": 1.0, "snippet": text, "partial": True}], "total": 1,
        "total_is_at_least": False, "unsearchable": {},
    },
    "audit": lambda text: {
        "findings": [{"code": "E-VAULT-004", "path": text, "what": text}], "checked": 1, "bytes": 1,
    },
    "verify-log": lambda text: {"findings": [{"code": "E-LOG-001", "path": text, "what": text}], "entries": 1},
    "inventory": stock,
    "people": lambda text: {"people": [{"person": text, text: text}]},
}  # fmt: skip


@every
@pytest.mark.parametrize("command", ANSWERS)
def test_terminals(command: str, nasty: str) -> None:
    said, plain = tell(command, ANSWERS[command](nasty)), tell(command, ANSWERS[command](PLAIN))

    assert not ACTING.search(said)
    assert said.count("\n") == plain.count("\n")
    said.encode()


def test_names_and_words_given_to_commands(
    evidence: Evidence, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    words = [one for one in NASTY.values() if "\x00" not in one and "\ud800" not in one]
    (folder := tmp_path / "in").mkdir()
    for number, nasty in enumerate(words):
        name = nasty.replace("/", "_").encode()[:200].decode(errors="ignore")
        (folder / name).write_bytes(b"RIFF\x00\x00\x00\x00WAVE" + bytes([number]))
    (folder / b"\xff\xfe\x1b[2J.wav".decode(errors="surrogateescape")).write_bytes(b"RIFF")
    with caplog.at_level(logging.DEBUG):
        said = [
            evidence("submit", folder, "--recursive", "--batch", "b", "--provider", "".join(words)[:900], plain=True),
            evidence("process", "b", "--stages", "identify,probe", plain=True),
            evidence("status", "b", plain=True),
            *(evidence(command, one, plain=True) for one in words for command in ("status", "search")),
            evidence("submit", tmp_path / "none" / "\x1b[2J\u202e", "--batch", "b", plain=True),
        ]  # fmt: skip
    assert len(said[0].text.splitlines()) == len(words) + 2
    for one in said:
        assert not ACTING.search(one.text + one.complaint)
        assert "\nERROR forged" not in one.text + one.complaint
    ours = [one.getMessage() for one in caplog.records if one.name.startswith("pipeline")]
    assert not [one for one in ours if ACTING.search(one) or any(nasty in one for nasty in words)]


def test_a_pattern_finds_only_itself(evidence: Evidence, tmp_path: Path) -> None:
    """Nothing that a database reads as a pattern reaches past what a person may name."""
    (tmp_path / "note.txt").write_text("anything")
    assert evidence("submit", tmp_path / "note.txt", "--batch", "b1").code == 0
    for pattern in ("%", "_", "\\", "a%", "_" * 64, "_" * 12, "*", "[a-f]", "' OR 1=1 --"):
        for command in (("show", pattern), ("similar", pattern), ("status", pattern)):
            assert evidence(*command).code == 2, command
        found = evidence("search", pattern)
        assert found.code == 2 or found.json["total"] == 0
        for option in ("--language", "--tag", "--batch"):
            said = evidence("search", "anything", option, pattern)
            assert said.code == 2 or said.json["total"] == 0
