"""Lock of models: which model serves each port in this home, chosen once and never silently again."""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline.errors import Misconfigured
from pipeline.settings import Settings
from pipeline.weights.card import Card, read_cards
from pipeline.weights.disk import Installed, find

_FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The model that serves a port, by the digests of its files, and the adapter that runs it."""

    model: str
    adapter: str
    weights_sha256: str
    provenance: str
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """The choice of models of one home: port → choice."""

    profile: str
    ports: Mapping[str, Choice]

    def text(self) -> str:
        """Return the lock as it stands on disk: the same choice, the same bytes."""
        value = {"format": _FORMAT, "profile": self.profile, "ports": {k: asdict(v) for k, v in self.ports.items()}}
        return json.dumps(value, sort_keys=True, indent=2) + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A port that another choice would serve: what its stages made would have to be redone."""

    port: str
    before: Choice | None
    after: Choice | None


def read_lock(settings: Settings) -> Lock | None:
    """Return the lock of the home, ``None`` before the first choice; ``Misconfigured`` names what is malformed."""
    file = settings.models_lock
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as err:
        raise Misconfigured(f"{file}: {err}") from err
    try:
        if value["format"] != _FORMAT:
            raise Misconfigured(f"{file}: format {value['format']!r} is not one that this version reads")
        return Lock(profile=value["profile"], ports={port: Choice(**choice) for port, choice in value["ports"].items()})
    except (KeyError, TypeError, AttributeError) as err:
        raise Misconfigured(f"{file}: malformed: {err!r}") from err


def ensure_lock(settings: Settings) -> Lock:
    """Return the lock, made now from the models verified on disk if there is none; no network, no question.

    A port that had no model when the lock was made gets one when its weights have come since; a
    choice that stands is never touched. Simultaneous first calls agree on one lock.
    """
    lock = read_lock(settings)
    cards = read_cards(settings.cards)
    if lock and _required(cards, lock.profile) <= set(lock.ports):
        return lock
    with _alone(settings):
        lock = read_lock(settings)
        fresh = _choose(settings, cards, lock.profile if lock else settings.profile)
        joined = Lock(profile=fresh.profile, ports={**fresh.ports, **(lock.ports if lock else {})})
        if joined != lock:
            _write(settings.models_lock, joined)
        return joined


def resolve(settings: Settings, profile: str | None = None) -> tuple[Lock, tuple[Change, ...]]:
    """Choose anew from the models on disk, write the lock, and return what changed, by port.

    ``auto`` takes the standard model where its weights are here, else the embedded one; the lock
    names the outcome. ``Misconfigured`` (E-CONF-004) when the profile has no model here for a port.
    """
    cards = read_cards(settings.cards)
    wanted = profile or settings.profile
    with _alone(settings):
        before = read_lock(settings)
        after = _choose(settings, cards, wanted)
        if missing := _required(cards, wanted) - set(after.ports):
            raise Misconfigured(f"profile {wanted}: no model here for {', '.join(sorted(missing))}", code="E-CONF-004")
        _write(settings.models_lock, after)
    old = before.ports if before else {}
    ports = sorted(set(old) | set(after.ports))
    return after, tuple(
        Change(port=port, before=old.get(port), after=after.ports.get(port))
        for port in ports
        if old.get(port) != after.ports.get(port)
    )


def candidates(cards: Mapping[str, Card], profile: str) -> list[Card]:
    """Return the cards of a profile; ``auto`` has all, the standard ones first."""
    if profile == "auto":
        return sorted(cards.values(), key=lambda card: ("standard" not in card.profiles, *_order(card)))
    return sorted((card for card in cards.values() if profile in card.profiles), key=_order)


def _order(card: Card) -> tuple[int, str]:
    return -card.preference, card.name


def _required(cards: Mapping[str, Card], profile: str) -> set[str]:
    """Return the ports that a profile must serve: what the embedded models do, and what its own do beside."""
    wanted = {"embedded", profile}
    return {card.port for card in cards.values() if wanted & set(card.profiles) and not card.optional}


def _choose(settings: Settings, cards: Mapping[str, Card], profile: str) -> Lock:
    ports: dict[str, Choice] = {}
    for card in candidates(cards, profile):
        if card.port in ports or (card.non_commercial and card.licence not in settings.accept_licences):
            continue
        if here := find(settings.models, card, memory=settings.scratch):
            ports[card.port] = _choice(settings, here)
    return Lock(profile=profile, ports=ports)


def _choice(settings: Settings, here: Installed) -> Choice:
    card = here.card
    wanted = settings.transcriber if card.port == "transcriber" else None
    return Choice(
        model=card.name,
        adapter=wanted if wanted in card.adapters else next(iter(card.adapters)),
        weights_sha256=here.weights_sha256,
        provenance=card.provenance,
        files=here.digests,
    )


def _write(file: Path, lock: Lock) -> None:
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    with draft.open("w", encoding="utf-8") as out:
        out.write(lock.text())
        out.flush()
        os.fsync(out.fileno())
    draft.replace(file)


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Let one process at a time choose; the lock on the folder ends with the process."""
    settings.home.mkdir(parents=True, exist_ok=True)
    handle = os.open(settings.home, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
