"""Claims of audits in the log: what they speak of, and the rotation that follows from them."""

import random
from datetime import UTC, datetime, timedelta

from pipeline.vault.audited import Rotation
from pipeline.vault.entry import Entry
from pipeline.vault.rounds import Rounds, ranges

OLD = "2020-01-01T00:00:00.000Z"


def read_entry(at: str, spelled: list[str], before: str | None) -> Entry:
    facts = {"since": at, "before": before, "ranges": spelled, "run": "r"}
    return Entry(seq=1, prev="", at=at, act="audit.read", actor="vault", subject=None, facts=facts)


class TestClaims:
    def test_what_is_spelled_is_what_was_read(self) -> None:
        chance = random.Random(3)
        for _ in range(200):
            known = {f"{chance.randrange(16**20):020x}": chance.choice([OLD, "2026-06-01"]) for _ in range(30)}
            read = {one for one in known if chance.random() < 0.6}
            rounds = Rounds()
            spelled = ranges(read, known, sorted(known), before="2026-01-01")
            rounds.add(read_entry("2026-06-02", spelled, "2026-01-01"))
            assert set(rounds.last(known)) == read
            assert len(spelled) <= len(read)

    def test_a_range_does_not_speak_of_what_came_later(self) -> None:
        rounds = Rounds()
        rounds.add(read_entry("2026-01-02", ["0" * 20 + "-" + "f" * 20], "2026-01-01"))
        assert set(rounds.last({"a" * 20: OLD, "b" * 20: "2026-01-03"})) == {"a" * 20}

    def test_the_newest_claim_counts(self) -> None:
        rounds = Rounds()
        for at in ("2026-01-02", "2026-03-02", "2026-02-02"):
            rounds.add(read_entry(at, ["0" * 20 + "-" + "f" * 20], "2026-01-01"))
        assert rounds.last({"a" * 20: OLD})["a" * 20].at == "2026-03-02"


class TestRotation:
    NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)

    def done(self, *, days: int, of: int = 5) -> Rotation:
        at = {n: self.NOW - timedelta(days=days + of - n) for n in range(1, of + 1)}
        return Rotation(of=of, done=at, began=self.NOW - timedelta(days=100))

    def test_a_slice_a_day_and_the_longest_unread_first(self) -> None:
        assert Rotation(of=5, done={}).due(self.NOW) == [1]
        assert self.done(days=1).due(self.NOW) == [1]

    def test_missed_days_are_caught_up_with(self) -> None:
        assert self.done(days=3).due(self.NOW) == [1, 2, 3]
        assert self.done(days=300).due(self.NOW) == [1, 2, 3, 4, 5]

    def test_a_late_rotation_is_known(self) -> None:
        assert self.done(days=1).overdue(self.NOW) == 0
        assert self.done(days=4).overdue(self.NOW) == 2
        assert Rotation(of=5, done={}, began=self.NOW - timedelta(days=7)).overdue(self.NOW) == 5
        assert Rotation(of=5, done={}, began=self.NOW).overdue(self.NOW) == 0
