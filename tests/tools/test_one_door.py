"""Only the sandbox starts programs: by the source, and by what Python announces while it runs."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
DOOR = "pipeline/tools/sandbox.py"
ITS_OTHER_SIDE = "pipeline/tools/landlocked.py"
"""Runs behind the door, shut in, and becomes the program."""

MODULES = frozenset(
    {"subprocess", "multiprocessing", "pty", "_posixsubprocess", "commands", "pexpect", "sh", "billiard"}
)
OS_CALLS = ("system", "popen", "exec", "spawn", "posix_spawn", "fork", "startfile")
ELSEWHERE = frozenset({"create_subprocess_exec", "create_subprocess_shell", "ProcessPoolExecutor", "load_audio"})
LIBRARY = frozenset({"ffmpeg.run", "ffmpeg.run_async", "ffmpeg.probe"})


def starts(source: str) -> Iterator[str]:
    """Yield each place of a source text that starts a program, or brings in what does."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (f"{node.lineno}: import {one.name}" for one in node.names if _root(one.name) in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for one in node.names:
                by_name = node.module == "os" and one.name.startswith(OS_CALLS)
                if _root(node.module) in MODULES or by_name or one.name in ELSEWHERE:
                    yield f"{node.lineno}: from {node.module} import {one.name}"
        elif isinstance(node, ast.Attribute):
            of_os = isinstance(node.value, ast.Name) and node.value.id == "os" and node.attr.startswith(OS_CALLS)
            if of_os or node.attr in ELSEWHERE:
                yield f"{node.lineno}: {ast.unparse(node)}"
        elif (
            isinstance(node, ast.Call) and (library := ast.unparse(node.func)) in LIBRARY and "import ffmpeg" in source
        ):
            yield f"{node.lineno}: {library}"


def _root(module: str) -> str:
    return module.partition(".")[0]


def test_no_other_source_file_starts_a_program() -> None:
    found = {
        str(file.relative_to(CHECKOUT)): places
        for file in sorted((CHECKOUT / "pipeline").rglob("*.py"))
        if (places := list(starts(file.read_text(encoding="utf-8"))))
        and not (file.match(DOOR) or file.match(ITS_OTHER_SIDE))
    }
    assert not found


def test_the_door_itself_is_seen() -> None:
    """The search would be worthless if it did not find what is surely there."""
    assert list(starts((CHECKOUT / DOOR).read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "source",
    [
        "import subprocess",
        "import subprocess as s",
        "from subprocess import run",
        "def f():\n    import multiprocessing.pool",
        "import os\nos.system('x')",
        "import os\nos.execvp('x', [])",
        "import os\nos.posix_spawn('x', [], {})",
        "from os import popen",
        "import pty",
        "import asyncio\nasyncio.create_subprocess_exec('x')",
        "from concurrent.futures import ProcessPoolExecutor",
        "import ffmpeg\nffmpeg.probe('x')",
        "import whisper\nwhisper.load_audio('x')",
    ],
)
def test_every_way_to_start_a_program_is_found(source: str) -> None:
    assert list(starts(source))


@pytest.fixture
def small_project(tmp_path: Path) -> Path:
    """A package of the same name whose tests run under the same watch."""
    for package in ("pipeline", "pipeline/tools", "tests", "tests/plugins"):
        (tmp_path / package).mkdir()
    for package in ("pipeline", "pipeline/tools"):
        (tmp_path / package / "__init__.py").touch()
    watch = (CHECKOUT / "tests/plugins/door.py").read_text(encoding="utf-8")
    (tmp_path / "tests/plugins/door.py").write_text(watch, encoding="utf-8")
    (tmp_path / "tests/conftest.py").write_text('pytest_plugins = ["tests.plugins.door"]\n', encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\npythonpath = ["."]\naddopts = ["--import-mode=importlib"]\n',
        encoding="utf-8",
    )
    return tmp_path


def run_tests(project: Path) -> "subprocess.CompletedProcess[str]":
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_", "COVERAGE_"))}
    clean["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "tests"],
        cwd=project,
        env=clean,
        capture_output=True,
        text=True,
        check=False,
    )


STARTS_ONE = "import subprocess\ndef work():\n    subprocess.run(['true'], check=True)\n"


def test_a_start_past_the_door_fails_the_whole_run(small_project: Path) -> None:
    (small_project / "pipeline/stage.py").write_text(
        # Swallowing the error of a library's start would not hide it.
        "def work():\n    import library\n    library.work()\n",
        encoding="utf-8",
    )
    (small_project / "library.py").write_text(STARTS_ONE, encoding="utf-8")
    (small_project / "tests/test_it.py").write_text(
        "def test_it():\n    from pipeline import stage\n    stage.work()\n"
    )
    done = run_tests(small_project)
    assert done.returncode == 1, done.stdout
    assert "1 passed" in done.stdout
    assert "from pipeline.stage:3" in done.stdout


def test_the_door_and_the_tests_own_programs_pass(small_project: Path) -> None:
    (small_project / "pipeline/tools/sandbox.py").write_text(STARTS_ONE, encoding="utf-8")
    (small_project / "pipeline/stage.py").write_text("from pipeline.tools.sandbox import work\n", encoding="utf-8")
    (small_project / "tests/test_it.py").write_text(
        "import subprocess\nfrom pipeline import stage\ndef test_it():\n    stage.work()\n    subprocess.run('true')\n"
    )
    done = run_tests(small_project)
    assert done.returncode == 0, done.stdout
