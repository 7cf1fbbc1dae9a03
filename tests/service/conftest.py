"""Small real material, and the command line as each person would call it."""

import io
import json
import math
import os
import wave
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import main


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a command answered."""

    code: int
    text: str
    complaint: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


Evidence = Callable[..., Said]


@pytest.fixture
def evidence(monkeypatch: pytest.MonkeyPatch) -> Evidence:
    """Call ``evidence`` with ``--json`` as a person."""

    def call(*argv: object, actor: str = "custodian", plain: bool = False) -> Said:
        monkeypatch.setenv("EVIDENCE_ACTOR", actor)
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = main([*map(str, argv), *([] if plain else ["--json"])])
        return Said(code=code, text=out.getvalue(), complaint=err.getvalue())

    return call


def tone(file: Path, seconds: float = 1.0, hertz: float = 440.0) -> Path:
    """Write a sine: sound without speech."""
    with wave.open(str(file), "wb") as out:
        out.setparams((1, 2, 16000, 0, "NONE", ""))
        steps = range(int(seconds * 16000))
        samples = (int(3000 * math.sin(2 * math.pi * hertz * n / 16000)) for n in steps)
        out.writeframes(b"".join(one.to_bytes(2, "little", signed=True) for one in samples))
    return file


@pytest.fixture
def material(tmp_path: Path) -> Path:
    """A folder with a tone, its double, a text, an empty file and a picture with a position."""
    from PIL import Image

    folder = tmp_path / "material"
    folder.mkdir()
    tone(folder / "tone.wav")
    (folder / "double.wav").write_bytes((folder / "tone.wav").read_bytes())
    (folder / "note.txt").write_text("not media", encoding="utf-8")
    (folder / "empty.mp4").touch()
    exif = Image.Exif()
    place = exif.get_ifd(0x8825)
    place.update({1: "N", 2: (36.0, 11.0, 56.76), 3: "E", 4: (37.0, 9.0, 45.72)})
    Image.new("RGB", (64, 48), "green").save(folder / "place.jpg", exif=exif)
    return folder


def vault_bytes(home: Path) -> dict[str, bytes]:
    """Return every file of the vault's objects and registers."""
    found = {}
    for root in ("objects", "registers"):
        for file in sorted((home / "vault" / root).rglob("*")):
            if file.is_file():
                found[str(file.relative_to(home))] = file.read_bytes()
    return found


@pytest.fixture
def home() -> Path:
    """Where the state of this test lives."""
    return Path(os.environ["EVIDENCE_HOME"])
