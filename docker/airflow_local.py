"""Airflow on one machine: starts its processes for one home, as one family that ends together.

    python -m docker.airflow_local up | down | serve

``serve`` stays in front and is the family's head; ``up`` starts one in the background, ``down`` ends
it. Everything listens on 127.0.0.1 alone; passwords and keys lie in the home's ``airflow/`` folder,
readable by its owner only. SQLite allows four tasks at a time; ``$EVIDENCE_AIRFLOW_DATABASE`` names
a PostgreSQL database for more.
"""

import argparse
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from socket import AF_INET, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET, socket

import httpx

from docker import processes
from docker.airflow_settings import CHECKOUT, database, environment, pools, without_evidence, write_private
from docker.blinds import blinds
from pipeline.errors import PipelineError, Unavailable
from pipeline.queue import DAG, PASSWORDS, RUNNING, Airflow, open_airflow
from pipeline.settings import Settings, settings

COMPONENTS = {
    "api-server": ["api-server"],
    "scheduler": ["scheduler", "--skip-serve-logs"],  # its log server would listen on every interface
    "dag-processor": ["dag-processor"],
}
TASKS = "scheduler"  # its children are the tasks
START_S = 180
STOP_S = 10

Note = Callable[[str], None]


# --- the head of the family -----------------------------------------------------------------


def serve(conf: Settings, *, parent: int | None) -> int:
    """Run Airflow until told to stop, until a part of it ends, or until the parent does."""
    os.umask(0o077)
    folder = conf.home / "airflow"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "serving.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Airflow runs for this home already", file=sys.stderr)
            return 2
        processes.end_on_signals()
        processes.adopt_orphans()
        try:
            if parent is not None:
                processes.end_with_parent(parent)
            return _serve(conf, folder)
        finally:
            processes.ignore_signals()
            (folder / RUNNING).unlink(missing_ok=True)
            processes.end_family(patience_s=STOP_S / 2)


def _serve(conf: Settings, folder: Path) -> int:
    port = _free_port(8080)
    env = environment(conf, port)
    began, shut = time.time(), blinds(conf)
    _migrate(conf, folder, without_evidence(env))
    parts = {
        name: _start(command, env, folder / f"{name}.log") if name == TASKS
        else _start(command, without_evidence(env), folder / f"{name}.log", behind=shut)
        for name, command in COMPONENTS.items()
    }  # fmt: skip
    url = env["AIRFLOW__API__BASE_URL"]
    ready = False
    while all(part.poll() is None for part in parts.values()):
        if not ready and (ready := _answers(conf, url, began)):
            pid = os.getpid()
            write_private(folder / RUNNING, {"url": url, "pid": str(pid), "ticks": str(processes.start_ticks(pid))})
        time.sleep(1 if ready else 0.5)
    ended = next(name for name, part in parts.items() if part.returncode is not None)
    print(f"{ended} ended; its last words are in {folder / ended}.log", file=sys.stderr)
    return 1


def _free_port(wanted: int) -> int:
    for port in (wanted, 0):
        with socket(AF_INET, SOCK_STREAM) as one:
            one.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)  # a server that has just ended does not count
            try:
                one.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(one.getsockname()[1])
    raise Unavailable("no free port on 127.0.0.1", code="E-HOST-004")


def _migrate(conf: Settings, folder: Path, env: dict[str, str]) -> None:
    done = folder / "migrated"
    url = database(conf)
    wanted = f"{version('apache-airflow')} {sha256(url.encode()).hexdigest()}"  # the URL may hold a password
    made = (folder / "airflow.db").exists() or not url.startswith("sqlite")
    if made and done.exists() and done.read_text() == wanted:
        return
    migration = _start(["db", "migrate"], env, folder / "migrate.log")
    if migration.wait() != 0:
        print(f"the database of Airflow could not be made: {folder}/migrate.log", file=sys.stderr)
        sys.exit(1)
    done.write_text(wanted)


def _start(
    command: list[str], env: dict[str, str], log: Path, *, behind: Sequence[str] = ()
) -> subprocess.Popen[bytes]:  # fmt: skip
    airflow = str(Path(sys.executable).parent / "airflow")
    # Should the head itself be killed, its children are told to end.
    leash = ["setpriv", "--pdeathsig", "TERM", "--"]
    line = [*leash, *(behind and [*behind, *leash]), airflow, *command]
    with log.open("wb") as out:
        return subprocess.Popen(
            line, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, cwd=log.parent
        )


def _answers(conf: Settings, url: str, began: float) -> bool:
    """Tell whether every part is healthy and has read the DAG of this checkout; make the pools then."""
    passwords = conf.home / "airflow" / PASSWORDS
    if not passwords.exists():
        return False
    password = json.loads(passwords.read_text(encoding="utf-8") or "{}").get(conf.airflow_user, "")
    airflow = Airflow(url=url, user=conf.airflow_user, password=password)
    try:
        # The tasks' side of the server takes seconds to unfold at its first request: better now than in the first task.
        httpx.get(f"{url}/execution/health", timeout=60, trust_env=False)
        health = airflow.ask("GET", "/monitor/health")
        if any(health[part]["status"] != "healthy" for part in ("metadatabase", "scheduler", "dag_processor")):
            return False
        read = airflow.ask("GET", f"/dags?dag_id_pattern={DAG}")["dags"]
        if not any(datetime.fromisoformat(one["last_parsed_time"]).timestamp() > began for one in read):
            return False
        entities = [{"name": name, "slots": slots, "description": text} for name, (slots, text) in pools().items()]
        action = {"action": "create", "action_on_existence": "overwrite", "entities": entities}
        airflow.ask("PATCH", "/pools", {"actions": [action]})
    except (PipelineError, httpx.TransportError):  # not yet: it is asked again until it answers or ends
        return False
    finally:
        airflow.close()
    return True


# --- who starts and stops it ------------------------------------------------------------------


def head(conf: Settings) -> int | None:
    """Return the process id of the family's head when Airflow runs for this home."""
    try:
        told = json.loads((conf.home / "airflow" / RUNNING).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    pid = int(told["pid"])
    return pid if str(processes.start_ticks(pid)) == told["ticks"] else None


def start(conf: Settings, *, parent: int | None = None) -> subprocess.Popen[bytes]:
    """Start the family's head and wait until Airflow is ready; ``Unavailable`` says where to look when it is not."""
    folder = conf.home / "airflow"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    told = ["--parent", str(parent)] if parent is not None else []
    with (folder / "serve.log").open("wb") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", "docker.airflow_local", "serve", *told],
            env={**os.environ, "EVIDENCE_HOME": str(conf.home)},
            stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, cwd=CHECKOUT,
        )  # fmt: skip
    deadline = time.monotonic() + START_S
    try:
        while child.poll() is None and time.monotonic() < deadline:
            if head(conf) == child.pid:
                return child
            time.sleep(0.2)
    except BaseException:  # an interruption: what was started must not outlive it
        stop(child)
        raise
    stop(child)
    raise Unavailable(f"Airflow did not start; read the logs in {folder}", code="E-HOST-004")


def stop(child: subprocess.Popen[bytes]) -> None:
    """End the family, by force when the head does not do it in time."""
    child.terminate()
    try:
        child.wait(STOP_S * 2)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


@contextmanager
def running(conf: Settings, note: Note) -> Iterator[Airflow]:
    """Lend the Airflow of this home: one that runs already, else one that ends with the block and with us."""
    if head(conf) is not None:
        note("Airflow runs already")
        child = None
    else:
        note("starting Airflow (half a minute)")
        processes.adopt_orphans()
        child = start(conf, parent=os.getpid())
    try:
        yield open_airflow(conf)
    finally:
        if child is not None:
            note("stopping Airflow")
            stop(child)
            processes.end_family(patience_s=1)


def up(conf: Settings) -> int:
    """Start Airflow in the background; print where it is and how to get in."""
    if head(conf) is None:
        print("starting Airflow (half a minute) …", file=sys.stderr)
        start(conf)
    folder = conf.home / "airflow"
    url = json.loads((folder / RUNNING).read_text(encoding="utf-8"))["url"]
    password = json.loads((folder / PASSWORDS).read_text(encoding="utf-8"))[conf.airflow_user]
    print(f"Airflow    {url}\nuser       {conf.airflow_user}\npassword   {password}\nend it     make down")
    return 0


def down(conf: Settings) -> int:
    """End the Airflow that runs for this home."""
    pid = head(conf)
    if pid is None:
        print("Airflow does not run for this home")
        return 0
    ticks = processes.start_ticks(pid)
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_S * 2
    while (left := processes.start_ticks(pid) == ticks) and time.monotonic() < deadline:
        time.sleep(0.1)
    print(f"process {pid} does not end" if left else "Airflow has ended")
    return int(left)


def main() -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("what", choices=("serve", "up", "down"))
    parser.add_argument("--parent", type=int, help="end with this process")
    args = parser.parse_args()
    try:
        conf = settings()
        if args.what == "serve":
            return serve(conf, parent=args.parent)
        return up(conf) if args.what == "up" else down(conf)
    except PipelineError as err:
        print(f"{err.code}: {err.reason}\n{err.next}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
