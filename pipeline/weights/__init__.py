"""Weights: model cards, fetching, verification, and the choice of models of a home."""

from collections.abc import Iterable
from typing import Any

from pipeline.errors import Misconfigured, PipelineError
from pipeline.settings import Settings
from pipeline.weights.card import Card, read_cards
from pipeline.weights.disk import Checked, Installed, Progress, find, require
from pipeline.weights.disk import verify as _verify
from pipeline.weights.lock import Change, Choice, Lock, candidates, ensure_lock, read_lock, resolve

__all__ = [
    "Card", "Change", "Checked", "Choice", "Installed", "Lock", "Progress",
    "cards", "ensure_lock", "fetch", "fetch_what_can_be", "find", "list_models", "read_lock", "require", "resolve",
    "verify",
]  # fmt: skip


def cards(settings: Settings) -> dict[str, Card]:
    """Return every model card, by name."""
    return read_cards(settings.cards)


def fetch(
    settings: Settings,
    names: Iterable[str] = (),
    *,
    profile: str | None = None,
    progress: Progress | None = None,
) -> list[Installed]:
    """Bring the named models here, or all of a profile; the second call does nothing."""
    from pipeline.weights.fetching import fetch_all  # only who fetches pays for the network's libraries

    return fetch_all(settings, _selected(settings, names, profile), progress)


def fetch_what_can_be(
    settings: Settings, *, profile: str | None = None, progress: Progress | None = None
) -> list[tuple[str, PipelineError]]:
    """Bring a profile's models here as far as they can be had; return the names of the others, and why.

    For ``auto``: the embedded models must be had, the standard ones may be missing. Without a hub in the
    settings none is asked.
    """
    from pipeline.weights.fetching import fetch_all, fetch_some

    wanted = profile or settings.profile
    known = cards(settings)
    if wanted != "auto":
        return fetch_some(settings, candidates(known, wanted), progress)
    fetch_all(settings, candidates(known, "embedded"), progress)
    if not settings.model_hub:
        return []
    return fetch_some(settings, candidates(known, "standard"), progress)


def verify(
    settings: Settings, names: Iterable[str] = (), *, profile: str | None = None, progress: Progress | None = None
) -> list[Checked]:
    """Read every byte of the named models, or of all of a profile, and say what is missing or wrong."""
    return [one for card in _selected(settings, names, profile) for one in _verify(settings.models, card, progress)]


def list_models(settings: Settings) -> list[dict[str, Any]]:
    """Return one row per card: what it is, whether its weights are here, and which adapter the lock chose."""
    lock = read_lock(settings)
    rows = []
    for card in cards(settings).values():
        here = find(settings.models, card, memory=settings.scratch)
        choice = lock.ports.get(card.port) if lock else None
        chosen = choice if choice and choice.model == card.name else None
        rows.append(
            {
                "model": card.name,
                "port": card.port,
                "about": card.about,
                "profiles": list(card.profiles),
                "here": here is not None,
                "chosen": chosen is not None,
                "adapter": chosen.adapter if chosen else None,
                "adapters": list(card.adapters),
                "weights_sha256": (here.weights_sha256 if here else card.sources[0].file(card.weights).sha256),
                "bytes": sum(one.bytes or 0 for one in (here.source if here else card.sources[0]).files),
                "memory_bytes": card.memory_bytes,
                "provenance": card.provenance,
                "licence": card.licence,
                "needs_consent": card.non_commercial and card.licence not in settings.accept_licences,
                "transcription": dict(card.transcription),
                "speech_translation": dict(card.speech_translation),
            }
        )
    return rows


def _selected(settings: Settings, names: Iterable[str], profile: str | None) -> list[Card]:
    known = cards(settings)
    chosen = list(names)
    if unknown := [name for name in chosen if name not in known]:
        raise Misconfigured(f"no model card is called {', '.join(unknown)}")
    if chosen:
        bases = (source.card for name in chosen for source in known[name].sources if source.card)
        return [known[name] for name in dict.fromkeys([*bases, *chosen])]
    return candidates(known, profile or settings.profile)
