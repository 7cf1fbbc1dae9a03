"""What fails outside: the database is locked, a file's reader is killed each time; nothing is lost."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from docker.processes import descendants
from tests.hostile.campaign import CHECKOUT
from tests.service.conftest import Evidence, say, tone

STAGES = "identify,probe,extract_audio,keyframes,fingerprint,previews"


def command(*argv: object) -> list[str]:
    return [sys.executable, "-m", "pipeline.cli", *map(str, argv), "--json"]


def run(*argv: object, **env: str) -> tuple[int, Any]:
    """Call a command in this process, in another environment."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in env.items():
            patch.setenv(name, value)
        said = say(*argv)
    return said.code, said.json


def sounds(folder: Path, count: int, seconds: float = 2.0) -> Path:
    folder.mkdir()
    for n in range(count):
        tone(folder / f"{n}.wav", seconds=seconds, hertz=200 + 40 * n)
    return folder


def show_whole(items: list[dict[str, Any]], **env: str) -> dict[str, list[str]]:
    """Raise unless everything is there, once, and the vault is sound; return the ids by asset."""
    code, status = run("status", "b", **env)
    assert code == 0
    assert not status["failures"]
    chosen = STAGES.split(",")
    assert {name: n for name, n in status["pending"].items() if n and name in chosen} == {}
    assert run("audit", "--full", **env)[1]["findings"] == []
    assert run("verify-log", **env)[1]["findings"] == []
    found = {one["asset"]: [each["id"] for each in run("show", one["asset"], **env)[1]["enrichments"]] for one in items}
    for ids in found.values():
        assert len(ids) == len(set(ids)) == len(chosen)
    return found


def test_a_locked_database_is_waited_for(tmp_path: Path) -> None:
    items = run("submit", sounds(tmp_path / "m", 2), "--recursive", "--batch", "b")[1]["items"]
    file = Path(os.environ["EVIDENCE_HOME"]) / "catalogue.sqlite"
    lock = sqlite3.connect(file, isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    with subprocess.Popen(
        command("process", "b", "--stages", STAGES), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=CHECKOUT
    ) as worker:
        time.sleep(4)
        assert worker.poll() is None, "it waits"
        lock.execute("ROLLBACK")
        lock.close()
        worker.communicate(timeout=120)
    assert worker.returncode == 0
    show_whole(items)


def versions(home: Path) -> list[str]:
    return sorted(str(one.relative_to(home)) for one in (home / "vault/objects").rglob("enrichments/*.jsonl"))


# --- a file whose reader dies each time


@contextmanager
def poisonous(asset: str) -> Iterator[list[int]]:
    """Kill every parser with a fault of its own whenever it has this asset open."""
    struck: list[int] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.002):
            for pid in descendants(os.getpid()):
                if pid not in struck and _reads(pid, asset):
                    struck.append(pid)
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGSEGV)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield struck
    finally:
        over.set()
        watcher.join()


def _reads(pid: int, asset: str) -> bool:
    with suppress(OSError):
        words = Path(f"/proc/{pid}/cmdline").read_bytes()
        if b"pipeline.parsing.room" in words and b"bwrap" not in words.split(b"\0")[0]:
            return any(asset in str(one.readlink()) for one in Path(f"/proc/{pid}/fd").iterdir())
    return False


def test_a_poison_item_costs_itself_alone(evidence: Evidence, tmp_path: Path) -> None:
    media = sounds(tmp_path / "m", 2)
    # It takes half a second to read, and the strike comes within milliseconds.
    Image.effect_noise((4_000, 4_000), 50).save(media / "poison.png", compress_level=1)
    for n in range(4):
        Image.new("RGB", (64, 48), (n * 60, 99, 9)).save(media / f"{n}.png")
    items = evidence("submit", media, "--recursive", "--batch", "b").json["items"]
    poison = next(one["asset"] for one in items if one["path"].endswith("poison.png"))

    with poisonous(poison) as struck:
        status = evidence("process", "b", "--stages", STAGES).json

    assert struck
    assert {one["code"] for one in status["failures"]} == {"E-MEDIA-006"}
    for one in items:
        said = {each["kind"]: each for each in evidence("show", one["asset"]).json["enrichments"]}
        assert len(said) == len(STAGES.split(","))
        if one["asset"] == poison:
            assert "E-MEDIA-006" in {each["code"] for each in said.values()}
        else:
            assert {each["outcome"] for each in said.values()} <= {"done", "empty", "not_applicable"}
    before = versions(Path(os.environ["EVIDENCE_HOME"]))
    evidence("process", "b", "--stages", STAGES)
    assert versions(Path(os.environ["EVIDENCE_HOME"])) == before, "what is refused for good is not tried again"


def test_what_a_damaged_file_still_gives_is_kept_with_its_coverage(
    evidence: Evidence, testdata: Path, tmp_path: Path
) -> None:
    whole = (testdata / "neardup/chaplin_240p.mp4").read_bytes()
    sound = (testdata / "speech/en/jfk.mp3").read_bytes()
    (media := tmp_path / "m").mkdir()
    (media / "holed.mp3").write_bytes(sound[:30_000] + bytes(8_000) + sound[38_000:])
    (media / "blank.mp4").write_bytes(whole[:90_000] + bytes(20_000) + whole[110_000:])
    shutil.copy(testdata / "hostile/truncated_half.jpg", media)
    items = evidence("submit", media, "--recursive", "--batch", "b").json["items"]
    evidence("process", "b", "--stages", STAGES)
    for one in items:
        said = {each["kind"]: each for each in evidence("show", one["asset"]).json["enrichments"]}
        parts = [each["coverage"] for each in said.values() if each["outcome"] == "done" and each["coverage"]]
        short = [
            part for part in parts if part["of"] is None or part["read"] < part["of"] or part["gaps"] or part["flags"]
        ]
        assert short, (one["path"], parts)
        assert [part for part in parts if part["read"]], one["path"]
