"""make run in a home of its own: through Airflow to the end, with nothing told to Airflow and nobody left behind."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from docker.processes import descendants, start_ticks
from docker.run_sample import batch_of
from pipeline.queue import PASSWORDS
from sample_media.build import CACHE, OUT, build, read_manifest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

CHECKOUT = Path(__file__).resolve().parents[2]
PROVIDER = "Quillfeather Archive"
URL = "https://quillfeather.example/posts/77"
# What stands in the environment of who calls, and is no task's business.
CANARY = "canary-of-quillfeather"
CANARIES = (
    "AWS_SECRET_ACCESS_KEY", "EVIDENCE_S3_SECRET_KEY", "EVIDENCE_NPM_REGISTRY", "HF_TOKEN", "PGPASSWORD",
    "TIMESTAMP_AUTHORITY_PASSWORD",
)  # fmt: skip
# The names are told to nobody; what is in the files comes from the sample.
FILES = {
    "english call.wav": "Quillfeather witness.wav",
    "appel en français.wav": "Quillfeather témoin.wav",
    "flower.jpg": "Quillfeather courtyard.jpg",
    "clip.mov": "Quillfeather clip.mov",
    "no bytes.mp4": "Quillfeather empty.mp4",
    "note.txt": "Quillfeather note.txt",
}


@dataclass(frozen=True, kw_only=True)
class Place:
    """A home, and a folder of media with telling names."""

    home: Path
    media: Path
    env: dict[str, str]

    def evidence(self, *words: str) -> Any:
        line = [sys.executable, "-m", "pipeline.cli", *words, "--json"]
        told = subprocess.run(line, cwd=CHECKOUT, env=self.env, capture_output=True, text=True, check=False)
        assert told.returncode in {0, 1}, told.stderr
        return json.loads(told.stdout)

    def run(self) -> subprocess.Popen[str]:
        line = [sys.executable, "-m", "docker.run_sample", "--offline", "--media", str(self.media)]
        return subprocess.Popen(
            line, cwd=CHECKOUT, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def airflow_is_up(self, within_s: float = 150) -> None:
        wait_for((self.home / "airflow" / "running.json").exists, within_s)


@dataclass(frozen=True, kw_only=True)
class Ran:
    """Two runs over the same folder: in the first, a task was killed in the middle, its environment seen before."""

    place: Place
    environment: dict[str, str]
    first: str
    codes: tuple[int, int]
    second_s: float
    kept: tuple[dict[str, bytes], dict[str, bytes]]


def wait_for(true: Any, within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def title(pid: int) -> str:
    try:
        return (Path("/proc") / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def working_task(head: int) -> int | None:
    """Return the process that does a task's work: a worker's child, once it has named itself."""
    names = {pid: title(pid) for pid in descendants(head)}
    found = [
        pid for pid, name in names.items() if name.startswith("airflow worker -- ") and "LocalExecutor" not in name
    ]
    return found[0] if found else None


def objects(home: Path) -> dict[str, bytes]:
    """Return what the vault holds of assets: inventories by path."""
    return {
        str(path): path.read_bytes() for path in sorted((home / "vault").rglob("inventory.json")) if path.parent.name
    }


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    root = tmp_path_factory.mktemp("run")
    build(read_manifest(), OUT, CACHE)
    media = root / "media"
    media.mkdir()
    for name, telling in FILES.items():
        shutil.copy(OUT / name, media / telling)
    env = {name: value for name, value in os.environ.items() if not name.startswith(("EVIDENCE_", "AIRFLOW"))}
    if models := os.environ.get("EVIDENCE_MODELS"):
        env["EVIDENCE_MODELS"] = models
    env |= {
        "EVIDENCE_HOME": str(root / "home"), "EVIDENCE_KEYS": str(root / "keys"), "EVIDENCE_ACTOR": "custodian",
        "EVIDENCE_SETTINGS": str(root / "none.toml"), "PYTHONPATH": str(CHECKOUT),
    }  # fmt: skip
    env |= dict.fromkeys(CANARIES, CANARY)
    return Place(home=root / "home", media=media, env=env)


@pytest.fixture(scope="module")
def ran(place: Place) -> Ran:
    submitted = place.evidence(
        "submit",
        str(place.media),
        "--recursive",
        "--batch",
        batch_of(place.media),
        "--provider",
        PROVIDER,
        "--url",
        URL,
    )
    assert len(submitted["items"]) == len(FILES)
    with place.run() as first:
        extract = "airflow/logs/**/task_id=shard.extract/**/attempt=1.log"
        wait_for(lambda: any(place.home.glob(extract)), 240)
        wait_for(lambda: working_task(first.pid), 60)
        environment: dict[str, str] = {}
        if task := working_task(first.pid):
            lines = (Path("/proc") / str(task) / "environ").read_text(errors="replace").split("\0")
            environment = {name: value for name, _, value in (line.partition("=") for line in lines if line)}
            os.kill(task, signal.SIGKILL)
        printed, _ = first.communicate(timeout=600)
    kept = objects(place.home)
    began = time.monotonic()
    with place.run() as second:
        second.communicate(timeout=600)
    return Ran(
        place=place, environment=environment, first=printed, codes=(first.returncode, second.returncode),
        second_s=time.monotonic() - began, kept=(kept, objects(place.home)),
    )  # fmt: skip


def test_every_item_is_accounted_for_though_a_task_was_killed(ran: Ran) -> None:
    assert ran.codes == (0, 0), ran.first
    assert "every item accounted for" in ran.first
    status = ran.place.evidence("status", batch_of(ran.place.media))
    assert (status["items"], status["accounted"]) == (len(FILES), len(FILES))
    assert set(status["pending"].values()) == {0}
    assert any(ran.place.home.glob("airflow/logs/**/task_id=shard.extract/**/attempt=2.log"))


def test_the_report_says_what_was_found(ran: Ran) -> None:
    for name in FILES.values():
        assert name in " ".join(ran.first.split())
    for told in ("Aleppo", "representatives", "the file has no bytes (E-MEDIA-001)", "transcribe", "between tasks"):
        assert told in ran.first


def test_a_task_has_no_secret_in_its_environment(ran: Ran) -> None:
    seen = ran.environment
    assert seen["EVIDENCE_HOME"] == str(ran.place.home)
    assert [name for name, value in seen.items() if CANARY in value] == []
    folder = ran.place.home / "airflow"
    keys = json.loads((folder / "keys.json").read_text()).values()
    passwords = json.loads((folder / PASSWORDS).read_text()).values()
    assert [name for name, value in seen.items() if any(one in value for one in (*keys, *passwords))] == []


def test_the_second_run_finds_everything_kept_within_three_minutes(ran: Ran) -> None:
    assert ran.second_s < 180
    before, after = ran.kept
    assert before
    assert {path for path in before if before[path] != after.get(path)} == set()


# A clock shows 36.199 seconds now and then: that is not a latitude.
_CLOCK = re.compile(rb"\d\d:\d\d:\d\d\.\d+")
# Digits of a coordinate that no count or share shows by chance.
_TELLING = 6


def evidence_of(ran: Ran) -> Iterator[str]:
    """Return what Airflow must not know: names, provider, URL, words heard, positions found."""
    yield from ("Quillfeather", "quillfeather", str(ran.place.media))
    for item in ran.place.evidence("submit", str(ran.place.media), "--recursive", "--batch", batch_of(ran.place.media))[
        "items"
    ]:
        document = ran.place.evidence("show", item["asset"])
        for enrichment in document["enrichments"]:
            body = enrichment["body"]
            for segment in body.get("segments", ()):
                words = (segment["text"] or "").split()
                yield from (" ".join(words[at : at + 4]) for at in range(len(words) - 3))
            for claim in body.get("claims", ()):
                yield from (written for at in (claim["lat"], claim["lon"]) if len(written := str(at)[:7]) >= _TELLING)
                yield claim["name"]


def test_airflow_knows_nothing_of_the_evidence(ran: Ran) -> None:
    secrets = set(evidence_of(ran))
    assert len(secrets) > 20
    files = [path for path in (ran.place.home / "airflow").rglob("*") if path.is_file()]
    assert any(path.name == "airflow.db" for path in files)
    assert sum(path.suffix == ".log" for path in files) > 10
    for path in files:
        held = _CLOCK.sub(b"", path.read_bytes())
        assert [secret for secret in secrets if secret.encode() in held] == [], path


def test_what_airflow_keeps_is_for_its_owner_alone(ran: Ran) -> None:
    folder = ran.place.home / "airflow"
    for path in (folder, *folder.rglob("*")):
        if path.name != "serve.log":
            assert path.stat().st_mode & 0o077 == 0, path


def listening(pids: list[int]) -> set[str]:
    """Return the addresses on which processes listen (hex, as the kernel writes them)."""
    sockets = set()
    for pid in pids:
        for link in (Path("/proc") / str(pid) / "fd").glob("*"):
            if link.is_symlink() and (target := str(link.readlink())).startswith("socket:"):
                sockets.add(target[8:-1])
    rows = [row.split() for kind in ("tcp", "tcp6") for row in Path(f"/proc/net/{kind}").read_text().splitlines()[1:]]
    return {row[1].partition(":")[0] for row in rows if row[3] == "0A" and row[9] in sockets}


def seeing(pids: list[int], place: Place) -> set[str]:
    """Return the parts of Airflow from which keys or vault can be seen."""
    titles = {pid: title(pid) for pid in pids}
    parts = {
        pid: name for pid, said in titles.items() for name in ("api_server", "dag-processor", "scheduler")
        if name in said and "bwrap" not in said
    }  # fmt: skip
    assert len(set(parts.values())) == 3
    rooms = {pid: Path("/proc") / str(pid) / "root" for pid in parts}
    hidden = (place.home / "vault", place.home / "catalogue.sqlite", *(place.home.parent / "keys").iterdir())
    return {parts[pid] for pid, root in rooms.items() if any((root / str(one)[1:]).exists() for one in hidden)}


def test_ctrl_c_leaves_nobody_and_only_this_machine_was_served(ran: Ran) -> None:
    place = ran.place
    with place.run() as one:
        place.airflow_is_up()
        family = descendants(one.pid)
        assert listening(family) == {"0100007F"}
        assert seeing(family, place) == {"scheduler"}
        one.send_signal(signal.SIGINT)
        assert one.wait(60) == 130
    wait_for(lambda: not any(start_ticks(pid) for pid in family), 20)
    assert not (place.home / "airflow" / "running.json").exists()


def test_killing_make_itself_leaves_nobody(ran: Ran) -> None:
    place = ran.place
    line = f"{sys.executable} -m docker.run_sample --offline --media '{place.media}' & wait"
    with subprocess.Popen(["bash", "-c", line], cwd=CHECKOUT, env=place.env, stderr=subprocess.DEVNULL) as make:
        place.airflow_is_up()
        family = descendants(make.pid)
        assert len(family) > 5
        make.kill()
    wait_for(lambda: not any(start_ticks(pid) for pid in family), 60)
