"""A rebuild with a second process reads what one process reads, fails as one does, and leaves none behind."""

import contextlib
import hashlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.rebuild import lay
from docker.processes import descendants
from pipeline.core.ports import Surveyed
from pipeline.errors import Corrupt, Misconfigured, PipelineError, Unavailable
from pipeline.settings import read_settings
from pipeline.tools import sandbox
from pipeline.usecases import rebuild, surveys
from pipeline.usecases.home import Home, open_home
from pipeline.usecases.reread import Reader, listing_of
from pipeline.vault import walk

OBJECTS = 800
PIPE = 1 << 12
"""Holds few lines: the second process is still there when the first parts are in."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """One home for all tests: each leaves vault and catalogue as they were."""
    place = tmp_path_factory.mktemp("surveys")
    with pytest.MonkeyPatch.context() as here:
        here.setenv("EVIDENCE_HOME", str(place / "home"))
        here.setenv("EVIDENCE_KEYS", str(place / "keys"))
        here.setenv("EVIDENCE_SETTINGS", str(place / "settings.toml"))
        here.setenv("EVIDENCE_ACTOR", "custodian")
        found = open_home(read_settings())
    lay(found.settings.vault / "objects", OBJECTS, found.vault_id)
    yield found
    found.close()


@pytest.fixture(autouse=True)
def _many_for_a_test(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(rebuild, "_FEW", OBJECTS - 1)
    monkeypatch.setattr("pipeline.tools.companion._PIPE", PIPE)
    yield
    assert walkers() == []


def walkers() -> list[int]:
    mine = descendants(os.getpid())
    return [pid for pid in mine if walk.__file__.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()]


def alone(home: Home, parts: int, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Rebuild in this process."""
    with monkeypatch.context() as here:
        here.setattr(rebuild, "_FEW", OBJECTS)
        here.setattr(sandbox, "our_own", None)
        return rebuild.rebuild_catalogue(home, parts=parts)


@pytest.fixture
def broken(home: Home) -> Iterator[str]:
    """Take an original away that stands near the end; return its asset."""
    *_, last = sorted((home.settings.vault / "objects").glob("f*/*/*/*/v1/content/original"))
    aside = last.rename(home.settings.home / "aside")
    yield last.parents[2].name[-64:]
    aside.rename(last)


@pytest.mark.parametrize("parts", [1, 5, None])
def test_a_second_process_finds_the_same(home: Home, monkeypatch: pytest.MonkeyPatch, parts: int | None) -> None:
    seen: list[int] = []

    made = rebuild.rebuild_catalogue(home, parts=parts, told=lambda _done, _of: seen.extend(walkers()))

    assert made["assets"] == OBJECTS
    assert made["parts"] == (parts or 64)
    assert seen or parts == 1
    assert alone(home, 7, monkeypatch)["digest"] == made["digest"]
    parts_of = [Reader(home).part((n, 5)) for n in range(1, 6)]
    with surveys.ahead(home, 5) as survey:
        ahead = [Reader(home, survey).part((n, 5)) for n in range(1, 6)]
    assert [(rows.of, listing) for rows, listing in ahead] == [(rows.of, listing) for rows, listing in parts_of]


def test_what_is_asked_for_twice_or_out_of_order_is_found_here(home: Home) -> None:
    expected = {n: list(home.vault.survey((n, 4))) for n in range(1, 5)}

    with surveys.ahead(home, 4) as survey:
        for n in (1, 1, 3, 2, 4, 3, 4):
            assert list(survey((n, 4))) == expected[n]
        next(survey((1, 4)))
    with surveys.ahead(home, 4) as survey:
        next(survey((1, 4)))  # and no more of it: what follows on the lines is no part of its own
        assert [list(survey((n, 4))) for n in (2, 3, 1)] == [expected[n] for n in (2, 3, 1)]


def test_a_killed_companion_ends_the_rebuild_and_the_next_goes_on(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = alone(home, 8, monkeypatch)["digest"]

    def kill(done: int, _of: int) -> None:
        if done == 1:
            (pid,) = walkers()
            os.kill(pid, signal.SIGKILL)

    with pytest.raises(Unavailable) as raised:
        rebuild.rebuild_catalogue(home, parts=8, told=kill)
    assert (raised.value.code, walkers()) == ("E-HOST-005", [])

    made = rebuild.rebuild_catalogue(home, parts=8)

    assert 0 < made["resumed"] < 8
    assert (made["before"], made["digest"]) == (digest, digest)


def test_an_interrupt_ends_it_and_the_next_goes_on(home: Home) -> None:
    def interrupt(done: int, _of: int) -> None:
        if done == 2:
            assert walkers()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild.rebuild_catalogue(home, parts=8, told=interrupt)
    assert walkers() == []

    assert rebuild.rebuild_catalogue(home, parts=8)["resumed"] == 2


def test_a_damaged_object_is_the_same_error_as_in_one_process(
    home: Home, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised: list[PipelineError] = []
    for again in (alone, lambda home, parts, _: rebuild.rebuild_catalogue(home, parts=parts)):
        with pytest.raises(Corrupt) as one:
            again(home, 3, monkeypatch)
        raised.append(one.value)

    assert [(one.code, one.reason) for one in raised] == [("E-VAULT-003", f"{broken}: original is gone")] * 2
    assert walkers() == []


@pytest.mark.parametrize("error", [Unavailable("no memory", code="E-HOST-005"), Misconfigured("x", code="E-CONF-002")])
def test_where_it_cannot_be_started_one_process_does_it_all(
    home: Home, monkeypatch: pytest.MonkeyPatch, error: PipelineError, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_argv: object) -> None:
        raise error

    monkeypatch.setattr(sandbox, "our_own", fail)

    assert rebuild.rebuild_catalogue(home, parts=3)["assets"] == OBJECTS
    assert error.code in caplog.text


def test_small_vaults_and_single_processors_start_none(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "our_own", None)
    with monkeypatch.context() as single:
        single.setattr(os, "sched_getaffinity", lambda _pid: {0})
        assert rebuild.rebuild_catalogue(home)["parts"] == 64
    monkeypatch.setattr(rebuild, "_FEW", OBJECTS)
    assert rebuild.rebuild_catalogue(home)["parts"] == 1


def test_what_is_disposed_of_while_it_is_read_is_left_out(tmp_path: Path) -> None:
    """The second process saw two versions of it, and then it was gone: a moment later it would not have been seen."""
    with contextlib.closing(open_home(read_settings())) as own:
        assets = []
        for text in ("one", "other"):
            (tmp_path / text).write_text(text)
            assets.append(own.vault.preserve(tmp_path / text).id)
            keep = tmp_path / f"{text}.kept"
            keep.write_text(text)
            own.vault.write_back(assets[-1], "r", [], {hashlib.sha256(text.encode()).hexdigest(): keep})

        def survey(part: surveys.Part) -> Iterator[Surveyed]:
            found = list(own.vault.survey(part))
            own.vault.dispose(assets[0], {"reason": "a decision"})
            yield from found

        rows, listing = Reader(own, survey).part((1, 1))

        assert [row["id"] for row in rows.of["assets"]] == [assets[1]]
        assert listing != listing_of(own, (1, 1))  # a rebuild that goes on reads this part again
