"""Secrets: a task of Airflow finds none in its environment but those that it works with."""

import subprocess
from pathlib import Path

import pytest

from docker import airflow_settings
from docker.airflow_local import COMPONENTS, TASKS
from pipeline.settings import FROM_ENVIRONMENT, Settings, read_settings

CANARY = "quillfeather-4711"
NEVER = (
    "EVIDENCE_AIRFLOW_PASSWORD", "EVIDENCE_PACKAGE_INDEX", "EVIDENCE_NPM_REGISTRY", "HF_TOKEN", "PGPASSWORD",
    "NPM_TOKEN", "PIP_INDEX_URL", "GITHUB_TOKEN", "SSH_AUTH_SOCK", "TIMESTAMP_AUTHORITY_PASSWORD",
)  # fmt: skip
OF_S3 = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "EVIDENCE_S3_ACCESS_KEY", "EVIDENCE_S3_SECRET_KEY")
DATABASE = f"postgresql+psycopg2://airflow:{CANARY}@db/airflow"


@pytest.fixture
def conf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in FROM_ENVIRONMENT.values():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("EVIDENCE_SETTINGS", str(tmp_path / "none.toml"))
    monkeypatch.setenv("EVIDENCE_HOME", str(tmp_path / "a home"))
    monkeypatch.setenv("EVIDENCE_AIRFLOW_DATABASE", DATABASE)
    for name in (*NEVER, *OF_S3):
        monkeypatch.setenv(name, f"{CANARY}-{name}")
    found = read_settings()
    (found.home / "airflow").mkdir(parents=True)
    return found


def test_what_a_task_does_not_need_does_not_pass(conf: Settings) -> None:
    told = airflow_settings.environment(conf, 8080)
    assert {name for name, value in told.items() if CANARY in value} == set()


def test_the_keys_of_s3_pass_only_where_evidence_lies_there(conf: Settings) -> None:
    for there in ({"vault_s3": "s3://bucket/vault"}, {"replicas": ("/mnt/copy", "s3://bucket/copy")}):
        told = airflow_settings.environment(conf.model_copy(update=there), 8080)
        assert {name for name, value in told.items() if CANARY in value} == set(OF_S3)


def test_no_key_of_airflow_stands_in_the_environment_and_airflow_finds_each(conf: Settings) -> None:
    told = airflow_settings.environment(conf, 8080)
    keys = {**airflow_settings.keys_of(conf.home / "airflow"), "database": DATABASE}
    assert [name for name, value in told.items() if any(key in value for key in keys.values())] == []
    asked = {name: command for name, command in told.items() if name.endswith("_CMD")}
    found = {subprocess.check_output(["sh", "-c", command], text=True) for command in asked.values()}
    assert found == set(keys.values())
    for file in (conf.home / "airflow" / "secrets").iterdir():
        assert file.stat().st_mode & 0o077 == 0
    assert (conf.home / "airflow" / "secrets").stat().st_mode & 0o077 == 0


def test_only_the_parent_of_tasks_learns_how_to_reach_evidence(conf: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVIDENCE_DATABASE", f"postgresql+psycopg2://evidence:{CANARY}@db/evidence")
    told = airflow_settings.environment(conf.model_copy(update={"vault_s3": "s3://bucket/vault"}), 8080)
    assert CANARY in told["EVIDENCE_DATABASE"]
    assert TASKS in COMPONENTS
    assert not any(CANARY in value for value in airflow_settings.without_evidence(told).values())


def test_settings_that_tasks_read_pass(conf: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("EVIDENCE_MODELS", "EVIDENCE_SCRATCH", "EVIDENCE_ISOLATION", "LC_ALL", "OMP_NUM_THREADS"):
        monkeypatch.setenv(name, "passes")
    told = airflow_settings.environment(conf, 8080)
    assert [told[name] for name in ("EVIDENCE_MODELS", "EVIDENCE_ISOLATION", "LC_ALL")] == ["passes"] * 3
    assert told["EVIDENCE_HOME"] == str(conf.home)
    assert told["EVIDENCE_SETTINGS"]
