"""What every test may use: the test media, and a home of its own."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.plugins.clamd", "tests.plugins.door", "tests.plugins.s3"]

_NO_MEDIA = "no test media; set EVIDENCE_TESTDATA"

CHECKOUT = Path(__file__).resolve().parent.parent

# A shared machine may be slow at any moment: time is no property of ours to test here.
settings.register_profile("short", max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "short"))


_LONG = (
    "core/test_tags.py", "docker/test_compose.py", "docker/test_processes.py", "engines/test_transformers", "hostile/",
    "service/test_exports.py", "service/test_gate.py", "service/test_new_stage.py", "service/test_schemas.py",
    "stages/test_extract_audio.py", "stages/test_probe.py", "tools/test_ffmpeg.py", "tools/test_resident.py",
    "tools/test_sandbox.py", "tools/test_tesseract.py", "vault/test_crashes.py",
)  # fmt: skip
"""Files that start programs by the hundred, or every model: in make test, not in make check."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what takes long by where it stands."""
    here = Path(__file__).parent
    for item in items:
        if item.path.relative_to(here).as_posix().startswith(_LONG):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def testdata() -> Path:
    """The folder of real media with known truth."""
    folder = Path(os.environ.get("EVIDENCE_TESTDATA") or CHECKOUT.parent / "shared" / "testdata")
    if not (folder / "MANIFEST.json").is_file():
        pytest.skip(f"{_NO_MEDIA} (looked in {folder})")
    return folder


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Point every test at an empty home and keys of its own; nothing of the user's is touched."""
    for name in [one for one in os.environ if one.startswith("EVIDENCE_") and one not in _SHARED]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("EVIDENCE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("EVIDENCE_KEYS", str(tmp_path / "keys"))
    monkeypatch.setenv("EVIDENCE_SETTINGS", str(tmp_path / "settings.toml"))
    monkeypatch.setenv("EVIDENCE_ACTOR", "custodian")


_SHARED = {"EVIDENCE_TESTDATA", "EVIDENCE_MODELS"}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line how many tests were left out for want of the test media."""
    left = [one for one in terminalreporter.stats.get("skipped", ()) if _NO_MEDIA in str(one.longrepr)]
    if left:
        terminalreporter.line(f"{len(left)} tests were left out: {_NO_MEDIA}")
