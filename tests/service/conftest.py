"""Small real material, and the command line as each person would call it."""

import io
import json
import math
import os
import shutil
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


def say(*argv: object, plain: bool = False) -> Said:
    """Call ``evidence`` in this process."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main([*map(str, argv), *([] if plain else ["--json"])])
    return Said(code=code, text=out.getvalue(), complaint=err.getvalue())


@pytest.fixture
def evidence(monkeypatch: pytest.MonkeyPatch) -> Evidence:
    """Call ``evidence`` with ``--json`` as a person."""

    def call(*argv: object, actor: str = "custodian", plain: bool = False) -> Said:
        monkeypatch.setenv("EVIDENCE_ACTOR", actor)
        return say(*argv, plain=plain)

    return call


def tone(file: Path, seconds: float = 1.0, hertz: float = 440.0) -> Path:
    """Write a sine: sound without speech."""
    with wave.open(str(file), "wb") as out:
        out.setparams((1, 2, 16000, 0, "NONE", ""))
        steps = range(int(seconds * 16000))
        samples = (int(3000 * math.sin(2 * math.pi * hertz * n / 16000)) for n in steps)
        out.writeframes(b"".join(one.to_bytes(2, "little", signed=True) for one in samples))
    return file


def make_material(folder: Path) -> Path:
    """Make a folder with a tone, its double, a text, an empty file and a picture with a position."""
    from PIL import Image

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


@pytest.fixture
def material(tmp_path: Path) -> Path:
    """Return a folder of small material."""
    return make_material(tmp_path / "material")


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """Process the material once for all tests; they work on copies of home and keys."""
    folder = tmp_path_factory.mktemp("once")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("HOME", "home"), ("KEYS", "keys"), ("SETTINGS", "settings.toml")):
            patch.setenv(f"EVIDENCE_{name}", str(folder / value))
        patch.setenv("EVIDENCE_ACTOR", "custodian")
        items = say("submit", make_material(folder / "material"), "--recursive", "--batch", "b1").json["items"]
        assert say("process", "b1").json["accounted"] == 5
    return folder, {Path(one["path"]).name: one["asset"] for one in items}


@pytest.fixture
def processed(once: tuple[Path, dict[str, str]], home: Path, tmp_path: Path) -> dict[str, str]:
    """Give this test a processed batch ``b1`` of its own; return asset ids by file name."""
    folder, assets = once
    shutil.copytree(folder / "home", home, symlinks=True)
    shutil.copytree(folder / "keys", tmp_path / "keys")
    return assets


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
