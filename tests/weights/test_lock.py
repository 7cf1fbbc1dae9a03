"""Lock: the choice is made once; whoever comes later, or at the same time, finds it made."""

import threading

import pytest

from pipeline import weights
from pipeline.errors import Misconfigured
from pipeline.settings import Settings
from tests.weights.shop import Index, Shelf


def test_the_first_call_writes_what_later_calls_read(settings: Settings, shelf: Shelf, index: Index) -> None:
    shelf.card()
    weights.fetch(settings)
    index.asked.clear()
    lock = weights.ensure_lock(settings)
    text = settings.models_lock.read_text()
    assert lock.ports["transcriber"].model == "made"
    assert weights.ensure_lock(settings) == lock == weights.read_lock(settings)
    assert settings.models_lock.read_text() == text
    assert index.asked == []


def test_simultaneous_first_calls_agree(settings: Settings, shelf: Shelf) -> None:
    shelf.card()
    weights.fetch(settings)
    locks: list[weights.Lock] = []
    threads = [threading.Thread(target=lambda: locks.append(weights.ensure_lock(settings))) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(locks) == 8
    assert all(one == locks[0] for one in locks)


def test_a_better_model_that_comes_later_changes_nothing(settings: Settings, shelf: Shelf) -> None:
    shelf.card()
    weights.fetch(settings)
    first = weights.ensure_lock(settings)
    shelf.card(name="a-better-one")
    weights.fetch(settings)
    assert weights.ensure_lock(settings) == first


def test_a_home_without_weights_gets_its_model_when_they_come(settings: Settings, shelf: Shelf) -> None:
    shelf.card()
    assert weights.ensure_lock(settings).ports == {}
    weights.fetch(settings)
    assert weights.ensure_lock(settings).ports["transcriber"].model == "made"


def test_resolving_says_which_port_would_be_redone(settings: Settings, shelf: Shelf) -> None:
    shelf.card()
    weights.fetch(settings)
    weights.ensure_lock(settings)
    assert weights.resolve(settings, "embedded")[1] == ()
    shelf.card(name="made-standard", profiles=["standard"])
    weights.fetch(settings, ["made-standard"])
    lock, (change,) = weights.resolve(settings, "auto")
    assert change.port == "transcriber"
    assert change.before is not None
    assert change.after is not None
    assert (change.before.model, change.after.model) == ("made", "made-standard")
    assert weights.read_lock(settings) == lock


def test_a_profile_without_a_model_here_is_refused_and_changes_nothing(settings: Settings, shelf: Shelf) -> None:
    shelf.card()
    weights.fetch(settings)
    before = weights.ensure_lock(settings)
    with pytest.raises(Misconfigured, match="transcriber"):
        weights.resolve(settings, "standard")
    assert weights.read_lock(settings) == before


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 99}', '{"format": 1, "profile": "x", "ports": [1]}'])
def test_a_malformed_lock_is_named(settings: Settings, text: str) -> None:
    settings.home.mkdir()
    settings.models_lock.write_text(text)
    with pytest.raises(Misconfigured, match=r"models\.lock"):
        weights.read_lock(settings)
