"""The report: what it says of each item, and that no name can act on the terminal."""

import io
from pathlib import Path
from typing import Any

from rich.console import Console

from docker.follow import Run, Spent
from docker.report import Show, Told, report
from pipeline.errors import Refused

SOUND, PICTURE = "a" * 64, "b" * 64


def enrichment(kind: str, body: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"kind": kind, "outcome": "done", "code": None, "coverage": None, "current": True, "body": body, **more}


def segment(text: str, *flags: str) -> dict[str, Any]:
    return {"text": text, "flags": list(flags)}


HALF = {"unit": "seconds", "of": 20.0, "read": 9.5, "gaps": [], "flags": []}
DOCUMENTS: dict[str, dict[str, Any]] = {
    SOUND: {
        "enrichments": [
            enrichment("format", {"media_type": "audio/wav"}),
            enrichment("probe", {"duration_decoded": 9.5, "streams": []}, coverage=HALF),
            enrichment("transcript", {"language": "fr", "segments": [segment("bonjour tout le monde", "rate")]}),
            enrichment(
                "translation",
                {
                    "target": "en",
                    "segments": [
                        {"kind": "translation", "text": "hello everybody", "reliability": "usable"},
                        {"kind": "gloss", "text": None, "reliability": "gloss"},
                    ],
                },
            ),
            enrichment("places", {}, outcome="empty", code="N-PLACE-001"),
        ]
    },
    PICTURE: {
        "enrichments": [
            enrichment("format", {"media_type": "image/jpeg"}),
            enrichment("ocr", {"regions": [{"text": "مدينة حلب"}, {"text": None}]}),
            enrichment("objects", {"objects": [{"label": "bus", "score": 0.4}, {"label": "person", "score": 0.9}]}),
            enrichment(
                "places",
                {
                    "claims": [{"lat": 36.19924, "lon": 37.16372, "radius_m": 10, "source": "exif", "name": "Aleppo"}],
                    "best": {"claim": 0, "reasons": []},
                },
            ),
        ]
    },
}


def item(n: int, path: str, asset: str | None, code: str | None = None) -> dict[str, Any]:
    return {"n": n, "path": path, "asset": asset, "outcome": "preserved", "code": code, "reason": None}


ITEMS = [
    item(1, "/in/one\x1b[2J\u202egpj.wav", SOUND),
    item(2, "/in/two [red].jpg", PICTURE),
    item(3, "/in/again.jpg", PICTURE),
    item(4, "/in/fifo", None, "E-SUBMIT-003"),
]


def printed(tally: dict[str, int], pending: int, accounted: int) -> str:
    status = {
        "batch": "b", "items": 4, "accounted": accounted, "partial": 1, "outcomes": {"identify": tally},
        "pending": {"identify": pending}, "failures": [],
    }  # fmt: skip
    spent = Spent(task="extract", shards=1, ended=1, bad=0, tries=1, seconds=12.5)
    run = Run(state="success", wall=30, busy=20, tasks=(spent,))
    told = Told(
        folder=Path("/in"), submitted={"items": ITEMS}, status=status, run=run, before_s=2, wall_s=60
    )  # fmt: skip
    return text_of(told, DOCUMENTS.__getitem__)


def text_of(told: Told, show: Show) -> str:
    page = io.StringIO()
    report(told, show, Console(width=120, file=page), Path("/home/report-b.html"))
    return page.getvalue()


def test_each_item_says_what_was_found() -> None:
    text = printed({"done": 3, "refused": 1}, 0, 4)
    assert "every item accounted for" in text
    assert "audio/wav · 9.5 s" in text
    assert "“bonjour tout le monde”  (rate)" in text
    assert "en  “hello everybody”  (translated by a machine, usable)" in text
    assert "read  “مدينة حلب”" in text
    assert "seen  person · bus" in text
    assert "/home/report-b.html" in text
    assert "only 9.5 of 20 seconds could be read" in text
    assert "36.19924, 37.16372  Aleppo  (exif, ± 10 m)" in text
    assert "the same bytes as item 2: kept once, analysed once" in text
    assert "not a regular file (socket, FIFO or device) (E-SUBMIT-003)" in text
    assert "machine-made; nobody has reviewed them" in text


def test_names_are_shown_and_cannot_act() -> None:
    text = printed({"done": 4}, 0, 4)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "two [red].jpg" in text


def test_what_is_missing_is_not_passed_over() -> None:
    text = printed({"done": 3}, 1, 3)
    assert "1 items UNACCOUNTED FOR" in text
    assert "1 pending" in text


def test_the_times_of_the_tasks_and_of_what_surrounds_them_are_shown() -> None:
    text = printed({"done": 4}, 0, 4)
    lines = {line.split("  ")[0].strip(): line for line in text.splitlines()}
    assert "12.5" in lines["extract"]
    assert "10.0" in lines["between tasks"]
    assert "28.0" in lines["Airflow, start and stop"]
    assert "60.0" in lines["in all"]


def test_what_a_person_may_not_see_is_said_to_be_withheld() -> None:
    def show(_asset: str) -> dict[str, Any]:
        raise Refused("no", code="H-GRANT-001")

    status = {"batch": "b", "items": 4, "accounted": 4, "outcomes": {}, "pending": {}}
    run = Run(state="success", wall=1, busy=1, tasks=())
    told = Told(folder=Path("/in"), submitted={"items": ITEMS}, status=status, run=run, before_s=1, wall_s=3)
    assert "not shown: this person has no grant for it (H-GRANT-001)" in text_of(told, show)
