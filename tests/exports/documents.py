"""Enriched documents as the exports are given them, with everything in them that could do harm."""

from typing import Any

ASSET = "a" * 64
MAKER = {"stage": "transcribe", "version": 2, "engine": "faster-whisper", "model": "whisper-base",
         "weights_sha256": "f" * 64, "provenance": "official-digest", "parameters": {}, "environment": {}}  # fmt: skip


def enrichment(kind: str, body: dict[str, Any], **more: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "id": f"{len(kind):064x}", "key": "1" * 64, "asset": ASSET, "kind": kind, "outcome": "done", "code": None,
        "reason": None, "coverage": {"unit": "seconds", "of": 20.0, "read": 20.0, "gaps": [], "flags": []},
        "made_at": "2026-01-01T00:00:00Z", "basis": [], "facts": [], "of_acquisition": None, "supersedes": [],
        "by": "machine", "reviewer": None, "maker": {**MAKER, "stage": kind}, "derivatives": [], "body": body,
        "current": True, "flags": [],
    }  # fmt: skip
    return {**base, **more}


def segment(start: float, end: float, text: str | None, **more: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "stream": 0, "channel": 0, "start": start, "end": end, "text": text, "code": None, "language": "en",
        "language_probability": 0.9, "candidates": [], "reliability": "usable", "confidence": 0.8, "speaker": None,
        "flags": [], "words": [], "readings": [], "disagreement": None,
    }  # fmt: skip
    return {**base, **more}


def transcript(*segments: dict[str, Any], language: str = "en", **more: Any) -> dict[str, Any]:
    return enrichment("transcript", {"language": language, "segments": list(segments)}, **more)


def translation(*segments: dict[str, Any], target: str = "en", **more: Any) -> dict[str, Any]:
    return enrichment("translation", {"target": target, "segments": list(segments)}, **more)


def told(start: float, end: float, text: str | None, **more: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "of": {"kind": "transcript", "index": 0, "last": 0, "at": 0}, "start": start, "end": end, "text": text,
        "source_language": "ar", "source": "x", "engine": "marian", "reliability": "usable", "checks": [],
    }  # fmt: skip
    return {**base, **more}


def claim(lat: float | None, lon: float | None, **more: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "lat": lat, "lon": lon, "radius_m": 10.0, "source": "exif", "name": "Aleppo", "admin": None, "country": "SY",
        "text": "36.2, 37.13", "confidence": 0.9, "t": None, "agrees_with": [], "conflicts_with": [], "notes": [],
    }  # fmt: skip
    return {**base, **more}


def document(*enrichments: dict[str, Any], **more: Any) -> dict[str, Any]:
    acquisition = {"batch": "b", "n": 1, "source": "submitted", "provider": "P", "url": None, "filename": "f.mp4",
                   "received_at": "2026-01-01T00:00:00Z"}  # fmt: skip
    base: dict[str, Any] = {
        "schema": "enriched/1", "asset": ASSET, "sha512": "b" * 128, "bytes": 12, "media_type": "video/mp4",
        "media": "video", "acquisitions": [acquisition], "conditions": None, "enrichments": list(enrichments),
    }  # fmt: skip
    return {**base, **more}
