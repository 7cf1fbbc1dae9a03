"""Workers that share a batch, die in the middle, or cut it differently leave the same results, once each."""

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.plan import plan
from tests.service.conftest import tone

pytestmark = pytest.mark.slow

STAGES = len(plan())
Run = Callable[..., subprocess.CompletedProcess[str]]


def command(*argv: object) -> list[str]:
    return [sys.executable, "-m", "pipeline.cli", *map(str, argv), "--json"]


def run(*argv: object, **env: str) -> Any:
    done = subprocess.run(command(*argv), env={**os.environ, **env}, capture_output=True, text=True, check=False)
    return json.loads(done.stdout)


def batch(folder: Path, testdata: Path, sounds: int = 6) -> Path:
    folder.mkdir()
    for n in range(sounds):
        tone(folder / f"tone{n}.wav", seconds=2, hertz=200 + 50 * n)
    for name in ("en/jfk_16k.wav", "fr/leopard_test_fr.wav", "de/leopard_test_de.wav", "en/cards_005.wav"):
        shutil.copy(testdata / "speech" / name, folder / name.replace("/", "_"))
    return folder


def ids(items: list[dict[str, Any]], **env: str) -> dict[str, list[str]]:
    """Return the enrichment ids of every asset, each as often as it is in the vault."""
    return {
        one["asset"]: [each["id"] for each in run("show", one["asset"], **env)["enrichments"]] for one in items
    }  # fmt: skip


def sayings(items: list[dict[str, Any]], **env: str) -> dict[str, list[str]]:
    """Return what homes can be compared by: ids, but what is said where an id rests on salted facts."""
    return {
        one["asset"]: [
            json.dumps([each["kind"], each["outcome"], each["code"], each["body"]], sort_keys=True)
            if each["facts"] else each["id"]
            for each in run("show", one["asset"], **env)["enrichments"] if each["current"]
        ]
        for one in items
    }  # fmt: skip


def versions(home: Path) -> list[str]:
    return sorted(str(one.relative_to(home)) for one in (home / "vault" / "objects").rglob("enrichments/*.jsonl"))


def test_two_processes_finish_one_batch_together(tmp_path: Path, testdata: Path) -> None:
    items = run("submit", batch(tmp_path / "m", testdata), "--recursive", "--batch", "b")["items"]

    both = [
        subprocess.Popen(
            command("process", "b"), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, "EVIDENCE_SCRATCH": str(tmp_path / f"scratch{n}")},
        )
        for n in (1, 2)
    ]  # fmt: skip
    said = [one.communicate(timeout=300) for one in both]

    assert [one.returncode for one in both] == [0, 0], said
    for out, _ in said:
        status = json.loads(out)
        assert status["accounted"] == status["items"] == 10
        assert sum(status["pending"].values()) == 0
    home = Path(os.environ["EVIDENCE_HOME"])
    assert len(versions(home)) == 10  # one write-back an asset, whoever did it
    for found in ids(items).values():
        assert len(found) == len(set(found)) == STAGES


@pytest.mark.parametrize("after", [0.5, 2.5, 5.0])
def test_a_killed_process_loses_and_repeats_nothing(tmp_path: Path, testdata: Path, after: float) -> None:
    items = run("submit", batch(tmp_path / "m", testdata), "--recursive", "--batch", "b")["items"]
    with subprocess.Popen(
        command("process", "b"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as worker:
        home = Path(os.environ["EVIDENCE_HOME"])
        deadline = time.monotonic() + 60
        while not versions(home) and time.monotonic() < deadline and worker.poll() is None:
            time.sleep(0.05)
        time.sleep(after)
        worker.send_signal(signal.SIGKILL)
    before = {name: (home / name).read_bytes() for name in versions(home)}

    status = run("process", "b")

    assert status["accounted"] == status["items"] == 10
    assert {name: (home / name).read_bytes() for name in before} == before
    for found in ids(items).values():
        assert len(found) == len(set(found)) == STAGES
    assert run("audit", "--full")["findings"] == []
    assert run("verify-log")["findings"] == []


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_process_ends_soon_and_whole(tmp_path: Path, testdata: Path, sent: signal.Signals) -> None:
    items = run("submit", batch(tmp_path / "m", testdata), "--recursive", "--batch", "b")["items"]
    home = Path(os.environ["EVIDENCE_HOME"])
    with subprocess.Popen(
        command("process", "b"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as worker:
        deadline = time.monotonic() + 60
        while not versions(home) and time.monotonic() < deadline and worker.poll() is None:
            time.sleep(0.02)
        programs = [pid for pid in _children(worker.pid) if Path(f"/proc/{pid}").exists()]
        worker.send_signal(sent)
        assert worker.wait(60) == 130

    until = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in programs) and time.monotonic() < until:
        time.sleep(0.05)
    assert [pid for pid in programs if Path(f"/proc/{pid}").exists()] == []
    with sqlite3.connect(home / "catalogue.sqlite") as database:
        assert database.execute("SELECT count(*) FROM leases").fetchone() == (0,)
    database.close()

    assert run("process", "b")["accounted"] == 10
    for found in ids(items).values():
        assert len(found) == len(set(found)) == STAGES
    assert run("audit", "--full")["findings"] == []
    assert run("verify-log")["findings"] == []


def _children(pid: int) -> list[int]:
    """Return the processes below one, by their parents."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            stat = (entry / "stat").read_text(encoding="ascii", errors="replace")
            parents.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry.name))
    found, waiting = [], [pid]
    while waiting:
        found += (below := parents.get(waiting.pop(), []))
        waiting += below
    return found


def test_ids_do_not_depend_on_threads_shards_or_company(tmp_path: Path, testdata: Path) -> None:
    folder = batch(tmp_path / "m", testdata, sounds=1)
    found = []
    for n, (threads, order) in enumerate((("1", 1), ("2", -1))):
        env = {
            "EVIDENCE_HOME": str(tmp_path / f"home{n}"), "EVIDENCE_KEYS": str(tmp_path / f"keys{n}"),
            "OMP_NUM_THREADS": threads, "EVIDENCE_ITEMS_AT_ONCE": "8" if order == 1 else "1",
        }  # fmt: skip
        files = sorted(folder.iterdir())[::order]
        whole = run("submit", *files, "--batch", "b", **env)["items"]
        if order == 1:
            run("process", "b", **env)
        else:  # each alone, in a batch and a process of its own
            for one, file in enumerate(files):
                run("submit", file, "--batch", f"alone{one}", **env)
                run("process", f"alone{one}", **env)
        found.append(sayings(whole, **env))

    assert found[0] == found[1]
