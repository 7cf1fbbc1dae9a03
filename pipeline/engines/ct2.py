"""CTranslate2 file: a Whisper model in that format read into OpenAI's names, bit for bit."""

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from pipeline.errors import Misconfigured

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tensors = dict[str, NDArray[np.generic]]

_VERSION = 6
_SPECIFICATION = "WhisperSpec"
_TYPES = ("<f4", "<i1", "<i2", "<i4", "<f2")
_HEAD_SIZE = 64


def read_whisper(file: Path) -> tuple[dict[str, int], "Tensors"]:
    """Return the dimensions and the tensors of a Whisper model as openai-whisper names them.

    The format is CTranslate2's model version 6: a header, then for each variable its name, shape,
    type, length and bytes, then aliases. Nothing in it can be executed.
    """
    try:
        tensors = _renamed(_variables(file))
    except (struct.error, KeyError, IndexError, ValueError, UnicodeDecodeError) as err:
        raise Misconfigured(f"{file}: not a CTranslate2 Whisper model: {err!r}", code="E-CONF-005") from err
    return _dimensions(tensors), tensors


def _variables(file: Path) -> "Tensors":
    import numpy as np

    found: Tensors = {}
    with file.open("rb") as stream:
        version, specification, _revision = _number(stream, "I"), _text(stream), _number(stream, "I")
        if (version, specification) != (_VERSION, _SPECIFICATION):
            raise ValueError(f"version {version} of {specification!r}")
        for _ in range(_number(stream, "I")):
            name = _text(stream)
            shape = [_number(stream, "I") for _ in range(_number(stream, "B"))]
            kind = np.dtype(_TYPES[_number(stream, "B")])
            found[name] = np.frombuffer(stream.read(_number(stream, "I")), kind).reshape(shape)
        for _ in range(_number(stream, "I")):
            alias, name = _text(stream), _text(stream)
            found[alias] = found[name]
    return found


def _number(stream: BinaryIO, kind: str) -> int:
    return int(struct.unpack(f"<{kind}", stream.read(struct.calcsize(f"<{kind}")))[0])


def _text(stream: BinaryIO) -> str:
    return stream.read(_number(stream, "H")).rstrip(b"\0").decode()


def _renamed(source: "Tensors") -> "Tensors":
    named: Tensors = {"decoder.token_embedding.weight": source["decoder/embeddings/weight"]}
    for conv in ("conv1", "conv2"):
        named |= _linear(f"encoder.{conv}", source, f"encoder/{conv}")
    for side, norm in (("encoder", "ln_post"), ("decoder", "ln")):
        named[f"{side}.positional_embedding"] = source[f"{side}/position_encodings/encodings"]
        named |= _norm(f"{side}.{norm}", source, f"{side}/layer_norm")
        for layer in range(_layers(source, side)):
            named |= _block(f"{side}.blocks.{layer}", source, f"{side}/layer_{layer}")
    return named


def _layers(source: Mapping[str, Any], side: str) -> int:
    heads = {name.split("/")[1] for name in source if name.startswith(f"{side}/layer_")}
    return len(heads - {"layer_norm"})


def _block(to: str, source: "Tensors", at: str) -> "Tensors":
    named = _attention(f"{to}.attn", source, f"{at}/self_attention")
    if f"{at}/attention/linear_0/weight" in source:
        named |= _attention(f"{to}.cross_attn", source, f"{at}/attention")
    named |= _linear(f"{to}.mlp.0", source, f"{at}/ffn/linear_0")
    named |= _linear(f"{to}.mlp.2", source, f"{at}/ffn/linear_1")
    return named | _norm(f"{to}.mlp_ln", source, f"{at}/ffn/layer_norm")


def _attention(to: str, source: "Tensors", at: str) -> "Tensors":
    """Take apart what CTranslate2 joins: query, key and value, or key and value across."""
    across = f"{at}/linear_2/weight" in source
    order: tuple[str, ...] = ("query", "key", "value")
    named: Tensors = {}
    if across:
        named |= _linear(f"{to}.query", source, f"{at}/linear_0")
        order = ("key", "value")
    joined = "linear_1" if across else "linear_0"
    for number, name in enumerate(order):
        named |= _linear(f"{to}.{name}", source, f"{at}/{joined}", part=(number, len(order)))
    # Whisper's keys have no bias; the joined tensor holds zeros in its place.
    if named.pop(f"{to}.key.bias").any():
        raise ValueError(f"{at}: a bias where Whisper has none")
    named |= _linear(f"{to}.out", source, f"{at}/linear_{2 if across else 1}")
    return named | _norm(f"{to}_ln", source, f"{at}/layer_norm")


def _linear(to: str, source: "Tensors", at: str, *, part: tuple[int, int] = (0, 1)) -> "Tensors":
    number, parts = part
    size = source[f"{at}/weight"].shape[0] // parts
    rows = slice(number * size, (number + 1) * size)
    return {f"{to}.{name}": source[f"{at}/{name}"][rows] for name in ("weight", "bias")}


def _norm(to: str, source: "Tensors", at: str) -> "Tensors":
    return {f"{to}.weight": source[f"{at}/gamma"], f"{to}.bias": source[f"{at}/beta"]}


def _dimensions(tensors: "Tensors") -> dict[str, int]:
    vocabulary, width = tensors["decoder.token_embedding.weight"].shape
    audio, text = (tensors[f"{side}.positional_embedding"].shape for side in ("encoder", "decoder"))

    def blocks(side: str) -> int:
        return len({name.split(".")[2] for name in tensors if name.startswith(f"{side}.blocks.")})

    return {
        "n_mels": tensors["encoder.conv1.weight"].shape[1],
        "n_vocab": vocabulary,
        "n_audio_ctx": audio[0],
        "n_audio_state": audio[1],
        "n_audio_head": audio[1] // _HEAD_SIZE,
        "n_audio_layer": blocks("encoder"),
        "n_text_ctx": text[0],
        "n_text_state": width,
        "n_text_head": width // _HEAD_SIZE,
        "n_text_layer": blocks("decoder"),
    }
