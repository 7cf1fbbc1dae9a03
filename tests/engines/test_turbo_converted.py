"""Whisper of large-v3-turbo's make in CTranslate2's format: what profile ``standard`` hears with on a processor."""

import json
from typing import Any

import numpy as np
import pytest

from pipeline.core.ports import Transcriber
from pipeline.engines.faster_whisper import FasterWhisper, Recogniser
from pipeline.engines.transformers_whisper import Recogniser as Uncompressed
from pipeline.weights import Card, Installed
from tests.engines.test_transformers_whisper import _sound, make_tiny

pytestmark = pytest.mark.slow

FILES = ("model.bin", "config.json", "tokenizer.json", "vocabulary.json")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return make_tiny(tmp_path_factory.mktemp("tiny"), positions=448)


@pytest.fixture(scope="module")
def converted(tiny: Installed, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The same tensors as a repository of faster-whisper holds them."""
    from ctranslate2.converters import TransformersConverter
    from transformers import PreTrainedTokenizerFast

    source = tiny.files["config.json"].parent

    class Converter(TransformersConverter):  # type: ignore[misc]  # (the library has no types)
        def load_tokenizer(self, *_: Any, **__: Any) -> Any:
            return PreTrainedTokenizerFast(tokenizer_file=str(source / "tokenizer.json"))

    into = tmp_path_factory.mktemp("converted") / "model"
    Converter(str(source), copy_files=["tokenizer.json"]).convert(str(into), quantization="float16")
    card = Card.model_validate({
        **tiny.card.model_dump(mode="json"), "weights": FILES[0],
        "adapters": {"faster-whisper": "pipeline.engines.faster_whisper:FasterWhisper"},
        "sources": [{"kind": "hub", "repo": "made/here", "revision": "0" * 40, "files": [
            {"name": name, "bytes": (into / name).stat().st_size, "sha256": "0" * 64, "parts": [{"path": name}]}
            for name in FILES
        ]}],
    })  # fmt: skip
    return Installed(card=card, source=card.sources[0], files={name: into / name for name in FILES})


def test_it_takes_the_mel_bands_of_the_weights(converted: Installed) -> None:
    recogniser = Recogniser(converted, 1)
    assert recogniser._model.n_mels == 128
    assert recogniser._features(_sound(2.0, 1)).shape == (128, 3000)
    assert len(json.loads(converted.files["vocabulary.json"].read_text(encoding="utf-8"))) > 1500


def test_it_hears_what_the_uncompressed_weights_hear(tiny: Installed, converted: Installed) -> None:
    here, there = Recogniser(converted, 1), Uncompressed(tiny, 1)
    sounds = [_sound(3.0 + seed, seed) for seed in range(3)]
    mine, theirs = here.encode(sounds), there.encode(sounds)
    for one, other in zip(mine, theirs, strict=True):
        a, b = np.ravel(np.asarray(one)), np.ravel(np.asarray(other))
        assert float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b))) > 0.99
    read = here.decode(mine, "fr", 1)
    assert read == here.decode(mine, "fr", 1)
    assert all(one.tokens[0] == other.tokens[0] for one, other in zip(read, there.decode(theirs, "fr", 1), strict=True))


def test_it_serves_the_port(converted: Installed) -> None:
    assert isinstance(FasterWhisper(converted, threads=1), Transcriber)
