"""Rules, legal holds and second decisions: what forbids a disposal, and what a register may not hold."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipeline.core.retention import Approval, LegalHold, Over, Rule, Scope, as_record, fold_retention
from pipeline.errors import Corrupt, Misconfigured

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ASSET, WAYS = "a" * 64, {("b1", "submitted"), ("b2", "interview")}


def rule(until: datetime | None, **scope: Any) -> dict[str, Any]:
    named = Scope(**scope)
    return as_record(Rule(id=f"k-{until}", scope=named, until=until, reason="x", by="p-1111", at=NOW))


@pytest.mark.parametrize(
    ("scope", "covers"),
    [
        ({"over": Over.ALL}, True),
        ({"over": Over.ASSET, "value": ASSET}, True),
        ({"over": Over.ASSET, "value": "b" * 64}, False),
        ({"over": Over.BATCH, "value": "b2"}, True),
        ({"over": Over.BATCH, "value": "b3"}, False),
        ({"over": Over.SOURCE, "value": "interview"}, True),
        ({"over": Over.SOURCE, "value": "b1"}, False),
    ],
)
def test_what_covers_one_way_covers_the_asset(scope: dict[str, Any], covers: bool) -> None:
    stand = fold_retention([rule(None, **scope)])
    assert (stand.forbids(ASSET, WAYS, NOW) is not None) == covers


def test_the_longest_rule_decides() -> None:
    stand = fold_retention([
        rule(NOW - timedelta(days=1), over=Over.ALL), rule(NOW + timedelta(days=1), over=Over.BATCH, value="b1")
    ])  # fmt: skip
    assert stand.forbids(ASSET, WAYS, NOW) == ("H-RETAIN-001", f"k-{NOW + timedelta(days=1)}")
    assert stand.forbids(ASSET, WAYS, NOW + timedelta(days=1)) is None


def test_a_legal_hold_stands_until_it_is_ended() -> None:
    hold = as_record(LegalHold(id="h", scope=Scope(over=Over.ALL), reason="x", by="p-1111", at=NOW))
    end = {"type": "legal-hold-end", "hold": "h", "reason": "x", "by": "p-1111", "at": "2026-11-24T00:00:00Z"}
    assert fold_retention([hold]).forbids(ASSET, WAYS, NOW) == ("H-HOLD-002", "h")
    assert fold_retention([hold, end]).forbids(ASSET, WAYS, NOW) is None


def test_nobody_agrees_with_themselves_nor_for_ever() -> None:
    said = [as_record(Approval(asset=ASSET, reason="x", by=who, at=NOW)) for who in ("p-1111", "p-2222")]
    stand = fold_retention(said)
    assert stand.approved_by(ASSET, "p-1111", NOW) == {"p-2222"}
    assert stand.approved_by(ASSET, "p-1111", NOW + timedelta(days=31)) == frozenset()
    assert stand.approved_by("b" * 64, "p-1111", NOW) == frozenset()
    assert stand.approved_by(ASSET, "p-1111", NOW, ended=NOW) == frozenset()  # it was of those that are gone
    assert stand.approved_by(ASSET, "p-1111", NOW, ended=NOW - timedelta(days=31)) == {"p-2222"}


def test_what_is_not_known_might_forbid_a_disposal() -> None:
    with pytest.raises(Misconfigured) as unknown:
        fold_retention([{"type": "embargo"}])
    assert unknown.value.code == "E-VAULT-007"
    with pytest.raises(Corrupt):
        fold_retention([{**rule(None, over=Over.ALL), "scope": {"over": "everybody"}}])
