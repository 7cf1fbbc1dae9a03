"""The wiring of audit_vault: every day, one at a time, an alarm that says codes and counts and no more."""

from importlib import import_module
from typing import Any

import pytest


@pytest.fixture
def audit_vault(parsed: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = parsed["dags"]["audit_vault"]
    return found


def test_it_explains_itself_and_never_catches_up(audit_vault: dict[str, Any]) -> None:
    assert audit_vault["doc"].startswith("Audit vault:")
    assert audit_vault["tags"]
    assert audit_vault["catchup"] is False
    assert audit_vault["accepts_nothing"] is True


def test_reading_is_tried_again_and_ends_in_time_and_the_alarm_is_not(audit_vault: dict[str, Any]) -> None:
    read, alarm = audit_vault["tasks"]["read_due"], audit_vault["tasks"]["alarm"]
    assert read["retries"] >= 3
    assert 11 * 3600 < read["timeout"] <= 12 * 3600
    assert read["pool"] == alarm["pool"] == "io"
    assert alarm["after"] == ["read_due"]
    assert alarm["retries"] == 0


def test_a_run_that_is_late_is_told_by_something_that_any_worker_can_import(audit_vault: dict[str, Any]) -> None:
    ((seconds, path, given),) = audit_vault["deadlines"]
    assert seconds < 24 * 3600
    module, _, name = path.rpartition(".")
    assert callable(getattr(import_module(module), name))
    assert given == {"dag": "audit_vault"}


def test_the_alarm_names_codes_and_counts_and_nothing_else(parsed: dict[str, Any]) -> None:
    told = parsed["alarm"]
    assert told["counts"]["codes"] == {"E-VAULT-001": 2, "E-VAULT-003": 1}
    assert told["counts"]["findings"] == 3
    assert "2 E-VAULT-001, 1 E-VAULT-003" in told["summary"]
    assert "witness" not in str(told)
