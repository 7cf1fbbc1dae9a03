"""Rulings: what stands after terms were changed, releases recalled and holds lifted."""

import json
from collections.abc import Sequence
from datetime import timedelta

import pytest

from pipeline.core.conditions import defaults
from pipeline.core.model import Source
from pipeline.core.rulings import Hold, Lift, Recall, Release, Ruling, Rulings, Terms, as_ruling, fold_rulings
from pipeline.errors import Corrupt, Misconfigured
from tests.core.strategies import FOUNDER, NOW

RELEASE = Release(id="r-1", asset="a", batch="A", n=1, by=FOUNDER, at=NOW, reason="ordered by the court")


def fold(rulings: Sequence[Ruling]) -> Rulings:
    return fold_rulings(json.loads(json.dumps([as_ruling(one) for one in rulings])))


def test_the_last_terms_of_an_acquisition_stand() -> None:
    first, last = defaults(Source.SUBMITTED, None), defaults(Source.INTERVIEW, None)
    said = [Terms(batch="A", n=1, conditions=one, by=FOUNDER, at=NOW, reason="letter") for one in (first, last)]
    assert fold(said).terms == {("A", 1): last}


def test_a_recalled_release_opens_nothing() -> None:
    other = RELEASE.model_copy(update={"id": "r-2"})
    recall = Recall(release="r-1", by=FOUNDER, at=NOW, reason="in error")
    assert fold([RELEASE, other]).releases == {"a": (RELEASE, other)}
    assert fold([RELEASE, other, recall]).releases == {"a": (other,)}
    assert fold([RELEASE, recall]).releases == {}


def test_a_release_is_in_force_from_when_it_was_made_until_it_ends() -> None:
    ends = RELEASE.model_copy(update={"until": NOW + timedelta(hours=1)})
    assert ends.in_force(NOW)
    assert not ends.in_force(NOW - timedelta(seconds=1))
    assert not ends.in_force(NOW + timedelta(hours=1))


def test_a_hold_stands_until_it_is_lifted() -> None:
    hold = Hold(asset="a", by=FOUNDER, at=NOW, ground="listed")
    lift = Lift(asset="a", by=FOUNDER, at=NOW, reason="another file")
    assert fold([hold]).held == {"a"}
    assert fold([hold, lift]).held == frozenset()
    assert fold([hold, lift, hold]).held == {"a"}


def test_what_cannot_be_read_is_not_passed_over() -> None:
    with pytest.raises(Misconfigured):
        fold_rulings([{"type": "amnesty"}])
    with pytest.raises(Corrupt):
        fold_rulings([{"type": "hold", "asset": "a"}])
