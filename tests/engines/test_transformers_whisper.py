"""Whisper through transformers: the real file format, the library's own readings, and the words that were said."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.core.ports import Region, Transcriber
from pipeline.engines.ct2 import read_whisper
from pipeline.engines.transformers_whisper import Recogniser, TransformersWhisper
from pipeline.errors import Misconfigured
from pipeline.weights import Card, Installed
from tests.engines.conftest import Sound

LANGUAGES = ("en", "fr", "de", "ar")
SPECIAL = ("<|endoftext|>", "<|startoftranscript|>", *(f"<|{one}|>" for one in LANGUAGES), "<|translate|>",
           "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>")  # fmt: skip
TIMES = tuple(f"<|{number * 0.02:.2f}|>" for number in range(1501))
FILES = ("model.safetensors", "config.json", "generation_config.json", "tokenizer.json")


def _tokenizer(folder: Path) -> dict[str, int]:
    """Write a byte-level tokenizer of Whisper's shape; return its special tokens."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    made = Tokenizer(models.BPE(vocab={letter: number for number, letter in enumerate(letters)}, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens([AddedToken(one, special=True) for one in SPECIAL])
    made.add_tokens([AddedToken(one) for one in TIMES])
    made.save(str(folder / "tokenizer.json"))
    ids = made.get_vocab(with_added_tokens=True)
    return {one: ids[one] for one in (*SPECIAL, *TIMES)}


def _rules(ids: dict[str, int], **more: Any) -> Any:
    from transformers import GenerationConfig

    return GenerationConfig(
        is_multilingual=True, lang_to_id={f"<|{one}|>": ids[f"<|{one}|>"] for one in LANGUAGES},
        task_to_id={"transcribe": ids["<|transcribe|>"], "translate": ids["<|translate|>"]},
        no_timestamps_token_id=ids["<|notimestamps|>"], max_initial_timestamp_index=50, max_length=40,
        eos_token_id=ids["<|endoftext|>"], pad_token_id=ids["<|endoftext|>"],
        decoder_start_token_id=ids["<|startoftranscript|>"],
        suppress_tokens=list(range(ids["<|startoftranscript|>"], ids["<|notimestamps|>"] + 1)),
        alignment_heads=[[0, 1], [1, 0]], **more,
    )  # fmt: skip


def _installed(folder: Path) -> Installed:
    card = Card.model_validate({
        "name": "tiny", "port": "transcriber", "about": "made by a test", "profiles": ["standard"], "licence": "none",
        "provenance": "pinned-unverified", "memory_bytes": 1, "weights": FILES[0], "transcription": {"en": "usable"},
        "adapters": {"transformers": "pipeline.engines.transformers_whisper:TransformersWhisper"},
        "sources": [{"kind": "hub", "repo": "made/here", "revision": "0" * 40, "files": [
            {"name": name, "bytes": (folder / name).stat().st_size, "sha256": "0" * 64, "parts": [{"path": name}]}
            for name in FILES
        ]}],
    })  # fmt: skip
    return Installed(card=card, source=card.sources[0], files={name: folder / name for name in FILES})


@pytest.fixture
def tiny(tmp_path: Path) -> Installed:
    return make_tiny(tmp_path)


def make_tiny(folder: Path, positions: int = 40) -> Installed:
    """Make a Whisper of large-v3-turbo's make (128 mels) and hardly any size, saved as transformers saves it."""
    import torch
    from transformers import WhisperConfig, WhisperForConditionalGeneration

    torch.manual_seed(5)
    ids = _tokenizer(folder)
    config = WhisperConfig(
        vocab_size=len(ids) + 256, num_mel_bins=128, d_model=64, encoder_layers=2, decoder_layers=2,
        encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=128, decoder_ffn_dim=128,
        max_target_positions=positions, decoder_start_token_id=ids["<|startoftranscript|>"], init_std=0.3,
        pad_token_id=ids["<|endoftext|>"], bos_token_id=ids["<|endoftext|>"], eos_token_id=ids["<|endoftext|>"],
    )  # fmt: skip
    model = WhisperForConditionalGeneration(config)
    model.generation_config = _rules(ids)
    model.save_pretrained(folder)
    return _installed(folder)


def _sound(seconds: float, seed: int) -> Any:
    return (0.1 * np.random.default_rng(seed).standard_normal(int(seconds * 16000))).astype(np.float32)


def test_it_serves_the_port_and_cites_how_it_computes(tiny: Installed) -> None:
    engine = TransformersWhisper(tiny, threads=1)
    assert isinstance(engine, Transcriber)
    assert (engine.engine, engine.parameters["precision"], engine.parameters["device"]) == (
        "transformers-whisper", "float32", "cpu"
    )  # fmt: skip


def test_features_are_those_of_the_library(tiny: Installed) -> None:
    from transformers import WhisperFeatureExtractor

    sound = _sound(3.0, 1)
    theirs = WhisperFeatureExtractor(feature_size=128)(sound, sampling_rate=16000, return_tensors="np").input_features
    assert np.allclose(Recogniser(tiny, 1)._features([sound]).numpy(), theirs, atol=1e-3)


def test_it_writes_what_the_library_writes(tiny: Installed) -> None:
    import torch

    recogniser = Recogniser(tiny, 1)
    for seed in range(3):
        sound = _sound(5.0, seed)
        (reading,) = recogniser.decode(recogniser.encode([sound]), "fr", 1)
        with torch.inference_mode():
            theirs = recogniser._model.generate(
                recogniser._features([sound]), generation_config=recogniser._rules, language="fr", task="transcribe",
                return_timestamps=True, do_sample=False, num_beams=1,
            )[0].tolist()  # fmt: skip
        eot, begin = recogniser.tokens("fr").eot, recogniser.tokens("fr").timestamp_begin
        text = [one for one in theirs if one < eot or one >= begin]
        # The library then starts again from its last time; what it wrote in one go is what there is to compare.
        again = next((n for n, one in enumerate(text) if begin <= one < max(text[:n], default=0)), len(text))
        assert again >= 10
        assert list(reading.tokens)[:again] == text[:again]
        assert reading.tokens
        assert -20 < reading.log_probability < 0 <= reading.no_speech <= 1


def test_a_window_does_not_depend_on_its_company(tiny: Installed) -> None:
    recogniser = Recogniser(tiny, 1)
    sounds = [_sound(2.0 + seed, seed) for seed in range(3)]
    together = recogniser.encode(sounds)
    alone = [recogniser.encode([one])[0] for one in sounds]
    assert recogniser.decode(together, "en", 1) == [recogniser.decode([one], "en", 1)[0] for one in alone]
    assert recogniser.tongues(together) == [recogniser.tongues([one])[0] for one in alone]


def test_languages_and_words_have_their_place(tiny: Installed, tmp_path: Path) -> None:
    pcm = tmp_path / "noise.pcm"
    pcm.write_bytes((_sound(9.0, 4) * 32767).astype("<i2").tobytes())
    engine = TransformersWhisper(tiny, threads=1)
    regions = (Region(start=0.5, end=4.0), Region(start=6.0, end=9.0))
    (tongue,) = engine.languages(pcm, regions)
    assert {name for name, _ in tongue.candidates} <= {*LANGUAGES}
    assert sum(share for _, share in tongue.candidates) == pytest.approx(1.0, abs=0.01)
    heard = engine.transcribe(pcm, regions, "en")
    assert heard == engine.transcribe(pcm, regions, "en")
    for one in (word for passage in heard for word in passage.words):
        assert any(region.start - 0.01 <= one.start <= one.end <= region.end + 0.01 for region in regions)


def test_other_tensors_are_refused(tiny: Installed) -> None:
    from safetensors.torch import load_file, save_file

    file = tiny.files["model.safetensors"]
    tensors = load_file(file)
    save_file({name: one for name, one in tensors.items() if "encoder.conv1" not in name}, file)
    with pytest.raises(Misconfigured, match="not those"):
        TransformersWhisper(tiny)


def test_without_named_heads_there_are_no_words_and_no_invented_times(tiny: Installed, tmp_path: Path) -> None:
    rules = json.loads(tiny.files["generation_config.json"].read_text())
    del rules["alignment_heads"]
    tiny.files["generation_config.json"].write_text(json.dumps(rules))
    pcm = tmp_path / "noise.pcm"
    pcm.write_bytes((_sound(4.0, 4) * 32767).astype("<i2").tobytes())
    heard = TransformersWhisper(tiny, threads=1).transcribe(pcm, (Region(start=0, end=4.0),), "en")
    assert all(one.words == () for one in heard)


_PARTS = (
    (r"^(encoder|decoder)\.", r"model.\1."), (r"\.blocks\.", ".layers."),
    (r"positional_embedding$", "embed_positions.weight"),
    (r"token_embedding", "embed_tokens"), (r"\.cross_attn\.", ".encoder_attn."), (r"\.attn\.", ".self_attn."),
    (r"\.cross_attn_ln\.", ".encoder_attn_layer_norm."), (r"\.attn_ln\.", ".self_attn_layer_norm."),
    (r"\.mlp_ln\.", ".final_layer_norm."), (r"\.mlp\.0\.", ".fc1."), (r"\.mlp\.2\.", ".fc2."),
    (r"\.query\.", ".q_proj."), (r"\.key\.", ".k_proj."), (r"\.value\.", ".v_proj."), (r"\.out\.", ".out_proj."),
    (r"coder\.ln_post\.", "coder.layer_norm."), (r"coder\.ln\.", "coder.layer_norm."),
)  # fmt: skip


@pytest.mark.slow
def test_real_weights_in_this_format_hear_what_was_said(
    installed: Callable[[str], Installed], sound: Sound, tmp_path: Path
) -> None:
    """The tensors of the embedded model, saved as transformers would, are read as well as there."""
    import torch
    from safetensors.torch import save_file
    from transformers import WhisperConfig

    here = installed("whisper-base")
    size, tensors = read_whisper(here.files["model.bin"])
    named = {}
    for name, tensor in tensors.items():
        for old, new in _PARTS:
            name = re.sub(old, new, name)  # noqa: PLW2901  # renamed step by step
        named[name] = torch.from_numpy(tensor.astype("float32"))
    save_file(named, tmp_path / "model.safetensors")
    WhisperConfig(
        vocab_size=size["n_vocab"], d_model=size["n_audio_state"], encoder_layers=6, decoder_layers=6,
        encoder_attention_heads=8, decoder_attention_heads=8, encoder_ffn_dim=2048, decoder_ffn_dim=2048,
    ).save_pretrained(tmp_path)  # fmt: skip
    (tmp_path / "tokenizer.json").write_bytes(here.files["tokenizer.json"].read_bytes())
    from tokenizers import Tokenizer

    ids = Tokenizer.from_file(str(tmp_path / "tokenizer.json")).get_vocab(with_added_tokens=True)
    rules = _rules(ids).to_dict()
    rules["alignment_heads"] = json.loads(here.files["config.json"].read_text())["alignment_heads"]
    (tmp_path / "generation_config.json").write_text(json.dumps(rules))
    engine = TransformersWhisper(_installed(tmp_path), threads=2)
    pcm, regions = sound("en/jfk_16k.wav"), (Region(start=0.0, end=11.0),)
    assert engine.languages(pcm, regions)[0].candidates[0][0] == "en"
    heard = engine.transcribe(pcm, regions, "en")
    said = " ".join(re.findall(r"\w+", " ".join(one.text for one in heard).lower()))
    assert "ask not what your country can do for you ask what you can do for your country" in said
    times = {word.text.strip(",.").lower(): word for one in heard for word in one.words}
    assert 3.0 < times["not"].start < 5.0
    assert times["fellow"].start < times["americans"].end < 2.8
