"""Secrets: no program learns one, whichever setting or library it belongs to."""

import pytest

from pipeline.settings import FROM_ENVIRONMENT
from pipeline.tools.sandbox import Bounds, Call, run

CANARY = "quillfeather-4711"
OTHERS = ("AWS_SECRET_ACCESS_KEY", "AIRFLOW__API_AUTH__JWT_SECRET", "HF_TOKEN", "PGPASSWORD", "SSH_AUTH_SOCK")
BOUNDS = Bounds(seconds=20, memory=1 << 30, file_bytes=1 << 20, answer_bytes=1 << 20)


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*FROM_ENVIRONMENT.values(), *OTHERS):
        monkeypatch.setenv(name, CANARY)


@pytest.mark.usefixtures("planted")
def test_a_program_learns_none() -> None:
    seen = run(Call(argv=["sh", "-c", "env; cat /proc/*/environ"], bounds=BOUNDS, policy="required")).stdout
    assert b"PATH=" in seen
    assert CANARY.encode() not in seen
