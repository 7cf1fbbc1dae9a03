"""Registry: the lock decides which engine serves, its identity costs no model library, its bytes are checked."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import weights
from pipeline.core.ports import Geographer, SpeechFinder, Transcriber
from pipeline.engines.registry import maker_of, open_engine
from pipeline.errors import Misconfigured
from pipeline.settings import Settings

HEAVY = {"torch", "numpy", "ctranslate2", "faster_whisper", "onnxruntime", "whisper", "geopy", "reverse_geocode"}


@pytest.fixture
def lock(settings: Settings) -> weights.Lock:
    lock = weights.ensure_lock(settings)
    if set(lock.ports) < {"transcriber", "speech_finder", "geographer"}:
        pytest.skip("not every model is here (evidence models fetch)")
    return lock


@pytest.mark.usefixtures("lock")
def test_naming_the_makers_imports_no_model_library() -> None:
    code = (
        "import sys; from pipeline.core.ports import *; from pipeline import weights\n"
        "from pipeline.engines.registry import maker_of; from pipeline.settings import settings\n"
        "lock = weights.ensure_lock(settings())\n"
        "for port in (SpeechFinder, Transcriber, Geographer): maker_of(port, settings(), lock)\n"
        "print(*sys.modules)"
    )
    checkout = Path(__file__).resolve().parents[2]
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=checkout)
    assert not HEAVY & {name.partition(".")[0] for name in said.stdout.split()}


def test_a_loaded_engine_is_cited_as_it_was_announced(settings: Settings, lock: weights.Lock) -> None:
    for port in (SpeechFinder, Geographer):
        announced, loaded = maker_of(port, settings, lock), open_engine(port, settings, lock)
        assert isinstance(loaded, port)
        for name in ("engine", "model", "weights_sha256", "provenance", "parameters", "environment"):
            assert getattr(announced, name) == getattr(loaded, name)


def test_the_official_weights_are_what_is_cited(settings: Settings, lock: weights.Lock) -> None:
    cited = maker_of(Transcriber, settings, lock)
    assert cited.weights_sha256 in {
        "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
        "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57",
    }
    assert cited.provenance == "official-digest"


def test_without_weights_the_fix_is_named(settings: Settings, lock: weights.Lock, tmp_path: Path) -> None:
    bare = settings.model_copy(update={"models": tmp_path / "none"})
    for call in (maker_of, open_engine):
        with pytest.raises(Misconfigured) as caught:
            call(SpeechFinder, bare, lock)
        assert caught.value.code == "E-CONF-004"
        assert "models fetch" in caught.value.next


def test_a_changed_model_is_not_loaded(settings: Settings, lock: weights.Lock, tmp_path: Path) -> None:
    folder = tmp_path / "models" / "silero-vad"
    folder.mkdir(parents=True)
    name = "silero_vad_16k_sequence.onnx"
    data = bytearray((settings.models / "silero-vad" / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)
    with pytest.raises(Misconfigured, match=name) as caught:
        open_engine(SpeechFinder, settings.model_copy(update={"models": tmp_path / "models"}), lock)
    assert caught.value.code == "E-CONF-005"


def test_settings_that_want_another_adapter_than_the_lock_are_not_passed_over(
    settings: Settings, lock: weights.Lock
) -> None:
    other = settings.model_copy(update={"transcriber": "openai-whisper"})
    with pytest.raises(Misconfigured, match="openai-whisper"):
        maker_of(Transcriber, other, lock)
    assert maker_of(Transcriber, settings, lock, adapter="openai-whisper").engine == "openai-whisper"
    resolved, (change,) = weights.resolve(other)
    assert (change.port, maker_of(Transcriber, other, resolved).engine) == ("transcriber", "openai-whisper")
