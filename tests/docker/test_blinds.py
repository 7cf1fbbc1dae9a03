"""Blinds: behind them Airflow's own folder is all of the home, and no key is to be seen."""

import subprocess
import sys
from pathlib import Path

import pytest

from docker.blinds import blinds
from pipeline.settings import Settings, read_settings

LOOK = """
import os, sys
home, keys = sys.argv[1:]
print(sorted(os.listdir(home)), os.listdir(keys), open(home + "/airflow/note").read())
open(home + "/airflow/written", "w").write("by it")
try: open(home + "/vault/x", "w")
except OSError: print("no vault")
"""


@pytest.fixture
def conf(tmp_path: Path) -> Settings:
    found = read_settings()
    for name in ("airflow", "vault/objects", "scratch", "derivatives"):
        (found.home / name).mkdir(parents=True)
    (found.home / "airflow" / "note").write_text("its own", encoding="utf-8")
    (found.home / "catalogue.sqlite").touch()
    (found.home / "vault" / "secret").touch()
    (found.keys / "vault").mkdir(parents=True)
    (found.keys / "vault" / "k.pem").touch()
    assert found.home.is_relative_to(tmp_path)
    return found


def test_nothing_of_evidence_is_seen_and_its_own_folder_is(conf: Settings) -> None:
    line = [*blinds(conf), sys.executable, "-c", LOOK, str(conf.home), str(conf.keys)]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == ["['airflow'] [] its own", "no vault"], done.stderr
    assert (conf.home / "airflow" / "written").read_text(encoding="utf-8") == "by it"
    assert (conf.keys / "vault" / "k.pem").exists()
    assert sorted(one.name for one in conf.home.iterdir()) == [
        "airflow", "catalogue.sqlite", "derivatives", "scratch", "vault",
    ]  # fmt: skip


def test_keys_within_the_home_are_hidden_with_it(conf: Settings) -> None:
    inside = conf.model_copy(update={"keys": conf.home / "keys"})
    line = [*blinds(inside), "ls", str(conf.home)]
    assert subprocess.check_output(line, text=True).split() == ["airflow"]


def test_a_program_that_lies_in_the_home_still_starts(conf: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docker.blinds.CHECKOUT", conf.home / "checkout")
    said = subprocess.check_output([*blinds(conf), "find", str(conf.home)], text=True).splitlines()
    assert str(conf.home / "catalogue.sqlite") in said
    assert not [one for one in said if one.endswith("secret")]
    assert subprocess.check_output([*blinds(conf), "ls", str(conf.keys)]) == b""


def test_without_bubblewrap_it_starts_all_the_same(conf: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(conf.home))
    assert blinds(conf) == []
