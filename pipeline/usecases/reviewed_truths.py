"""Reviewed truths: what persons confirmed and corrected here, as the truth that models are measured against."""

import csv
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.core.gate import Purpose
from pipeline.core.judgement import Standing, State
from pipeline.core.model import AssetId, Kind, Media
from pipeline.errors import Misconfigured
from pipeline.usecases.access import Access
from pipeline.usecases.documents import fold
from pipeline.usecases.evaluate import Evaluation, evaluate
from pipeline.usecases.home import Home
from pipeline.usecases.judging import JUDGEMENT
from pipeline.usecases.reviewed_hits import told_of

Json = Mapping[str, Any]
Truth = dict[str, str]
_COLUMNS = ("path", "language", "text", "labels")


def evaluate_reviewed(home: Home, access: Access, what: str) -> dict[str, Any]:
    """Put reviewed material that the person may see and process through the line once more, and measure.

    The copies lie in the scratch folder until it is done.
    """
    if what not in _TRUTHS:
        raise Misconfigured(f"persons review {', '.join(_TRUTHS)}, not {what}", code="E-CONF-009")
    home.settings.scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.settings.scratch, prefix="reviewed-") as place:
        manifest = Path(place) / "truths.csv"
        rows = []
        for asset, truth in truths(home, access, what):
            with home.vault.original(asset) as file:
                shutil.copyfile(file, Path(place) / asset)
            rows.append({"path": asset, **truth})
        if not rows:
            raise Misconfigured(f"nothing was reviewed that {what} can be measured on", code="E-EVAL-001")
        with manifest.open("w", encoding="utf-8", newline="") as out:
            table = csv.DictWriter(out, _COLUMNS, restval="")
            table.writeheader()
            table.writerows(rows)
        return evaluate(home.settings, Evaluation(what=what, manifest=manifest))


def truths(home: Home, access: Access, what: str) -> Iterator[tuple[AssetId, Truth]]:
    """Yield the assets of which persons said enough, and what is true of them by their word."""
    for asset in home.catalogue.reviews.assets(JUDGEMENT):
        allowed = all(access.decide(one, asset).allowed for one in (Purpose.VIEW, Purpose.PROCESS))
        if not allowed or home.quarantine.holds(asset):
            continue
        document = fold(home, asset)
        told = told_of(home, asset, document["enrichments"])
        current = {one["kind"]: one for one in document["enrichments"] if one["current"]}
        truth = _TRUTHS[what](document["media"], current, told)
        if truth is not None:
            yield asset, truth


def _speech(_media: str, current: Mapping[str, Json], told: Mapping[str, Mapping[str, Standing]]) -> Truth | None:
    one = current.get(Kind.TRANSCRIPT)
    text = _written(one, "segments", told) if one else None
    return None if one is None or text is None else {"language": str(one["body"]["language"]), "text": text}


def _text(media: str, current: Mapping[str, Json], told: Mapping[str, Mapping[str, Standing]]) -> Truth | None:
    one = current.get(Kind.OCR)
    text = _written(one, "regions", told) if one and media == Media.IMAGE else None
    return None if text is None else {"language": "und", "text": text}


def _written(one: Json, member: str, told: Mapping[str, Mapping[str, Standing]]) -> str | None:
    """Return all that is said or stands there by the word of persons; ``None`` where they left something out."""
    states = told.get(one["id"], {})
    whole = states.get("")
    parts: list[str] = []
    for place, it in enumerate(one["body"].get(member, ())):
        if not it.get("text"):
            continue
        mine = states.get(f"/{member}/{place}/text") or states.get(f"/{member}/{place}") or whole
        if mine is None or not mine.state.settled:
            return None
        if mine.state is State.CORRECTED:
            parts.append(str(mine.value["text"] if isinstance(mine.value, Mapping) else mine.value))
        elif mine.state is State.CONFIRMED:
            parts.append(str(it["text"]))
    return " ".join(parts) or None


def _labels(_media: str, current: Mapping[str, Json], told: Mapping[str, Mapping[str, Standing]]) -> Truth | None:
    found: set[str] = set()
    for kind, member in ((Kind.OBJECTS, "objects"), (Kind.TAGS, "tags")):
        one = current.get(kind)
        states = told.get(one["id"], {}) if one else {}
        for place, it in enumerate(one["body"].get(member, ()) if one else ()):
            mine = states.get(f"/{member}/{place}/label") or states.get(f"/{member}/{place}") or states.get("")
            if mine is not None and mine.state is State.CONFIRMED:
                found.add(str(it["label"]))
            if mine is not None and mine.state is State.CORRECTED and isinstance(mine.value, str):
                found.add(mine.value)
    return {"labels": "|".join(sorted(found))} if found else None


_TRUTHS = {"speech": _speech, "text": _text, "labels": _labels}
