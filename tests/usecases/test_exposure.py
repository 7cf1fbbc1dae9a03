"""The tally of what can distress: theirs alone, numbers and times and nothing else, and a break in time."""

import json
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.service import open_app
from pipeline.service.app import App
from pipeline.usecases.access import Denied
from pipeline.usecases.exposure import Tally


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    (tmp_path / "settings.toml").write_text("exposure_items = 3\nexposure_break_seconds = 60\n", encoding="utf-8")
    found = open_app()
    yield found
    found.close()


class Clock:
    def __init__(self) -> None:
        self.at = 1_800_000_000.0

    def __call__(self) -> float:
        return self.at


def test_a_break_is_due_after_so_many_and_rest_ends_the_row(app: App) -> None:
    clock = Clock()
    tally = Tally(app.home, now=clock)
    assert [tally.looked()["break_due"] for _ in range(3)] == [False, False, True]
    clock.at += 61
    assert (tally.shown()["in_a_row"], tally.shown()["break_due"]) == (0, False)
    assert (tally.looked()["in_a_row"], tally.shown()["today"]) == (1, 4)
    for _ in range(40):
        clock.at += 86_400
        tally.looked()
    assert len(tally.shown()["days"]) == 30


def test_it_lies_beside_the_keys_and_nobody_elses_is_shown(app: App, tmp_path: Path) -> None:
    app.exposure.looked()
    ana = app.as_person(app.custody.grant("ana", role="custodian")["id"])
    assert ana.exposure.shown()["today"] == 0
    assert app.exposure.shown()["today"] == 1
    (file,) = (tmp_path / "keys").rglob("exposure/*.json")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert set(json.loads(file.read_text())) == {"days", "in_a_row", "last"}
    home = [Path(place, name) for place, _, names in os.walk(tmp_path / "home") for name in names]
    assert not [one for one in home if "exposure" in one.name or b"exposure" in one.read_bytes()]
    assert app.exposure.clear()["today"] == 0
    assert not file.exists()


def test_a_stranger_has_none(app: App) -> None:
    with pytest.raises(Denied):
        app.as_person("p-nobody").exposure.looked()


def test_two_at_once_are_counted_both(app: App) -> None:
    several = [threading.Thread(target=app.exposure.looked) for _ in range(8)]
    for one in several:
        one.start()
    for one in several:
        one.join()
    assert app.exposure.shown()["today"] == 8
