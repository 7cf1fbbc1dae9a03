import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.settings import Settings, read_settings
from pipeline.tools import Tools, open_tools

Make = Callable[..., Path]


@pytest.fixture
def settings() -> Settings:
    return read_settings()


@pytest.fixture
def tools(settings: Settings) -> Tools:
    return open_tools(settings)


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Make a media file with a command line of ffmpeg."""

    def run(name: str, *options: str) -> Path:
        path = tmp_path / name
        command = ["ffmpeg", "-nostdin", "-v", "error", "-y", *options, "-bitexact", f"file:{path}"]
        subprocess.run(command, check=True, capture_output=True)
        return path

    return run
