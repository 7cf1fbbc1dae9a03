"""GPU: how fast a large Whisper listens there, through our own adapter, with weights drawn at random."""

import time
from pathlib import Path
from typing import Any

from bench.figure import Figure, NotMeasured
from pipeline import weights
from pipeline.engines import transformers_whisper as adapter
from pipeline.settings import read_settings

_BATCH = 128
_WINDOW_SECONDS = 30.0
_ROUNDS = 4
_BAR = 2500.0
_TOKENS = 100
"""How many tokens a window of speech has, with its timestamps."""


def measure(place: Path) -> list[Figure]:
    """Measure a model of large-v3-turbo's shape, 128 windows at a time: features, encoder and decoder."""
    import torch

    if not torch.cuda.is_available():
        raise NotMeasured("no GPU here")
    recogniser = _recogniser(place)
    windows = [_noise(number) for number in range(_BATCH)]
    _hear(recogniser, windows)
    start = time.perf_counter()
    for _ in range(_ROUNDS):
        _hear(recogniser, windows)
    torch.cuda.synchronize()
    spent = time.perf_counter() - start
    return [
        Figure(
            name="large-v3-turbo's shape on a GPU", peer_is="what was asked for", peer=_BAR, bar=1.0,
            unit="x real time",
            ours=_BATCH * _WINDOW_SECONDS * _ROUNDS / spent, notes=torch.cuda.get_device_name(),
        )
    ]  # fmt: skip


def _hear(recogniser: Any, windows: list[Any]) -> None:
    recogniser.decode(recogniser.encode(windows), "en", 1)


def _noise(number: int) -> Any:
    import numpy as np

    return np.random.default_rng(number).standard_normal(480_000).astype(np.float32)


def _recogniser(place: Path) -> Any:
    """Write a model of that shape as transformers does, and open it as the adapter does."""
    import torch
    from transformers import GenerationConfig, WhisperConfig, WhisperForConditionalGeneration

    settings = read_settings()
    base = weights.require(settings.models, weights.cards(settings)["whisper-base"])
    config = WhisperConfig(
        vocab_size=51_866, num_mel_bins=128, d_model=1280, encoder_layers=32, decoder_layers=4,
        encoder_attention_heads=20, decoder_attention_heads=20, encoder_ffn_dim=5120, decoder_ffn_dim=5120,
        # A model without sense never ends its text: it is stopped where speech would have.
        max_target_positions=_TOKENS,
    )  # fmt: skip
    with torch.device("cuda"):
        model = WhisperForConditionalGeneration(config).half()
    model.generation_config = GenerationConfig(lang_to_id={"<|en|>": 50_259}, suppress_tokens=[])
    model.save_pretrained(place)
    (place / "tokenizer.json").write_bytes(base.files["tokenizer.json"].read_bytes())
    card = weights.cards(settings)["whisper-large-v3-turbo-torch"]
    files = {one.name: place / one.name for one in card.sources[0].files}
    here = weights.Installed(card=card, source=card.sources[0], files=files)
    return adapter.Recogniser(here, 1, on="cuda")
