"""Workers that share a batch, die in the middle, or cut it differently leave the same results, once each."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.service.conftest import tone

pytestmark = pytest.mark.slow

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
        assert len(found) == len(set(found)) == 6


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
        assert len(found) == len(set(found)) == 6
    assert run("audit", "--full")["findings"] == []
    assert run("verify-log")["findings"] == []


def test_ids_do_not_depend_on_threads_shards_or_company(tmp_path: Path, testdata: Path) -> None:
    folder = batch(tmp_path / "m", testdata, sounds=1)
    found = []
    for n, (threads, order) in enumerate((("1", 1), ("2", -1))):
        env = {
            "EVIDENCE_HOME": str(tmp_path / f"home{n}"), "EVIDENCE_KEYS": str(tmp_path / f"keys{n}"),
            "OMP_NUM_THREADS": threads,
        }  # fmt: skip
        files = sorted(folder.iterdir())[::order]
        whole = run("submit", *files, "--batch", "b", **env)["items"]
        if order == 1:
            run("process", "b", **env)
        else:  # each alone, in a batch and a process of its own
            for one, file in enumerate(files):
                run("submit", file, "--batch", f"alone{one}", **env)
                run("process", f"alone{one}", **env)
        found.append(ids(whole, **env))

    assert found[0] == found[1]
