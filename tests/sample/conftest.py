"""The sample media, built once and put once through the line."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sample_media.build import CACHE, OUT, build, handover, is_built, read_manifest, read_stamp

BATCH = "sample"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What the line said of the sample."""

    submitted: dict[str, Any]
    status: dict[str, Any]
    shown: dict[str, dict[str, Any]]
    """File → enriched document."""
    ask: Callable[..., Any]


@pytest.fixture(scope="session")
def manifest() -> dict[str, Any]:
    return read_manifest()


@pytest.fixture(scope="session")
def sample(manifest: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of built media: the checkout's own when it is whole, else one built here."""
    stamp = read_stamp(OUT)
    if handover(OUT).is_file() and all(is_built(item, OUT, stamp) for item in manifest["item"]):
        return OUT
    out = tmp_path_factory.mktemp("sample") / "media"
    build(manifest, out, CACHE)
    return out


@pytest.fixture(scope="session")
def line(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Line:
    """Submit and process the sample in a home of its own, through the command."""
    ask = _commands(tmp_path_factory.mktemp("home"))
    submitted = ask("submit", "--manifest", str(handover(sample)), "--batch", BATCH)
    ask("process", BATCH, allowed=(0, 1))
    shown = {Path(one["path"]).name: ask("show", one["asset"]) for one in submitted["items"]}
    return Line(submitted=submitted, status=ask("status", BATCH), shown=shown, ask=ask)


def _commands(folder: Path) -> Callable[..., Any]:
    env = {name: value for name, value in os.environ.items() if name in {"EVIDENCE_MODELS", "PATH", "LANG", "HOME"}}
    env |= {"EVIDENCE_HOME": str(folder / "home"), "EVIDENCE_KEYS": str(folder / "keys")}
    env |= {"EVIDENCE_SETTINGS": str(folder / "none.toml"), "EVIDENCE_ACTOR": "custodian"}

    def ask(*words: str, allowed: tuple[int, ...] = (0,)) -> Any:
        run = [sys.executable, "-c", "import sys; from pipeline.cli import main; sys.exit(main())"]
        root = Path(__file__).parents[2]
        ended = subprocess.run([*run, *words, "--json"], env=env, cwd=root, capture_output=True, text=True, check=False)
        if ended.returncode not in allowed or not ended.stdout:
            pytest.fail(f"{words[0]} ended with {ended.returncode}: {ended.stdout}{ended.stderr}")
        return json.loads(ended.stdout)

    return ask
