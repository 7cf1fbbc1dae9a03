"""Queue: asks Airflow, over its REST API, to put a batch through the line."""

import json
from dataclasses import asdict, dataclass
from typing import Any

import httpx

from pipeline.errors import Misconfigured, Unavailable
from pipeline.settings import Settings

DAG = "process_batch"

PASSWORDS = "passwords.json"
"""Written by Airflow in its folder: passwords by user."""
RUNNING = "running.json"
"""Written beside it while one runs there: its ``url``."""

_TIMEOUT = httpx.Timeout(30, connect=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A run that Airflow accepted, and the page that shows it."""

    batch: str
    run_id: str
    url: str


class Airflow:
    """Airflow's REST API, as one user. The token is asked for once, when first needed."""

    def __init__(self, *, url: str, user: str, password: str, transport: httpx.BaseTransport | None = None) -> None:
        self.url = url.rstrip("/")
        self._login = {"username": user, "password": password}
        # Proxies of the environment are for the outside world; this server is ours.
        self._client = httpx.Client(base_url=self.url, timeout=_TIMEOUT, transport=transport, trust_env=False)

    def queue(self, batch: str) -> Queued:
        """Start a run of ``process_batch``.

        Raises ``Unavailable`` (E-HOST-004) when Airflow does not answer, ``Misconfigured`` when it
        refuses: the password, an unknown DAG, a malformed reference.
        """
        run = self.ask("POST", f"/dags/{DAG}/dagRuns", {"logical_date": None, "conf": {"batch": batch}})
        run_id = str(run["dag_run_id"])
        return Queued(batch=batch, run_id=run_id, url=f"{self.url}/dags/{DAG}/runs/{run_id}")

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Send one request below ``/api/v2`` and return the answer; a token that has ended is asked for again."""
        for _ in range(2):
            if "Authorization" not in self._client.headers:
                token = self._receive(self._send("POST", "/auth/token", self._login))["access_token"]
                self._client.headers["Authorization"] = f"Bearer {token}"
            answer = self._send(method, f"/api/v2{path}", body)
            if answer.status_code != httpx.codes.UNAUTHORIZED:
                break
            del self._client.headers["Authorization"]
        return self._receive(answer)

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def _send(self, method: str, path: str, body: object) -> httpx.Response:
        try:
            return self._client.request(method, path, json=body)
        except httpx.TransportError as err:
            raise Unavailable(f"Airflow at {self.url} did not answer", code="E-HOST-004") from err

    def _receive(self, answer: httpx.Response) -> Any:
        if answer.is_server_error:
            raise Unavailable(f"Airflow at {self.url} answered {answer.status_code}", code="E-HOST-004")
        if answer.is_success:
            return answer.json() if answer.content else None
        raise Misconfigured(f"Airflow at {self.url}: {_REFUSALS.get(answer.status_code, answer.reason_phrase)}")


_REFUSALS = {
    400: "the batch reference is malformed",
    401: "wrong user or password; set EVIDENCE_AIRFLOW_USER and EVIDENCE_AIRFLOW_PASSWORD",
    403: "this user may not start runs",
    404: f"it does not know the DAG {DAG}; read its import errors",
    409: "such a run exists already",
    422: "the batch reference is malformed",
}


def open_airflow(settings: Settings) -> Airflow:
    """Reach the Airflow of the settings, or else the one that was started for this home."""
    url, secret = settings.airflow_url, settings.airflow_password
    if "airflow_url" not in settings.model_fields_set:
        url = _kept(settings, RUNNING).get("url", url)
    password = secret.get_secret_value() if secret else _kept(settings, PASSWORDS).get(settings.airflow_user)
    if password is None:
        raise Unavailable("no Airflow was started for this home", code="E-HOST-004")
    return Airflow(url=url, user=settings.airflow_user, password=password)


def queue_batch(settings: Settings, batch: str) -> dict[str, Any]:
    """Ask Airflow to run ``process_batch`` for a batch; say which run it is and where it is shown."""
    airflow = open_airflow(settings)
    try:
        return asdict(airflow.queue(batch))
    finally:
        airflow.close()


def _kept(settings: Settings, name: str) -> dict[str, str]:
    file = settings.home / "airflow" / name
    try:
        found: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as err:
        raise Misconfigured(f"{file} cannot be read") from err
    return found
