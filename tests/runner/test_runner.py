"""The runner looks up before it works, says honestly how a stage ended, and keeps every result once."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from pipeline.catalogue import Catalogue, open_database
from pipeline.core.body import Body, Score
from pipeline.core.model import Asset, AssetId, Coverage, Kind, Media, Outcome
from pipeline.core.ports import MediaTools
from pipeline.errors import Misconfigured, Refused, Unavailable
from pipeline.plan import plan
from pipeline.runner import Parts, Redo, Runner
from pipeline.stages.base import MEDIA, Acquired, Job, Result, Stage, done, empty, unsupported
from pipeline.vault import open_vault
from pipeline.vault.derivatives import LocalDerivatives

Work = Callable[[Job], Result]
WORDS = Kind("words")


class Format(Body):
    media: str


class Count(Body):
    n: Score


def stage(name: str, writes: Kind, work: Work, **given: Any) -> Stage:
    parts: dict[str, Any] = {
        "version": 1, "reads": (Kind.FORMAT,), "maybe": (), "media": MEDIA, "engine": None, "task": "extract",
        "tools": (), "limits": (), "work": work,
    }  # fmt: skip
    return Stage(name=name, writes=writes, **{**parts, **given})


def identify(media: str = "audio") -> Stage:
    return stage("identify", Kind.FORMAT, lambda _job: done(Format(media=media)), reads=(), media=None)


class Bench:
    """A runner over a real vault, catalogue and derivatives, and stages made for the test."""

    def __init__(self, folder: Path) -> None:
        self.parts = open_vault(folder / "vault", folder / "keys")
        self.catalogue = Catalogue(open_database(f"sqlite:///{folder / 'c.sqlite'}"))
        self.catalogue.create(vault_id="v")
        self.derivatives = LocalDerivatives(keep_root=folder / "keep", scratch_root=folder / "scratch")
        self.allowed: tuple[bool, str | None, str] = (True, None, "")
        self.names: list[str] = []
        self.asked = 0
        file = folder / "original"
        file.write_bytes(b"bytes")
        self.asset: Asset = self.parts.vault.preserve(file)

    def run(self, *stages: Stage, redo: Redo | None = None) -> list[Any]:
        steps = plan(stages)
        limits: Mapping[str, Any] = {"size": 3}
        runner = Runner(
            Parts(
                vault=self.parts.vault, catalogue=self.catalogue, derivatives=self.derivatives,
                tools=cast("MediaTools", None), engines=cast("Any", None), limits=limits,
                may_process=lambda _asset, _kind, _outside: self.allowed, confirm=lambda _asset: lambda _db: None,
                acquired=self.acquired,
            ),
            steps,
        )  # fmt: skip
        return [runner.run(self.asset, step.stage, redo) for step in steps]

    def acquired(self, _asset: AssetId, facts: tuple[str, ...], into: Path) -> tuple[Acquired, ...]:
        """Tell of one acquisition for each name, its side-car beside it; somebody submits another right afterwards."""
        told = []
        for n, name in enumerate(self.names):
            (into / name).write_text(name)
            one = Acquired(batch="b", n=n, facts=dict.fromkeys(facts, name), sidecars={name: into / name}, mark=name)
            told.append(one)
        self.asked += 1
        self.names.append(f"came-after-{self.asked}")
        return tuple(told)

    def ids(self, kind: Kind) -> list[str]:
        return [one.id for one in self.catalogue.entries(self.asset.id) if one.kind == kind]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_kept_work_is_not_done_again(bench: Bench) -> None:
    calls: list[int] = []

    def work(_job: Job) -> Result:
        calls.append(1)
        return done(Count(n=1.0))

    first = bench.run(identify(), stage("count", WORDS, work))
    second = bench.run(identify(), stage("count", WORDS, work))

    assert first == second
    assert len(calls) == 1
    assert len(bench.ids(WORDS)) == 1


def test_the_same_result_made_again_is_one_record(bench: Bench) -> None:
    one = stage("count", WORDS, lambda _job: done(Count(n=0.12345)))
    bench.run(identify(), one)
    bench.run(identify(), one, redo=Redo(everything=True))

    assert len(bench.ids(WORDS)) == 1


def test_another_result_under_the_same_key_is_kept_beside(bench: Bench) -> None:
    results = iter((1.0, 2.0))
    one = stage("count", WORDS, lambda _job: done(Count(n=next(results))))

    bench.run(identify(), one)
    bench.run(identify(), one, redo=Redo(stage="count"))

    entries = [entry for entry in bench.catalogue.entries(bench.asset.id) if entry.kind == WORDS]
    assert len({entry.id for entry in entries}) == 2
    assert len({entry.key for entry in entries}) == 1


def test_a_changed_limit_is_another_key(bench: Bench) -> None:
    work: Work = lambda job: done(Count(n=float(len(job.limits))))  # noqa: E731 (one line says it)
    bench.run(identify(), stage("count", WORDS, work))
    bench.run(identify(), stage("count", WORDS, work, limits=("size",)))

    keys = {entry.key for entry in bench.catalogue.entries(bench.asset.id) if entry.kind == WORDS}
    assert len(keys) == 2


def test_an_engine_changed_back_makes_the_old_result_current_again(bench: Bench) -> None:
    old = stage("count", WORDS, lambda _job: done(Count(n=1.0)), version=1)
    new = stage("count", WORDS, lambda _job: done(Count(n=2.0)), version=2)
    bench.run(identify(), old)
    first = bench.ids(WORDS)[0]
    bench.run(identify(), new)

    row = bench.run(identify(), old)[1]

    assert row.enrichment == first
    assert bench.ids(WORDS)[-1] == first


def test_not_for_this_medium(bench: Bench) -> None:
    row = bench.run(identify("image"), stage("count", WORDS, lambda _job: done(Count(n=1.0)), media=(Media.AUDIO,)))[1]

    assert (row.outcome, row.code) == (Outcome.NOT_APPLICABLE, "N-MEDIA-001")


def test_the_outcome_of_an_input_is_taken_over_and_cited(bench: Bench) -> None:
    silent = stage("listen", Kind.SPEECH, lambda _job: empty("N-SPEECH-001", "nobody speaks"))
    row = bench.run(identify(), silent, stage("count", WORDS, lambda _job: done(Count(n=1.0)), reads=(Kind.SPEECH,)))[2]

    record = bench.catalogue.entries(bench.asset.id)[-1].record
    assert (row.outcome, row.code, row.own) == (Outcome.EMPTY, "N-SPEECH-001", False)
    assert record is not None
    assert record["basis"] == bench.ids(Kind.SPEECH)


@pytest.mark.parametrize(
    ("raised", "outcome", "code"),
    [
        (Refused("broken", code="E-MEDIA-002"), Outcome.REFUSED, "E-MEDIA-002"),
        (Refused("unknown", code="U-CODEC-001"), Outcome.UNSUPPORTED, "U-CODEC-001"),
        (ValueError("secret words of the material"), Outcome.FAILED, "E-STAGE-001"),
    ],
)
def test_what_a_stage_raises_becomes_an_outcome(
    bench: Bench, caplog: pytest.LogCaptureFixture, raised: Exception, outcome: Outcome, code: str
) -> None:
    def work(_job: Job) -> Result:
        raise raised

    row = bench.run(identify(), stage("count", WORDS, work))[1]

    assert (row.outcome, row.code) == (outcome, code)
    assert "secret" not in caplog.text
    assert "secret" not in row.reason


def test_a_body_that_breaks_its_schema_is_our_fault(bench: Bench) -> None:
    row = bench.run(identify(), stage("count", WORDS, lambda _job: done(Count(n=float("nan")))))[1]

    assert (row.outcome, row.code) == (Outcome.FAILED, "E-STAGE-002")


@pytest.mark.parametrize("raised", [Unavailable("down"), Misconfigured("wrong")])
def test_an_outside_fault_is_the_callers_and_records_nothing(bench: Bench, raised: Exception) -> None:
    def work(_job: Job) -> Result:
        raise raised

    with pytest.raises(type(raised)):
        bench.run(identify(), stage("count", WORDS, work))

    assert bench.ids(WORDS) == []


def test_a_failure_does_not_block_a_new_try(bench: Bench) -> None:
    answers = iter((ValueError("once"), None))

    def work(_job: Job) -> Result:
        if problem := next(answers):
            raise problem
        return done(Count(n=1.0))

    one = stage("count", WORDS, work)
    assert bench.run(identify(), one)[1].outcome is Outcome.FAILED
    assert bench.run(identify(), one)[1].outcome is Outcome.DONE


def test_what_conditions_forbid_is_held_until_they_allow_it(bench: Bench) -> None:
    bench.allowed = (False, "H-COND-001", "not allowed")
    held = bench.run(identify())[0]
    bench.allowed = (True, None, "")

    assert (held.outcome, held.code) == (Outcome.HELD, "H-COND-001")
    assert bench.run(identify())[0].outcome is Outcome.DONE


def test_a_pending_input_leaves_the_stage_pending(bench: Bench, tmp_path: Path) -> None:
    lonely = stage("count", WORDS, lambda _job: done(Count(n=1.0)))
    runner_rows = bench.run(identify(), lonely)
    assert runner_rows[1].outcome is Outcome.DONE

    bench.catalogue = Catalogue(open_database(f"sqlite:///{tmp_path / 'lost.sqlite'}"))
    bench.catalogue.create(vault_id="v")
    runner = Runner(
        Parts(
            vault=bench.parts.vault, catalogue=bench.catalogue, derivatives=bench.derivatives,
            tools=cast("MediaTools", None), engines=cast("Any", None), limits={},
            may_process=lambda _asset, _kind, _outside: (True, None, ""), confirm=lambda _asset: lambda _db: None,
        ),
        plan([identify(), lonely]),
    )  # fmt: skip

    assert runner.run(bench.asset, lonely) is None


def test_a_derivative_made_elsewhere_is_made_again(bench: Bench, tmp_path: Path) -> None:
    def make(job: Job) -> Result:
        file = job.scratch / "pcm"
        file.write_bytes(b"sound of " + job.path.read_bytes())
        made = job.put(file, role="pcm/0", media_type="audio/L16", keep=False)
        return Result(body=Count(n=1.0), derivatives=(made,))

    def read(job: Job) -> Result:
        return done(Count(n=float(len(job.derivative(Kind.AUDIO, "pcm/0").read_bytes()))))

    maker = stage("make", Kind.AUDIO, make)
    bench.run(identify(), maker)
    bench.derivatives = LocalDerivatives(keep_root=tmp_path / "keep2", scratch_root=tmp_path / "scratch2")

    row = bench.run(identify(), maker, stage("read", WORDS, read, reads=(Kind.AUDIO,)))[2]

    assert row.outcome is Outcome.DONE
    record = bench.catalogue.entries(bench.asset.id)[-1].record
    assert record is not None
    assert record["body"] == {"n": 14.0}


def test_a_derivative_that_comes_out_differently_is_never_used(bench: Bench, tmp_path: Path) -> None:
    contents = iter((b"one", b"two"))

    def make(job: Job) -> Result:
        file = job.scratch / "pcm"
        file.write_bytes(next(contents))
        return Result(body=Count(n=1.0), derivatives=(job.put(file, role="x", media_type="a/b", keep=False),))

    maker = stage("make", Kind.AUDIO, make)
    bench.run(identify(), maker)
    bench.derivatives = LocalDerivatives(keep_root=tmp_path / "keep2", scratch_root=tmp_path / "scratch2")
    reader = stage("read", WORDS, lambda job: done(Count(n=float(bool(job.derivative(Kind.AUDIO, "x"))))),
                   reads=(Kind.AUDIO,))  # fmt: skip

    row = bench.run(identify(), maker, reader)[2]

    assert (row.outcome, row.code) == (Outcome.FAILED, "E-REPRO-002")


def test_partial_coverage_shows_in_the_ledger(bench: Bench) -> None:
    cut = Coverage(unit="seconds", of=10.0, read=4.0)
    row = bench.run(identify(), stage("count", WORDS, lambda _job: done(Count(n=1.0), coverage=cut)))[1]

    assert row.partial


@pytest.mark.parametrize("heeds", [(), (WORDS,)])
def test_only_a_stage_that_heeds_an_input_is_told_why_it_is_not_there(bench: Bench, heeds: tuple[Kind, ...]) -> None:
    told: list[tuple[Any, Mapping[str, Any]]] = []

    def work(job: Job) -> Result:
        found = job.known.get(WORDS)
        told.append((found and found.code, job.body(WORDS)))
        return done(Count(n=1.0))

    unread = stage("words", WORDS, lambda _job: unsupported("U-LANG-001", "nobody reads it", body=Count(n=2.0)))
    after = stage("after", Kind("after"), work, maybe=(WORDS,), heeds=heeds)
    bench.run(identify(), unread, after)
    read = stage("words", WORDS, lambda _job: done(Count(n=3.0)), version=2)
    bench.run(identify(), read, after)

    assert told == [("U-LANG-001" if heeds else None, {}), (None, {"n": 3.0})]
    records = [one.record for one in bench.catalogue.entries(bench.asset.id) if one.kind == "after" and one.record]
    basis = [set(one["basis"]) for one in records]
    assert [len(one & set(bench.ids(WORDS))) for one in basis] == [len(heeds), 1]


def test_who_heeds_a_refusal_and_repeats_it_did_not_refuse_in_its_own_right(bench: Bench) -> None:
    def damaged(_job: Job) -> Result:
        raise Refused("broken", code="E-MEDIA-002")

    def repeat(job: Job) -> Result:
        found = job.known[WORDS]
        return Result(outcome=found.outcome, code=found.code, reason=found.reason)

    def other(_job: Job) -> Result:
        raise Refused("too large", code="E-MEDIA-004")

    rows = bench.run(
        identify(), stage("words", WORDS, damaged),
        stage("again", Kind("again"), repeat, maybe=(WORDS,), heeds=(WORDS,)),
        stage("other", Kind("other"), other, maybe=(WORDS,), heeds=(WORDS,)),
    )  # fmt: skip

    said = {row.stage: (row.code, row.own) for row in rows[1:]}
    assert said == {"words": ("E-MEDIA-002", True), "again": ("E-MEDIA-002", False), "other": ("E-MEDIA-004", True)}
    record = next(one.record for one in bench.catalogue.entries(bench.asset.id) if one.kind == "again")
    assert record is not None
    assert set(bench.ids(WORDS)) <= set(record["basis"])


def test_what_is_read_of_the_acquisitions_is_what_stands_in_the_key(bench: Bench) -> None:
    read: list[list[str]] = []

    def work(job: Job) -> Result:
        read.append([path.read_text() for one in job.acquired for path in one.sidecars.values()])
        return done(Count(n=1.0))

    bench.names = ["first"]
    named = stage("name", WORDS, work, facts=("filename",))
    bench.run(identify(), named)
    bench.run(identify(), named)

    records = [one.record for one in bench.catalogue.entries(bench.asset.id) if one.kind == WORDS and one.record]
    assert read == [["first"], ["first", "came-after-1"]]
    assert [one["facts"] for one in records] == [sorted(one) for one in read]
    assert bench.asked == len(read)
