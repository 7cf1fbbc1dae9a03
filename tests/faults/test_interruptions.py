"""Every act that changes a vault, interrupted at every call: old or new, exactly, and the next command goes on."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.acts import ACTS, Act
from tests.faults.sweep import HOWS, LOST, Field, Tally, few, power_lost, sweep
from tests.faults.table import Row

SEED = 4
_MOMENTS, _MANY_MOMENTS = 1, 25

if shutil.which("strace") is None:
    pytest.skip("strace is not here", allow_module_level=True)


def fill(row: Row, tally: Tally, fault: str) -> list[str]:
    """Put a tally into the table; return what went wrong."""
    row.act, row.fault = tally.act, fault
    row.points, row.tried, row.recovered = tally.calls, tally.tried, tally.recovered
    row.endings = tally.codes
    return [f"{fault} at {one}" for one in tally.wrong] or ([] if tally.tried else [f"{fault}: nothing was tried"])


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name)
def test_old_or_new_is_left(act: Act, long: bool, row: Callable[[], Row], tmp_path: Path) -> None:
    place, wrong = Field(act, tmp_path), []
    there = place.points()
    for fault, how in HOWS.items():
        chosen = there if long else few(there, how, seed=f"{SEED} {act.name} {fault}")
        wrong += fill(row(), sweep(place, how, chosen, calls=len(there)), fault)
    wrong += fill(row(), power_lost(place, _MANY_MOMENTS if long else _MOMENTS, SEED), LOST)
    assert wrong == [], "\n".join(wrong)


def test_half_a_key_does_not_close_the_vault(row: Callable[[], Row], tmp_path: Path) -> None:
    place = Field(next(one for one in ACTS if one.name == "rotate the key"), tmp_path)
    there = place.points()
    chosen = [one for one in there if one.call == "write"][:2]
    assert fill(row(), sweep(place, HOWS["killed"], chosen, calls=len(there)), "killed in a key") == []
