"""A film whose picture cannot be decoded: its sound is heard, and nobody says that it has no picture."""

import subprocess
from pathlib import Path

import pytest

from pipeline.core.model import Outcome
from tests.stages.conftest import Line

pytestmark = pytest.mark.slow

LOOKERS = ("detect", "read_text", "screen", "tag")


@pytest.fixture
def dark(tmp_path: Path) -> Path:
    """A film whose sound is whole and of whose picture every packet was overwritten."""
    whole, file = tmp_path / "whole.mp4", tmp_path / "dark.mp4"
    inputs = ["-f", "lavfi", "-i", "testsrc=s=320x240:d=2", "-f", "lavfi", "-i", "sine=d=2"]
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", *inputs, "-c:v", "libx264", "-c:a", "aac", whole], check=True)
    wanted = ["-select_streams", "v", "-show_entries", "packet=pos,size", "-of", "csv=p=0"]
    told = subprocess.run(["ffprobe", "-v", "error", *wanted, whole], check=True, capture_output=True, text=True).stdout
    data = bytearray(whole.read_bytes())
    for size, at in (map(int, line.split(",")[:2]) for line in told.split()):
        data[at : at + size] = bytes(size)
    file.write_bytes(data)
    return file


def test_what_nobody_could_see_is_refused_by_all_who_look(line: Line, dark: Path) -> None:
    found = line.run(dark, *LOOKERS, "extract_audio")

    assert found["extract_audio"].outcome is Outcome.DONE
    assert {(found[name].outcome, found[name].code) for name in LOOKERS} == {(Outcome.REFUSED, "E-MEDIA-002")}
