"""What the tests of engines share: the models of this checkout, and speech as raw sound."""

import wave
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline import weights
from pipeline.settings import Settings, read_settings

Sound = Callable[..., Path]


@pytest.fixture
def settings() -> Settings:
    return read_settings()


@pytest.fixture
def installed(settings: Settings) -> Callable[[str], weights.Installed]:
    """Give a model by name; the test is left out where its weights have not been fetched."""

    def give(name: str) -> weights.Installed:
        found = weights.find(settings.models, weights.cards(settings)[name])
        if found is None:
            pytest.skip(f"the weights of {name} are not here (evidence models fetch)")
        return found

    return give


@pytest.fixture
def sound(testdata: Path, tmp_path: Path) -> Sound:
    """Write clips of the test media one after another, with seconds of silence between, as 16 kHz mono s16le."""

    def write(*clips: str, pause: float = 1.0) -> Path:
        pcm = tmp_path / "sound.pcm"
        with pcm.open("wb") as out:
            for clip in clips:
                with wave.open(str(testdata / "speech" / clip)) as source:
                    assert (source.getframerate(), source.getnchannels(), source.getsampwidth()) == (16000, 1, 2)
                    out.write(source.readframes(source.getnframes()) + bytes(2 * int(16000 * pause)))
        return pcm

    return write
