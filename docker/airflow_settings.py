"""What Airflow is told: its settings for one machine, and the keys that it keeps for itself."""

import json
import os
import secrets
import sys
from base64 import urlsafe_b64encode
from pathlib import Path

from pipeline.queue import PASSWORDS
from pipeline.settings import Settings

CHECKOUT = Path(__file__).resolve().parent.parent


def environment(conf: Settings, port: int) -> dict[str, str]:
    """Return the environment of Airflow's processes, and so of the tasks."""
    folder, keys = conf.home / "airflow", keys_of(conf.home / "airflow")
    url = f"http://127.0.0.1:{port}"
    database = os.environ.get("EVIDENCE_AIRFLOW_DATABASE") or f"sqlite:///{folder / 'airflow.db'}"
    several = 4 if database.startswith("sqlite") else max(4, os.cpu_count() or 4)
    told = {
        "API__BASE_URL": url,
        "API__HOST": "127.0.0.1",
        "API__PORT": str(port),
        "API__SECRET_KEY": keys["api"],
        "API__WORKERS": "1",
        "API_AUTH__JWT_SECRET": keys["jwt"],
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "CORE__DAGS_FOLDER": str(CHECKOUT / "dags"),
        "CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__FERNET_KEY": keys["fernet"],
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__PARALLELISM": str(several),
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(folder / PASSWORDS),
        "CORE__SIMPLE_AUTH_MANAGER_USERS": f"{conf.airflow_user}:admin",
        "DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "DAG_PROCESSOR__REFRESH_INTERVAL": "30",
        "DATABASE__SQL_ALCHEMY_CONN": database,
        "LOGGING__COLORED_CONSOLE_LOG": "False",
        "LOGGING__FILE_TASK_HANDLER_NEW_FILE_PERMISSIONS": "0o600",
        "LOGGING__FILE_TASK_HANDLER_NEW_FOLDER_PERMISSIONS": "0o700",
        "LOGGING__UVICORN_LOGGING_LEVEL": "WARNING",
        "USAGE_DATA_COLLECTION__ENABLED": "False",
        "WORKERS__EXECUTION_API_TIMEOUT": "60",  # five seconds are short on a busy machine
    }
    return {
        **os.environ,
        **{f"AIRFLOW__{name}": value for name, value in told.items()},
        "AIRFLOW_HOME": str(folder),
        "EVIDENCE_ACTOR": conf.actor,
        "EVIDENCE_HOME": str(conf.home),
        "HF_HUB_OFFLINE": "1",  # a task never downloads: weights are fetched and verified before
        "NO_PROXY": "127.0.0.1,localhost",
        "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}",
        "PYTHONPATH": str(CHECKOUT),
        "no_proxy": "127.0.0.1,localhost",
    }


def pools() -> dict[str, tuple[int, str]]:
    """Return slots and purpose of each pool: two models at once would fight for the same cores."""
    cores = os.cpu_count() or 1
    return {
        "io": (4, "reads and writes"),
        "cpu": (max(1, cores), "decodes"),
        "gpu": (max(1, cores // 4), "holds a model in memory, on a graphics card or not"),
    }


def keys_of(folder: Path) -> dict[str, str]:
    """Return the keys of this home's Airflow, made at first use."""
    file = folder / "keys.json"
    if not file.exists():
        made = {"jwt": secrets.token_hex(64), "api": secrets.token_hex(32)}
        made["fernet"] = urlsafe_b64encode(secrets.token_bytes(32)).decode()
        write_private(file, made)
    found: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return found


def write_private(file: Path, value: dict[str, str]) -> None:
    """Put a document in place at once, for its owner's eyes only."""
    new = file.with_suffix(".new")
    new.touch(mode=0o600)
    new.write_text(json.dumps(value), encoding="utf-8")
    new.replace(file)
