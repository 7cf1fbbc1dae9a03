"""The compose file: control plane without evidence, worker without the database of Airflow."""

import importlib
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

DOCKER = Path(__file__).resolve().parents[2] / "docker"
SECRETS = (
    "AIRFLOW_SECRET_KEY",
    "AIRFLOW_JWT_SECRET",
    "AIRFLOW_DB_PASSWORD",
    "AIRFLOW_FERNET_KEY",
    "EVIDENCE_DB_PASSWORD",
)
CONTROL = ("migrate", "api-server", "scheduler", "dag-processor", "triggerer")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    yaml = importlib.import_module("yaml")
    found: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text(encoding="utf-8"))
    return found


def test_every_role_is_there_and_its_image_is_described(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == {*CONTROL, "postgres", "redis", "worker"}
    for service in compose["services"].values():
        if build := service.get("build"):
            assert (DOCKER / build["context"] / build["dockerfile"]).is_file()


def test_only_the_worker_sees_evidence(compose: dict[str, Any]) -> None:
    for name in CONTROL:
        service = compose["services"][name]
        assert "volumes" not in service, name
        assert not any(key.startswith("EVIDENCE") for key in service["environment"]), name
    assert any(volume.startswith("evidence:") for volume in compose["services"]["worker"]["volumes"])


def test_the_worker_reaches_airflow_through_its_server_alone(compose: dict[str, Any]) -> None:
    told = compose["services"]["worker"]["environment"]
    assert "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN" not in told
    for secret in ("AIRFLOW_DB_PASSWORD", "AIRFLOW_JWT_SECRET", "AIRFLOW_FERNET_KEY"):
        assert not any(secret in str(value) for value in told.values()), secret


def test_nothing_listens_beyond_this_machine(compose: dict[str, Any]) -> None:
    ports = [port for service in compose["services"].values() for port in service.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_no_secret_has_a_default(compose: dict[str, Any]) -> None:
    text = (DOCKER / "compose.yaml").read_text(encoding="utf-8")
    for secret in SECRETS:
        assert f"${{{secret}:?" in text
        assert f"${{{secret}:-" not in text
    assert compose


def test_images_run_without_root_and_the_control_plane_without_torch() -> None:
    for name in ("control", "worker"):
        lines = (DOCKER / f"Dockerfile.{name}").read_text(encoding="utf-8").splitlines()
        assert "USER evidence" in lines
    assert "--require-hashes -r control.lock" in (DOCKER / "Dockerfile.control").read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("docker-compose") is None, reason="docker-compose is not installed")
def test_compose_itself_finds_no_fault() -> None:
    told = subprocess.run(
        ["docker-compose", "-f", "compose.yaml", "config", "-q"], cwd=DOCKER, capture_output=True, text=True,
        check=False, env={"PATH": "/usr/bin:/bin", **dict.fromkeys(SECRETS, "x")},
    )  # fmt: skip
    assert (told.returncode, told.stderr) == (0, "")
