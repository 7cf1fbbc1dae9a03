"""Alignment: when a word was said, from where a Whisper's decoder looks while it writes it."""

from collections.abc import Sequence
from typing import Any

from pipeline.engines.recogniser import Aligned

_STEP = 0.02
_MEDIAN = 7
_FRAMES_A_STEP = 2


def cross_attention(model: Any, states: Any, tokens: Sequence[int], heads: Sequence[Sequence[int]]) -> tuple[Any, Any]:
    """Return where the named heads (layer, head) look, (heads, tokens, frames), and the logits of each token.

    Only those heads are computed twice: queries and keys are caught on their way.
    """
    import torch

    caught: dict[tuple[int, str], Any] = {}
    across = {layer: model.model.decoder.layers[layer].encoder_attn for layer, _ in heads}
    hooks = [
        getattr(attention, name).register_forward_hook(_catch(caught, (layer, name)))
        for layer, attention in across.items()
        for name in ("q_proj", "k_proj")
    ]
    try:
        with torch.inference_mode():
            asked = torch.tensor([list(tokens)], device=states.device)
            logits = model(decoder_input_ids=asked, encoder_outputs=(states.unsqueeze(0),), use_cache=False).logits[0]
    finally:
        for hook in hooks:
            hook.remove()
    width = model.config.d_model // model.config.decoder_attention_heads
    looks = []
    for layer, head in heads:
        part = slice(head * width, (head + 1) * width)
        query, key = (caught[layer, name][0, :, part].float() for name in ("q_proj", "k_proj"))
        looks.append(query @ key.T * width**-0.5)
    return torch.stack(looks), logits.float()


def _catch(caught: dict[tuple[int, str], Any], name: tuple[int, str]) -> Any:
    def catch(_module: Any, _given: Any, answer: Any) -> None:
        caught[name] = answer

    return catch


def aligned_words(looks: Any, logits: Any, said: list[int], tokens: Any, frames: int) -> list[Aligned]:
    """Turn where the decoder looks into times: smoothed, then the cheapest way through it forward in time."""
    from whisper.timing import dtw, median_filter

    words, split = tokens.split_to_word_tokens([*said, tokens.eot])
    if len(split) <= 1:
        return []
    before = len(tokens.sot_sequence)
    weights = looks[:, :, : max(frames // _FRAMES_A_STEP, 1)].softmax(-1).cpu()
    spread = weights.std(-2, keepdim=True, unbiased=False).clamp(min=1e-9)
    weights = median_filter((weights - weights.mean(-2, keepdim=True)) / spread, _MEDIAN).mean(0)
    rows, columns = dtw(-weights[before:-1].double())
    first = [number for number, row in enumerate(rows) if number == 0 or row != rows[number - 1]]
    starts = [float(columns[number]) * _STEP for number in first]
    shares = logits[before:, : tokens.eot].softmax(-1)
    sure = [float(shares[number, token]) for number, token in enumerate(said)]
    found, at = [], 0
    for text, part in zip(words[:-1], split[:-1], strict=False):
        end = at + len(part)
        found.append(
            Aligned(text=text, tokens=len(part), start=starts[at], end=starts[min(end, len(starts) - 1)],
                    probability=sum(sure[at:end]) / len(part))
        )  # fmt: skip
        at = end
    return found
