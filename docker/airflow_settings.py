"""What Airflow is told: its settings for one machine, and the keys that it keeps for itself.

A task is a child of the scheduler and inherits its environment. So no secret of Airflow stands there: Airflow asks a
file for it (``…_CMD``), readable by its owner only. Of the caller's environment only what is named here passes.
"""

import json
import os
import secrets
import shlex
import sys
from base64 import urlsafe_b64encode
from pathlib import Path

from pipeline.queue import PASSWORDS
from pipeline.settings import FROM_ENVIRONMENT, Settings

CHECKOUT = Path(__file__).resolve().parent.parent

# What a task needs of the machine.
PASSED = {
    "CURL_CA_BUNDLE", "HOME", "HTTPS_PROXY", "HTTP_PROXY", "LANG", "LANGUAGE", "LD_LIBRARY_PATH", "LOGNAME",
    "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE", "TMPDIR", "TZ", "USER", "XDG_CACHE_HOME", "XDG_CONFIG_HOME",
    "http_proxy", "https_proxy",
}  # fmt: skip
PASSED_PREFIXES = ("CUDA_", "LC_", "MKL_", "NVIDIA_", "OMP_", "OPENBLAS_", "PYTHON")
# Settings that no task needs: who asks Airflow for a run, and where weights are fetched before it.
NOT_PASSED = {"airflow_password", "airflow_url", "airflow_user", "package_index", "npm_registry"}
# Settings that tell how to reach evidence, which only tasks do.
OF_EVIDENCE = {"database", "keys", "s3_access_key", "s3_secret_key"}


def database(conf: Settings) -> str:
    """Return the URL of Airflow's own database."""
    return os.environ.get("EVIDENCE_AIRFLOW_DATABASE") or f"sqlite:///{conf.home / 'airflow' / 'airflow.db'}"


def passed(conf: Settings) -> dict[str, str]:
    """Return what of this process's environment a task may see."""
    uses_s3 = any((one or "").startswith("s3://") for one in (conf.vault_s3, *conf.replicas))
    left_out = NOT_PASSED | (set() if uses_s3 else {"s3_access_key", "s3_secret_key"})
    names = {variable for setting, variable in FROM_ENVIRONMENT.items() if setting not in left_out}
    names |= PASSED | {"EVIDENCE_SETTINGS"}
    prefixes = (*PASSED_PREFIXES, *(("AWS_",) if uses_s3 else ()))
    return {name: value for name, value in os.environ.items() if name in names or name.startswith(prefixes)}


def without_evidence(env: dict[str, str]) -> dict[str, str]:
    """Return the environment for a part of Airflow that runs no task: nothing in it opens the catalogue or a store."""
    hidden = {FROM_ENVIRONMENT[setting] for setting in OF_EVIDENCE}
    return {name: value for name, value in env.items() if name not in hidden and not name.startswith("AWS_")}


def environment(conf: Settings, port: int) -> dict[str, str]:
    """Return the environment of Airflow's processes, and so of the tasks."""
    folder = conf.home / "airflow"
    secret = {name: f"cat {shlex.quote(str(file))}" for name, file in _secret_files(conf).items()}
    url = f"http://127.0.0.1:{port}"
    several = 4 if database(conf).startswith("sqlite") else max(4, os.cpu_count() or 4)
    told = {
        "API__BASE_URL": url,
        "API__HOST": "127.0.0.1",
        "API__PORT": str(port),
        "API__SECRET_KEY_CMD": secret["api"],
        "API__WORKERS": "1",
        "API_AUTH__JWT_SECRET_CMD": secret["jwt"],
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "CORE__DAGS_FOLDER": str(CHECKOUT / "dags"),
        "CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__FERNET_KEY_CMD": secret["fernet"],
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__PARALLELISM": str(several),
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(folder / PASSWORDS),
        "CORE__SIMPLE_AUTH_MANAGER_USERS": f"{conf.airflow_user}:admin",
        "DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "DAG_PROCESSOR__REFRESH_INTERVAL": "30",
        "DATABASE__SQL_ALCHEMY_CONN_CMD": secret["database"],
        "LOGGING__COLORED_CONSOLE_LOG": "False",
        "LOGGING__FILE_TASK_HANDLER_NEW_FILE_PERMISSIONS": "0o600",
        "LOGGING__FILE_TASK_HANDLER_NEW_FOLDER_PERMISSIONS": "0o700",
        "LOGGING__UVICORN_LOGGING_LEVEL": "WARNING",
        "USAGE_DATA_COLLECTION__ENABLED": "False",
        "WORKERS__EXECUTION_API_TIMEOUT": "60",  # five seconds are short on a busy machine
    }
    return {
        **passed(conf),
        **{f"AIRFLOW__{name}": value for name, value in told.items()},
        "AIRFLOW_HOME": str(folder),
        "EVIDENCE_ACTOR": conf.actor,
        "EVIDENCE_HOME": str(conf.home),
        "HF_HUB_OFFLINE": "1",  # a task never downloads: weights are fetched and verified before
        "NO_PROXY": "127.0.0.1,localhost",
        "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}",
        "PYTHONPATH": str(CHECKOUT),
        # A process names itself where its environment stood; then nobody could look at what it was given.
        "SPT_NOENV": "1",
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


def _secret_files(conf: Settings) -> dict[str, Path]:
    """Write each secret into a file of its own, without a line end, as Airflow reads it; paths by name."""
    folder = conf.home / "airflow" / "secrets"
    folder.mkdir(mode=0o700, exist_ok=True)
    values = {**keys_of(conf.home / "airflow"), "database": database(conf)}
    for name, value in values.items():
        _put(folder / name, value)
    return {name: folder / name for name in values}


def write_private(file: Path, value: dict[str, str]) -> None:
    """Put a document in place at once, for its owner's eyes only."""
    _put(file, json.dumps(value))


def _put(file: Path, text: str) -> None:
    new = file.with_suffix(".new")
    new.touch(mode=0o600)
    new.write_text(text, encoding="utf-8")
    new.replace(file)
