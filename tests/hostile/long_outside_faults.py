"""The long form of test_outside_faults.py: a full disk, and a database server that dies in the middle of a batch."""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.hostile.campaign import CHECKOUT
from tests.hostile.test_outside_faults import STAGES, command, run, show_whole, sounds, versions

# --- the disk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Lend a file system of a few megabytes."""
    (place := tmp_path / "disk").mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(place)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small file system")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_is_waited_for(tmp_path: Path, small_disk: Path) -> None:
    media = sounds(tmp_path / "m", 5, seconds=30)
    env = {"EVIDENCE_HOME": str(small_disk / "home"), "EVIDENCE_KEYS": str(tmp_path / "keys")}
    items = run("submit", media, "--recursive", "--batch", "b", **env)[1]["items"]
    preserved = {one: one.read_bytes() for one in (small_disk / "home/vault/objects").rglob("*") if one.is_file()}
    filler = small_disk / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(65_536))

    code, said = run("process", "b", "--stages", STAGES, **env)

    codes = {one["code"] for one in said.get("failures", ())} | ({said["error"]["code"]} if "error" in said else set())
    assert code
    assert codes == {"E-HOST-003"}, said
    filler.unlink()
    assert run("process", "b", "--stages", STAGES, **env)[0] == 0
    whole = show_whole(items, **env)
    assert {one: one.read_bytes() for one in preserved if one.is_file() and "/content/" in str(one)} == {
        one: data for one, data in preserved.items() if "/content/" in str(one)
    }
    elsewhere = {"EVIDENCE_HOME": str(tmp_path / "home2"), "EVIDENCE_KEYS": str(tmp_path / "keys2")}
    run("submit", media, "--recursive", "--batch", "b", **elsewhere)
    run("process", "b", "--stages", STAGES, **elsewhere)
    assert set().union(*show_whole(items, **elsewhere).values()) <= set().union(*whole.values())


# --- the database


class Postgres:
    """A server of its own, on a socket, as a user who is not root."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self._folder = programs, folder
        self._as = [] if os.geteuid() else ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        folder.chmod(0o777)
        self._do("initdb", "-D", str(folder / "data"), "-U", "evidence", "-A", "trust", "--no-sync")

    @property
    def url(self) -> str:
        """Where the catalogue finds it."""
        return f"postgresql+psycopg2://evidence@/postgres?host={self._folder}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        log = str(self._folder / "log")
        options = f"-k {self._folder} -c listen_addresses='' -F"
        self._do("pg_ctl", "-D", str(self._folder / "data"), "-l", log, "-w", "-o", options, "start")

    def stop(self) -> None:
        """Take it away, as a crash does."""
        self._do("pg_ctl", "-D", str(self._folder / "data"), "-m", "immediate", "stop")

    def _do(self, program: str, *argv: str) -> None:
        subprocess.run([*self._as, str(self._programs / program), *argv], check=True, capture_output=True, cwd="/")


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not places:
        pytest.skip("PostgreSQL is not installed")
    with tempfile.TemporaryDirectory(prefix="pg", dir="/tmp") as folder:  # a socket's path must be short
        server = Postgres(places[-1], Path(folder))
        server.start()
        try:
            yield server
        finally:
            with suppress(subprocess.CalledProcessError):
                server.stop()


def test_a_database_that_goes_away_is_waited_for(tmp_path: Path, postgres: Postgres) -> None:
    media, env = sounds(tmp_path / "m", 12), {"EVIDENCE_DATABASE": postgres.url}
    items = run("submit", media, "--recursive", "--batch", "b", **env)[1]["items"]
    home = Path(os.environ["EVIDENCE_HOME"])
    with subprocess.Popen(
        command("process", "b", "--stages", STAGES), env={**os.environ, **env}, stdout=subprocess.PIPE, text=True,
        stderr=subprocess.DEVNULL, cwd=CHECKOUT,
    ) as worker:  # fmt: skip
        until = time.monotonic() + 60
        while not versions(home) and worker.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        postgres.stop()
        said, _ = worker.communicate(timeout=120)
    finished = {name: (home / name).read_bytes() for name in versions(home)}

    assert worker.returncode == 2
    assert json.loads(said)["error"]["code"] == "E-HOST-002"
    assert run("process", "b", "--stages", STAGES, **env)[1]["error"]["code"] == "E-HOST-002"
    postgres.start()
    assert run("process", "b", "--stages", STAGES, **env)[0] == 0
    show_whole(items, **env)
    assert 0 < len(finished) < len(items), "it went away in the middle"
    assert {name: (home / name).read_bytes() for name in finished} == finished
