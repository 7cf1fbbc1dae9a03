"""Whatever was agreed, granted and held: nobody is shown, told, counted or handed what the rules keep from them.

One installation stays open all the time; what binds it changes beneath it, and acts at once.
"""

import json
import random
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipeline.core.people import ROLES
from pipeline.service import App, open_app
from pipeline.usecases.access import Denied
from tests.service.conftest import tone
from tests.service.rights_world import ANA, BEN, FOUNDER, GROUPS, LEVELS, Given, Oracle, State, Way, World

pytestmark = pytest.mark.slow  # a real home, asked over and over

COURT, PRESS = "Court", "Press"
USES = ["view", "process", "export"]
WAYS: tuple[Way, ...] = (("A", 1), ("A", 2), ("B", 1), ("B", 2), ("C", 1), ("C", 2))
COUNTING = {"process", "audit", "custody"}
KNOWING = {"view", "search", "process", "export", "source_identifying", "audit", "custody", "review"}

SOON = (-30, -1, 1, 30)
SINGLE = ["view", "search", "export", "source_identifying", "audit", "custody", "process"]

dice = st.integers(0, 2**63).map(random.Random)
"""Each example is thrown with dice of its own: closed and open doors must be met equally often."""


def some(throw: random.Random, values: Sequence[Any], most: int) -> list[Any]:
    return throw.sample(list(values), throw.randint(0, min(most, len(values))))


def thrown_terms(throw: random.Random) -> dict[str, Any]:
    """Terms that allow everything but for one or two members, or for none."""
    usual: dict[str, Any] = {
        "view": "staff", "export_to": "any", "copy": True, "classification": "restricted", "consent": None,
        "protect_source": throw.random() < 0.5, "valid_from": None, "valid_until": None,
    }  # fmt: skip
    consent = {
        "by": ["owner"], "scope": USES if throw.random() < 0.5 else some(throw, USES, 3),
        "until": throw.choice([None, *SOON]), "withdrawn": throw.random() < 0.3,
    }  # fmt: skip
    other = {
        "view": some(throw, [ANA, BEN, "custodians"], 2), "export_to": some(throw, [COURT, PRESS], 1), "copy": False,
        "classification": throw.choice(LEVELS), "consent": consent, "valid_from": throw.choice(SOON),
        "valid_until": throw.choice(SOON),
    }  # fmt: skip
    return usual | {name: other[name] for name in throw.choice([(), (), some(throw, sorted(other), 2)])}


def thrown_grant(throw: random.Random, holders: Sequence[str]) -> Given:
    rights = throw.choice([*ROLES.values(), ROLES["reader"], ROLES["analyst"], some(throw, SINGLE, 7) or ["view"]])
    return Given(
        to=throw.choice(holders),
        permissions=frozenset(map(str, rights)),
        batches=throw.choice([None, frozenset(some(throw, "ABC", 2) or ["A"])]),
        level=throw.choice(["sealed", "sealed", *LEVELS]),
        since=throw.choice([0, 0, 0, 5]),
        until=throw.choice([None, None, *SOON]),
    )


def thrown_state(throw: random.Random, assets: Sequence[str]) -> State:
    holders = (ANA, ANA, BEN, *GROUPS)
    return State(
        terms={way: thrown_terms(throw) for way in WAYS},
        grants=tuple(thrown_grant(throw, holders) for _ in range(throw.randint(1, 4))),
        members=frozenset(some(throw, [(group, who) for group in GROUPS for who in (ANA, BEN)], 3)),
        held=frozenset(some(throw, assets, 2) if throw.random() < 0.2 else ()),
        released={way: throw.choice([None, *SOON]) for way in some(throw, WAYS, 2) if throw.random() < 0.4},
    )


@contextmanager
def standing(folder: Path, *, processed: bool) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("HOME", "home"), ("KEYS", "keys"), ("SETTINGS", "settings.toml")):
            patch.setenv(f"EVIDENCE_{name}", str(folder / value))
        patch.setenv("EVIDENCE_ACTOR", FOUNDER)
        made = World(open_app(), folder, processed=processed)
    yield made
    made.app.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Return an installation in which everything can be found."""
    with standing(tmp_path_factory.mktemp("rights"), processed=True) as made:
        assert sorted(made.hits.values()) == [0, 1, 1, 1, 1]
        assert sorted(map(len, made.alike.values())) == [0, 0, 0, 1, 1]
        yield made


@pytest.fixture(scope="module")
def growing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Return one to which more may come."""
    with standing(tmp_path_factory.mktemp("growing"), processed=False) as made:
        yield made


def refusal(app: App, act: str, *given: Any, **more: Any) -> tuple[str, str, str] | None:
    """Return how an act was refused, as whoever asked reads it; ``None`` when it was not."""
    try:
        getattr(app.finding, act)(*given, **more)
    except Denied as err:
        return err.code, err.reason, err.next
    return None


@given(throw=dice)
@settings(phases=(Phase.explicit, Phase.reuse, Phase.generate), suppress_health_check=[HealthCheck.too_slow])
def test_nothing_forbidden_is_shown_counted_linked_exported_or_told(world: World, throw: random.Random) -> None:
    assets = sorted(world.ways)
    state = thrown_state(throw, assets)
    world.set(state)
    who = throw.choice([ANA, ANA, ANA, BEN, FOUNDER])
    rules = Oracle(world=world, state=state, who=who, recipient=throw.choice([COURT, PRESS]))
    app = world.app.as_person(world.ids[who])
    said = [
        *shown(world, rules, app, assets), found(world, rules, app, assets), *linked(world, rules, app, assets),
        *exported(world, rules, app, assets), *counted(world, rules, app, assets),
    ]  # fmt: skip
    everything = json.dumps(said)
    for asset in assets:
        if rules.open("view", asset) is None and not knows(rules, asset):
            assert asset not in everything


def knows(rules: Oracle, asset: str) -> bool:
    """Tell whether somebody may learn that an asset exists by keeping or working on a batch that it came in."""
    return any(COUNTING & rules.rights(batch) for batch, _ in rules.world.ways[asset])


def shown(world: World, rules: Oracle, app: App, assets: list[str]) -> Iterator[Any]:
    nothing = refusal(app, "show", "0" * 64)
    for asset in assets:
        opened, answer = rules.open("view", asset), refusal(app, "show", asset)
        assert (answer is None) == (opened is not None), (asset, answer)
        if opened is None:
            told_why = rules.keeps(asset)
            assert (answer == nothing) is not told_why
            assert (refusal(app, "show", asset[:12]) == nothing) is not told_why
            assert (refusal(app, "similar", asset) == nothing) is not told_why
            continue
        document = app.finding.show(asset)
        ways = {(one["batch"], one["n"]): one["filename"] for one in document["acquisitions"]}
        assert ways == {way: world.files[way] if named else None for way, named in opened.items()}
        places = next(one["body"] for one in document["enrichments"] if one["kind"] == "places")
        seen = [one["lat"] for one in places.get("claims", ())]
        assert seen == ([36.1991] if world.hits[asset] and rules.names_source("view", asset) else [None] * len(seen))
        yield document


def found(world: World, rules: Oracle, app: App, assets: list[str]) -> Any:
    answer = app.finding.search("aleppo", limit=100)
    mine = [one for one in assets if rules.open("search", one)]
    expected = {one: world.hits[one] for one in mine if world.hits[one] and rules.names_source("search", one)}
    assert {one["asset"] for one in answer["hits"]} == set(expected)
    assert (answer["total"], answer["total_is_at_least"]) == (sum(expected.values()), False)
    assert sum(answer["unsearchable"].values()) == len(mine)
    for batch in ("A", "B", "C", "nowhere"):
        hits = app.finding.search("aleppo", batch=batch, limit=100)
        through = [one for one in expected if any(way[0] == batch for way in rules.open("search", one) or {})]
        assert {one["asset"] for one in hits["hits"]} == set(through)
    return answer


def linked(world: World, rules: Oracle, app: App, assets: list[str]) -> Iterator[Any]:
    for asset in assets:
        if (opened := rules.open("view", asset)) is None:
            continue
        links = app.finding.similar(asset)["links"]
        visible = {one for one in world.alike[asset] if rules.open("view", one)}
        exact = {asset} if len(opened) > 1 else set()
        assert {one["asset"] for one in links} == visible | exact
        for one in links:
            assert {(item["batch"], item["n"]) for item in one["items"]} == set(rules.open("view", one["asset"]) or ())
        yield links


def exported(world: World, rules: Oracle, app: App, assets: list[str]) -> Iterator[Any]:
    folder = world.folder / secrets.token_hex(4)
    for asset in assets:
        seen, opened = rules.open("view", asset), rules.open("export", asset)
        given: dict[str, Any] = {"batch": None, "form": "jsonl", "to": folder / asset[:8], "recipient": rules.recipient}
        if seen is None:  # not even that it is kept from them
            nothing = refusal(app, "export", ["0" * 64], **given)
            assert (refusal(app, "export", [asset], **given) == nothing) is not rules.keeps(asset)
        else:
            done = app.finding.export([asset], **given)
            assert done["exported"] == ([asset] if opened else [])
            assert [one["asset"] for one in done["withheld"]] == ([] if opened else [asset])
            yield done
        if not opened:
            assert not (folder / asset[:8]).exists()
            continue
        text = (folder / asset[:8] / "documents.jsonl").read_text(encoding="utf-8")
        ways = {(one["batch"], one["n"]): one["filename"] for one in json.loads(text)["acquisitions"]}
        protects = {way: rules.state.terms[way]["protect_source"] for way in opened}
        assert ways == {way: None if protects[way] else world.files[way] for way in opened}


def counted(world: World, rules: Oracle, app: App, assets: list[str]) -> Iterator[Any]:
    stock = app.keeping.inventory(by=["batch"])
    open_now = {one: rules.open("view", one) or {} for one in assets}
    kept = {batch for batch in "ABC" if {"audit", "custody"} & rules.rights(batch)}
    mine = [[way for way in world.ways[one] if way in open_now[one] or way[0] in kept] for one in assets]
    assert stock["assets"] == sum(bool(one) for one in mine)
    assert stock["items"] == sum(map(len, mine))
    yield stock
    status = app.line.status()
    assert [one["batch"] for one in status["batches"]] == [one for one in "ABC" if COUNTING & rules.rights(one)]
    yield status
    for batch in "ABC":
        page = world.folder / f"{secrets.token_hex(4)}.html"
        if "view" not in rules.rights(batch):
            told = refusal(app, "report", batch, to=page)
            assert told is not None
            assert (told == refusal(app, "report", "nowhere", to=page)) is not bool(KNOWING & rules.rights(batch))
            continue
        document = app.finding.report(batch, to=page)
        visible = [way for ways in open_now.values() for way in ways if way[0] == batch]
        if not COUNTING & rules.rights(batch):
            assert document["items"] == len(visible)
            assert document["items"] == page.read_text(encoding="utf-8").count('<article id="item-')
        yield document | {"page": page.read_text(encoding="utf-8")}


@given(throw=dice)
@settings(max_examples=10, phases=(Phase.explicit, Phase.generate), suppress_health_check=[HealthCheck.too_slow])
def test_that_it_came_before_is_told_only_to_who_may_know(growing: World, throw: random.Random) -> None:
    drawn, who, batch = thrown_state(throw, ()), throw.choice([ANA, BEN]), throw.choice("ABC")
    submits = Given(to=who, permissions=frozenset({"submit"}), batches=None, level="sealed", since=0, until=None)
    file = tone(growing.folder / f"{secrets.token_hex(4)}.wav", hertz=200 + secrets.randbelow(10_000) / 7)
    asset = str(growing.app.line.submit([file], batch=batch)["items"][0]["asset"])
    items = [one.n for one in growing.home.catalogue.items(batch) if one.asset == asset]
    way = (batch, items[0])
    growing.ways[asset] = [way]
    state = State(
        terms={**drawn.terms, way: drawn.terms[batch, 1]}, grants=(*drawn.grants, submits), members=drawn.members
    )  # fmt: skip
    growing.set(state)
    sees = Oracle(world=growing, state=state, who=who, recipient=COURT).open("view", asset) is not None
    app = growing.app.as_person(growing.ids[who])
    other = tone(growing.folder / f"{secrets.token_hex(4)}.wav", hertz=200 + secrets.randbelow(10_000) / 7, seconds=0.5)
    ours = f"x{secrets.token_hex(6)}"
    try:
        again, fresh, once_more = app.line.submit([file, other, file], batch=ours)["items"]
    finally:
        del growing.ways[asset]

    assert again["outcome"] == ("duplicate" if sees else "preserved")
    assert fresh["outcome"] == "preserved"
    if not sees:
        assert {**again, "n": 0, "path": "", "asset": ""} == {**fresh, "n": 0, "path": "", "asset": ""}
    assert once_more["outcome"] == "duplicate"  # of what they brought themselves


def test_a_refusal_is_in_the_log_with_its_true_ground(world: World) -> None:
    withdrawn = {"by": ["owner"], "scope": ["view"], "until": None, "withdrawn": True}
    open_to_all = {
        "view": "staff", "export_to": "any", "copy": True, "classification": "restricted", "consent": None,
        "protect_source": False, "valid_from": None, "valid_until": None,
    }  # fmt: skip
    terms_now = {way: open_to_all | {"consent": withdrawn if way == ("C", 1) else None} for way in WAYS}
    reads = Given(to="Team", permissions=frozenset({"view"}), batches=None, level="sealed", since=0, until=None)
    world.set(State(terms=terms_now, grants=(reads,), members=frozenset({("Team", ANA)})))
    (asset,) = [one for one, ways in world.ways.items() if ("C", 1) in ways]
    assert refusal(world.app.as_person(world.ids[ANA]), "show", asset)
    assert refusal(
        world.app.as_person(world.ids[BEN]), "export", [asset], batch=None, form="csv", to=Path("x"), recipient="y"
    )

    folder = world.home.settings.vault / "log" / "segments"
    lines = [one for file in sorted(folder.iterdir()) for one in file.read_text(encoding="utf-8").splitlines()]
    denied = [json.loads(one) for one in lines if '"act":"deny-' in one][-2:]
    assert [(one["act"], one["actor"], one["facts"]["code"], one["facts"]["grounds"]) for one in denied] == [
        ("deny-show", world.ids[ANA], "E-FIND-001", ["H-COND-002"]),
        ("deny-export", world.ids[BEN], "E-FIND-001", ["H-GRANT-001"]),
    ]
