"""Sweep: an act killed, or a call of it failing, at each point; what is seen afterwards, counted."""

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.faults.acts import Act
from tests.faults.ground import Ground, same
from tests.faults.interrupt import Point, interrupted, modules, points, quietly, recorded, threads
from tests.faults.lost import moments

KILL, EIO, ENOSPC = "signal=KILL", "error=EIO", "error=ENOSPC"
LOST = "power lost"
HOWS = {"killed": KILL, "EIO": EIO, "ENOSPC": ENOSPC}
TYPED = {EIO: {"E-VAULT-005"}, ENOSPC: {"E-HOST-003"}}
DERIVED = {"E-CONF-001", "E-HOST-001", "E-HOST-002", "E-HOST-003", "E-INDEX-001"}
"""What a failing disk may also be called by what can be built again.

SQLite does not say what failed: a file that cannot be opened it takes for one that may only be
read, and some failing writes for a full disk.
"""


@dataclass(kw_only=True)
class Tally:
    """What came of the points of one act under one kind of fault."""

    act: str
    how: str
    calls: int = 0
    tried: int = 0
    recovered: int = 0
    unreached: int = 0
    codes: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def count(self, code: str) -> None:
        """Count an ending."""
        self.codes[code] = self.codes.get(code, 0) + 1


class Field:
    """An act's ground, with how it looks before and after."""

    def __init__(self, act: Act, place: Path) -> None:
        self.act = act
        self.ground = Ground(root=place / "ground")
        self.spare = place / "spare"
        self.trace = place / "trace"
        self.alone = True
        quietly(lambda: act.prepare(self.ground))
        shutil.copytree(self.ground.root, self.spare, symlinks=True)
        self.old = self._look()
        modules(lambda: (act.work(self.ground), self._seen(self.ground), act.check(self.ground)))
        self.new = self._look()
        assert not same(self.old, self.new), f"{act.name} changes nothing that is looked at"

    def points(self) -> list[Point]:
        """Return the changing calls of an undisturbed act."""
        self.put_back()
        lines = recorded(lambda: self.act.work(self.ground), self.trace)
        self.alone = threads(lines) == 1
        self.put_back()
        return points(lines)

    def put_back(self) -> None:
        """Make everything as it was before."""
        self.ground.put_back(self.spare)

    def judge(self, *, must: str | None = None, torn: bool = False) -> str | None:
        """Say what is wrong after an interruption, if anything; ``must`` is the only state allowed, if one is.

        ``torn``: the log may end in half an entry, which counts as known once ``recover`` has signed for it.
        """
        try:
            if torn and self.ground.vault.is_dir():
                quietly(self._recover)
            quietly(lambda: self._judge(must))
        except AssertionError as err:
            return str(err)
        return None

    def _recover(self) -> int:
        return self.ground.open().vault.recover()

    def _judge(self, must: str | None) -> None:
        act, ground = self.act, self.ground
        if act.settled:
            act.settle(ground)
        seen = act.state(ground)
        allowed = {"old": [self.old], "new": [self.new], None: [self.old, self.new]}[must]
        assert any(same(seen, one) for one in allowed), f"neither old nor new: {seen}"
        act.settle(ground)
        act.check(ground)
        self._repeat(seen)
        act.finally_(ground)

    def _repeat(self, seen: Any) -> None:
        act, ground = self.act, self.ground
        act.work(ground)
        if not act.repeats:
            assert act.state(ground) == seen + 1, "the repeated act was not done"
            return
        for _ in range(2):
            assert same(act.state(ground), self.new), f"the repeated act came to {act.state(ground)}"
            act.work(ground)

    def _seen(self, ground: Ground) -> Any:
        return self.act.state(ground)

    def _look(self) -> Any:
        return quietly(lambda: self._seen(self.ground))


def sweep(place: Field, how: str, chosen: Iterable[Point], *, calls: int) -> Tally:
    """Interrupt an act at each of these points, each time from the same beginning."""
    tally = Tally(act=place.act.name, how=how, calls=calls)
    for number, point in enumerate(chosen):
        said = interrupted(
            lambda: place.act.work(place.ground),
            point,
            how,
            again=place.alone and place.act.repeats and how != KILL and bool(number % 2),
        )
        wrong = _told_wrong(said, how, place.act) or place.judge(must="new" if "done" in said else None)
        tally.tried += 1
        _count(tally, said)
        if wrong is None:
            tally.recovered += 1
        else:
            tally.wrong.append(f"{point}, {said if 'untyped' not in said else 'untyped'}: {wrong[-1500:]}")
        place.put_back()
    return tally


def power_lost(place: Field, most: int, seed: int) -> Tally:
    """Put on disk what a loss of power at some moments of an act may leave, and look at each."""
    place.put_back()
    lines = recorded(lambda: place.act.work(place.ground), place.trace, data=True)
    place.put_back()
    disks = sum(1 for _ in moments(place.ground.root, lines))
    choose = Random(seed)
    chosen = sorted({disks - 1, *(choose.randrange(disks) for _ in range(most))})
    tally = Tally(act=place.act.name, how=LOST, calls=disks)
    for number, disk in moments(place.ground.root, lines):
        if number not in chosen:
            continue
        end = number == disks - 1
        for luck in (None, choose):
            shutil.rmtree(place.ground.root)
            disk.left(luck, place.ground.root)
            wrong = place.judge(must="new" if end and place.act.durable else None, torn=True)
            tally.tried += 1
            if wrong is None:
                tally.recovered += 1
            else:
                what = "chance" if luck else "only what is certain"
                tally.wrong.append(f"call {number} of {disks - 1}, {what}: {wrong[-1500:]}")
    place.put_back()
    return tally


def _count(tally: Tally, said: dict[str, Any]) -> None:
    first = said.get("first", said)
    if "killed" in said:
        tally.count("killed")
    elif "code" in first:
        tally.count(str(first["code"]))
    elif "done" in said:
        tally.unreached += tally.how == KILL
        tally.count("done all the same")


def _told_wrong(said: dict[str, Any], how: str, act: Act) -> str | None:
    """Say what is wrong with how an act ended."""
    if "untyped" in said:
        return str(said["untyped"])
    if how == KILL:
        return None
    first = said.get("first", said)
    if "code" in first and first["code"] not in TYPED[how] | (DERIVED if act.derived else set()):
        return f"{how} is called {first['code']}: {first['reason']}"
    if "first" in said and "done" not in said:
        return f"the same process could not repeat it: {said}"
    return None


def few(found: Sequence[Point], how: str, *, seed: str) -> list[Point]:
    """Return one point by chance, and for a kill the last renaming call, too: in it most acts are done."""
    renames = [one for one in found if one.call.startswith("rename")]
    return list({Random(seed).choice(found), *(renames[-1:] if how == KILL else ())})
