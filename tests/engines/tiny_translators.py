"""Tiny translation models in the real file formats: random weights, real tokenizer files trained on a few sentences."""

import json
from pathlib import Path
from typing import Any

SAID = [
    "Die Soldaten kamen um neun Uhr in das Dorf.", "Der Raum wurde als Leichenhalle genutzt.",
    "Les soldats sont arrivés au village à neuf heures.", "The soldiers came to the village at nine o'clock.",
    "The room was used as a mortuary.", "وصل الجنود إلى القرية في الساعة التاسعة.", "استخدمت الغرفة مشرحة.",
    "Askerler saat dokuzda köye geldi.", "Leşker saet neh hatin gund.", "سەربازەکان کاتژمێر نۆ گەیشتنە گوندەکە.",
]  # fmt: skip


def _train(folder: Path, name: str) -> Path:
    import sentencepiece

    text = folder / "said.txt"
    text.write_text("\n".join(SAID * 4), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(text), model_prefix=str(folder / name), vocab_size=220, model_type="bpe", character_coverage=1.0,
        bos_id=0, eos_id=2, unk_id=1, pad_id=-1, minloglevel=2,
    )  # fmt: skip
    text.unlink()
    (folder / f"{name}.vocab").unlink()
    return folder / f"{name}.model"


def _pieces(model: Path) -> list[str]:
    import sentencepiece

    read = sentencepiece.SentencePieceProcessor(model_file=str(model))
    return [read.id_to_piece(number) for number in range(read.get_piece_size())]


def _save(model: Any, folder: Path) -> None:
    import torch

    # Larger weights than a fresh model's: its choices must be clear, not ties.
    with torch.no_grad():
        for one in model.parameters():
            one.mul_(8 if one.dim() > 1 else 1)
    model.eval().save_pretrained(folder, safe_serialization=True)


def marian(folder: Path) -> Path:
    """Make what an OPUS-MT repository holds."""
    import torch
    from transformers import MarianConfig, MarianMTModel

    folder.mkdir()
    spm = _train(folder, "source")
    (folder / "target.spm").write_bytes(spm.read_bytes())
    spm.rename(folder / "source.spm")
    words = [one for one in _pieces(folder / "source.spm") if one not in {"<s>", "</s>", "<unk>"}]
    vocab = {one: number for number, one in enumerate(["</s>", "<unk>", *words, "<pad>"])}
    (folder / "vocab.json").write_text(json.dumps(vocab), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps({
        "source_lang": "de", "target_lang": "en", "tokenizer_class": "MarianTokenizer", "model_max_length": 512,
    }))  # fmt: skip
    torch.manual_seed(1)
    pad = len(vocab) - 1
    _save(MarianMTModel(MarianConfig(
        vocab_size=len(vocab), d_model=32, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4,
        decoder_attention_heads=4, encoder_ffn_dim=64, decoder_ffn_dim=64, max_position_embeddings=512,
        pad_token_id=pad, eos_token_id=0, decoder_start_token_id=pad, forced_eos_token_id=0, bad_words_ids=[[pad]],
        scale_embedding=True,
        activation_function="swish", static_position_embeddings=True,
    )), folder)  # fmt: skip
    return folder


def _shared(folder: Path, tokens: int, words: int) -> None:
    import torch
    from transformers import M2M100Config, M2M100ForConditionalGeneration

    torch.manual_seed(2)
    model = M2M100ForConditionalGeneration(M2M100Config(
        vocab_size=tokens, d_model=32, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4,
        decoder_attention_heads=4, encoder_ffn_dim=64, decoder_ffn_dim=64, max_position_embeddings=512, pad_token_id=1,
        bos_token_id=0, eos_token_id=2, decoder_start_token_id=2, encoder_layerdrop=0.0, decoder_layerdrop=0.0,
    ))  # fmt: skip
    with torch.no_grad():  # it would say nothing but names of languages, of which it has as many as words
        model.model.shared.weight[words:] *= 0.1
    _save(model, folder)


def m2m100(folder: Path) -> Path:
    """Make what an M2M100 repository holds."""
    from transformers import M2M100Tokenizer

    folder.mkdir()
    spm = _train(folder, "sentencepiece.bpe")
    words = [one for one in _pieces(spm) if one not in {"<s>", "</s>", "<unk>"}]
    vocab = {one: number for number, one in enumerate(["<s>", "<pad>", "</s>", "<unk>", *words])}
    (folder / "vocab.json").write_text(json.dumps(vocab), encoding="utf-8")
    made = M2M100Tokenizer(vocab_file=str(folder / "vocab.json"), spm_file=str(spm))
    made.save_pretrained(folder)
    _shared(folder, len(vocab) + 100 + 8, len(vocab))
    return folder


def nllb(folder: Path) -> Path:
    """Make what an NLLB repository holds."""
    from tokenizers import SentencePieceBPETokenizer
    from transformers import NllbTokenizer

    folder.mkdir()
    trained = SentencePieceBPETokenizer()
    trained.train_from_iterator(
        SAID * 4, vocab_size=260, special_tokens=["<s>", "<pad>", "</s>", "<unk>"], show_progress=False
    )
    state = json.loads(trained.to_str())["model"]
    made = NllbTokenizer(vocab=state["vocab"], merges=[tuple(one) for one in state["merges"]])
    made.save_pretrained(folder)
    _shared(folder, len(made), len(state["vocab"]))
    return folder


def convert(folder: Path, into: Path) -> Path:
    """Convert a model to CTranslate2's format, the tokenizer's files beside it."""
    from ctranslate2.converters import TransformersConverter

    class Converter(TransformersConverter):  # type: ignore[misc]  # (the library has no types)
        def load_tokenizer(self, tokenizer_class: Any, model_name_or_path: str, **kwargs: Any) -> Any:
            made = super().load_tokenizer(tokenizer_class, model_name_or_path, **kwargs)
            languages = list(getattr(made, "lang_token_to_id", ()))
            if languages:  # the converter asks for them under the name that transformers 4 had for them
                named = {**made.special_tokens_map, "additional_special_tokens": languages}
                made.__class__ = type("Named", (type(made),), {"special_tokens_map": named})
            return made

    names = [one.name for one in folder.iterdir() if one.name not in {"config.json", "generation_config.json"}]
    spelled = [one for one in names if not one.startswith("model.")]
    Converter(str(folder), copy_files=spelled).convert(str(into), quantization="float32")
    return into
