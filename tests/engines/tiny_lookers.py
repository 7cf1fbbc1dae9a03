"""Tiny models of pictures, random but real: made with the library's own classes, saved in the published form."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from pipeline.core.ports import Pixels
from pipeline.weights import Card, Installed

PICTURES = np.random.default_rng(5)
MEAN, SPREAD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def picture(width: int = 96, height: int = 64, seed: int = 1) -> Pixels:
    """Blocks of colour, so that a resize loses little."""
    blocks = np.random.default_rng(seed).integers(0, 255, (height // 16, width // 16, 3), np.uint8)
    made: Pixels = blocks.repeat(16, 0).repeat(16, 1)
    return made


def installed(folder: Path, port: str, adapter: str, **options: Any) -> Installed:
    """The files of a folder as a card would name them."""
    names = sorted(one.name for one in folder.iterdir())
    files = [
        {"name": name, "bytes": (folder / name).stat().st_size, "sha256": "0" * 64, "parts": [{"path": name}]}
        for name in names
    ]
    source = {"kind": "hub", "repo": "people/tiny", "revision": "0" * 40, "files": files}
    card = Card.model_validate(
        {
            "name": "tiny", "port": port, "about": "Random numbers.", "adapters": {"tiny": adapter},
            "profiles": ["standard"], "provenance": "pinned-unverified", "licence": "none", "memory_bytes": 1,
            "weights": "model.safetensors", "options": {"vocabulary": "1", **options}, "sources": [source],
        }
    )  # fmt: skip
    return Installed(card=card, source=card.sources[0], files={name: folder / name for name in names})


def _save(model: Any, folder: Path, recipe: Mapping[str, Any]) -> Path:
    folder.mkdir()
    model.eval().save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(recipe))
    return folder


RT_DETR_RECIPE = {
    "do_resize": True, "size": {"height": 64, "width": 64}, "resample": 2, "do_rescale": True,
    "rescale_factor": 1 / 255, "do_normalize": False, "image_mean": MEAN, "image_std": SPREAD, "do_pad": False,
}  # fmt: skip

DETR_RECIPE = {
    "do_resize": True, "size": {"shortest_edge": 48, "longest_edge": 80}, "do_rescale": True, "do_normalize": True,
    "image_mean": MEAN, "image_std": SPREAD, "do_pad": True,
}  # fmt: skip

CLIP_RECIPE = {
    "do_resize": True, "size": {"shortest_edge": 32}, "resample": 3, "do_center_crop": True,
    "crop_size": {"height": 32, "width": 32}, "do_rescale": True, "do_normalize": True, "image_mean": MEAN,
    "image_std": SPREAD, "do_convert_rgb": True,
}  # fmt: skip

SIGLIP_RECIPE = {
    "do_resize": True, "size": {"height": 32, "width": 32}, "resample": 3, "do_rescale": True,
    "rescale_factor": 1 / 255, "do_normalize": True, "image_mean": [0.5] * 3, "image_std": [0.5] * 3,
}  # fmt: skip

_LABELS = {0: "person", 1: "truck", 2: "knife"}


def rt_detr(folder: Path) -> Path:
    from transformers import RTDetrConfig, RTDetrForObjectDetection, RTDetrResNetConfig

    torch.manual_seed(3)
    back = RTDetrResNetConfig(
        embedding_size=8, hidden_sizes=[8, 16, 16, 16], depths=[1, 1, 1, 1], layer_type="basic",
        out_features=["stage2", "stage3", "stage4"],
    )  # fmt: skip
    config = RTDetrConfig(
        backbone_config=back, encoder_hidden_dim=16, encoder_in_channels=[16, 16, 16], d_model=16, num_queries=12,
        decoder_in_channels=[16, 16, 16], decoder_layers=1, decoder_attention_heads=2, encoder_attention_heads=2,
        encoder_ffn_dim=16, decoder_ffn_dim=16, id2label=_LABELS, label2id={v: k for k, v in _LABELS.items()},
    )  # fmt: skip
    return _save(RTDetrForObjectDetection(config), folder, RT_DETR_RECIPE)


def detr(folder: Path) -> Path:
    from transformers import DetrConfig, DetrForObjectDetection, ResNetConfig

    torch.manual_seed(4)
    back = ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 8, 8, 16], depths=[1, 1, 1, 1], layer_type="basic", out_features=["stage4"]
    )
    config = DetrConfig(
        use_timm_backbone=False, backbone=None, use_pretrained_backbone=False, backbone_config=back, d_model=16,
        encoder_layers=1, decoder_layers=1, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=16,
        decoder_ffn_dim=16, num_queries=10, id2label=_LABELS, label2id={v: k for k, v in _LABELS.items()},
    )  # fmt: skip
    return _save(DetrForObjectDetection(config), folder, DETR_RECIPE)


def clip(folder: Path) -> Path:
    from transformers import CLIPConfig, CLIPModel, CLIPTokenizer

    torch.manual_seed(6)
    letters = [*"abcdefghijklmnopqrstuvwxyz0123456789.,-"]
    tokens = [*letters, *(f"{one}</w>" for one in letters), "<|startoftext|>", "<|endoftext|>"]
    vocabulary = {token: at for at, token in enumerate(tokens)}
    end = vocabulary["<|endoftext|>"]
    text = {
        "vocab_size": len(tokens), "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2,
        "num_attention_heads": 2, "max_position_embeddings": 77, "bos_token_id": end - 1, "eos_token_id": end,
    }  # fmt: skip
    vision = {
        "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 32,
        "patch_size": 8,
    }  # fmt: skip
    config = CLIPConfig(text_config=text, vision_config=vision, projection_dim=16)
    _save(CLIPModel(config), folder, CLIP_RECIPE)
    CLIPTokenizer(vocab=vocabulary, merges=[]).save_pretrained(folder)
    return folder


def siglip(folder: Path) -> Path:
    import sentencepiece
    from transformers import SiglipConfig, SiglipModel

    torch.manual_seed(7)
    text = {
        "vocab_size": 64, "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
        "max_position_embeddings": 64,
    }  # fmt: skip
    vision = {
        "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 32,
        "patch_size": 8,
    }  # fmt: skip
    _save(SiglipModel(SiglipConfig(text_config=text, vision_config=vision)), folder, SIGLIP_RECIPE)
    words = folder.parent / "words.txt"
    words.write_text("a photo of a tank.\na video frame showing the quick brown fox, jumps over 0123456789-'\n" * 20)
    sentencepiece.SentencePieceTrainer.train(
        input=str(words), model_prefix=str(folder / "spiece"), vocab_size=60, model_type="unigram", unk_id=2, eos_id=1,
        pad_id=-1, bos_id=-1, minloglevel=2, hard_vocab_limit=False,
    )  # fmt: skip
    (folder / "spiece.vocab").unlink()
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "SiglipTokenizer", "model_max_length": 64, "do_lower_case": True})
    )
    return folder


def classifier(folder: Path) -> Path:
    from transformers import ViTConfig, ViTForImageClassification

    torch.manual_seed(8)
    labels = {0: "harmless", 1: "blood", 2: "corpse"}
    config = ViTConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, image_size=32, patch_size=8,
        id2label=labels, label2id={v: k for k, v in labels.items()},
    )  # fmt: skip
    return _save(ViTForImageClassification(config), folder, SIGLIP_RECIPE)
