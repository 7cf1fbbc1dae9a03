"""A small vault whose words are known: real bytes, and statements about them that no model made."""

import io
import math
import struct
import wave
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.core.model import AssetId, Derivative, Enrichment, Kind, Maker, Outcome
from pipeline.index.hashes import prints_of
from pipeline.index.rows import rows_of
from pipeline.service import App
from pipeline.settings import Settings
from pipeline.usecases.documents import fold

CHECKOUT = Path(__file__).resolve().parent.parent.parent
PASSWORD = "correct horse battery staple"

HOSTILE = "<img src=x onerror=alert(1)>\"'><script>alert(2)</script>{{7*7}}${7*7}"
ARABIC = "سقطت القذيفة على حلب"


@dataclass(kw_only=True)
class Planted:
    """What stands in the vault, and who may what."""

    app: App
    assets: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)


def settings_in(folder: Path) -> Settings:
    home = folder / "home"
    return Settings(
        home=home, models=CHECKOUT / "models", cards=CHECKOUT / "models", keys=folder / "keys", actor="custodian",
        scratch=home / "scratch", database=f"sqlite:///{home / 'catalogue.sqlite'}",
    )  # fmt: skip


def picture(colour: str, *, position: bool = False) -> bytes:
    from PIL import Image

    out, exif = io.BytesIO(), Image.Exif()
    if position:
        exif.get_ifd(0x8825).update({1: "N", 2: (36.0, 11.0, 56.76), 3: "E", 4: (37.0, 9.0, 45.72)})
    Image.new("RGB", (640, 480), colour).save(out, "JPEG", exif=exif)
    return out.getvalue()


def sound(seconds: float = 4.0) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(b"".join(_sample(n) for n in range(int(seconds * 16000))))
    return out.getvalue()


def _sample(n: int) -> bytes:
    return struct.pack("<h", int(3000 * math.sin(2 * math.pi * 440 * n / 16000)))


def said(asset: str, kind: str, body: dict[str, Any], derivatives: Sequence[Derivative] = ()) -> Enrichment:
    maker = Maker(stage=kind, version=1, model="a model", weights_sha256="a" * 64)
    return Enrichment(
        asset=AssetId(asset), kind=Kind(kind), maker=maker, basis=(), outcome=Outcome.DONE,
        made_at="2026-01-01T00:00:00Z", body=body, derivatives=tuple(derivatives),
    )  # fmt: skip


def segment(start: float, text: str, language: str = "ar", **more: Any) -> dict[str, Any]:
    words = text.split()
    step = 1.0 / max(len(words), 1)
    return {
        "stream": 0, "channel": 0, "start": start, "end": start + 1, "text": text, "code": None, "language": language,
        "language_probability": 0.9, "candidates": [], "text_language": None, "reliability": "low", "confidence": 0.8,
        "speaker": None, "flags": ["low_confidence"],
        "words": [
            {"text": one, "start": round(start + n * step, 3), "end": round(start + (n + 1) * step, 3),
             "confidence": 0.8}
            for n, one in enumerate(words)
        ],
        "readings": [], "disagreement": None, **more,
    }  # fmt: skip


def meant(index: int, text: str, start: float) -> dict[str, Any]:
    return {
        "of": {"kind": "transcript", "index": index, "last": index, "at": 0}, "kind": "translation", "start": start,
        "end": start + 1, "text": text, "code": None, "source_language": "ar", "source": "s", "engine": "e",
        "model": "m", "confidence": 0.5, "reliability": "low", "checks": [], "checked": [], "gloss_text": None,
        "glosses": [],
    }  # fmt: skip


def claim(**more: Any) -> dict[str, Any]:
    return {
        "lat": 36.2021, "lon": 37.1343, "radius_m": 12_000.0, "source": "mention", "name": "Aleppo", "admin": None,
        "country": "Syria", "text": "حلب", "confidence": 0.9, "t": 0.0, "times": [0.0], "found_in": "transcript",
        "acquisition": None, "track": None, "agrees_with": [], "conflicts_with": [], "notes": [], **more,
    }  # fmt: skip


def shape(media: str, media_type: str) -> dict[str, Any]:
    return {"media": media, "media_type": media_type, "container": media_type.partition("/")[2], "puid": None,
            "flags": []}  # fmt: skip


def probe(**more: Any) -> dict[str, Any]:
    return {
        "duration_declared": None, "duration_decoded": None, "streams": [], "picture": None, "created_at": None,
        "camera": {"make": "Acme", "model": "One"}, "tags": {"raw": {"exiftool:EXIF:SerialNumber": "SN-12345"}},
        "source_identifying": ["camera", "tags.raw.exiftool:EXIF:SerialNumber"], "flags": [], **more,
    }  # fmt: skip


def seen(label: str, t: float | None = None) -> dict[str, Any]:
    return {
        "label": label, "score": 0.8, "calibrated": None, "box": [0.1, 0.2, 0.3, 0.4], "t": t, "pts": None,
        "time_base": None, "frame": None, "track": None, "term": None, "names": None,
    }  # fmt: skip


def written(text: str) -> dict[str, Any]:
    return {
        "text": text, "language": "ar", "language_probability": 0.9, "script": "Arab", "confidence": 0.7,
        "box": [0.5, 0.5, 0.2, 0.1], "t": None, "end": None, "pts": None, "time_base": None, "turn": 0, "engine": "e",
        "model": "m", "lines": [], "as_read": None, "flags": [], "seen": [],
    }  # fmt: skip


def plant(app: App, asset: str, records: Sequence[Enrichment], files: dict[str, Path] | None = None) -> None:
    """Write statements to the vault and into the index, as a run would."""
    home = app.home
    home.vault.write_back(AssetId(asset), f"run-{asset[:8]}", [one.as_json() for one in records], files or {})
    document = fold(home, AssetId(asset))
    home.index.put(AssetId(asset), rows_of(document), prints_of(document))
