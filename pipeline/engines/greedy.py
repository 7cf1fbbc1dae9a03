"""Greedy: Whisper's own way to write timestamps and words, the likeliest token each time, several windows at once."""

from dataclasses import dataclass
from typing import Any

from pipeline.engines.recogniser import Reading

_FIRST_TIMESTAMP = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What the decoder is given first, and the tokens that mean something else than text."""

    tokens: tuple[int, ...]
    eot: int
    no_speech: int
    begin: int
    """The timestamp 0.00."""


def greedy(model: Any, rules: Any, states: Any, prompt: Prompt) -> list[Reading]:
    """Decode encoded windows (n, frames, width); every window is read to its own end."""
    import torch
    from transformers.modeling_outputs import BaseModelOutput

    count = len(states)
    given = torch.tensor([prompt.tokens] * count, device=states.device)
    outputs = BaseModelOutput(last_hidden_state=states)
    limit = model.config.max_target_positions - len(prompt.tokens)
    written = torch.full((count, limit), prompt.eot, device=states.device)
    total = torch.zeros(count, device=states.device)
    lengths = torch.zeros(count, device=states.device)
    ended = torch.zeros(count, dtype=torch.bool, device=states.device)
    barred = _barred(rules, prompt, model.config.vocab_size, states.device)
    no_speech = None
    asked, past = given, None
    for step in range(limit):
        answer = model(decoder_input_ids=asked, encoder_outputs=outputs, past_key_values=past, use_cache=True)
        past = answer.past_key_values
        if no_speech is None:
            no_speech = answer.logits[:, 0].float().softmax(-1)[:, prompt.no_speech]
        shares = _allowed(answer.logits[:, -1].float(), written[:, :step], barred, prompt).log_softmax(-1)
        sure, token = shares.max(-1)
        total += torch.where(ended, 0.0, sure)
        lengths += ~ended
        token = torch.where(ended, prompt.eot, token)
        written[:, step] = token
        ended |= token == prompt.eot
        if bool(ended.all()):
            break
        asked = token.unsqueeze(1)
    means = (total / lengths.clamp(min=1)).tolist()
    rows = written.tolist()
    return [
        Reading(tokens=tuple(one for one in row if one != prompt.eot), log_probability=mean, no_speech=silent)
        for row, mean, silent in zip(rows, means, no_speech.tolist() if no_speech is not None else [], strict=True)
    ]


def _barred(rules: Any, prompt: Prompt, vocabulary: int, where: Any) -> Any:
    """Return what is never written: what the model's makers bar, and every token that is neither text nor time."""
    import torch

    barred = torch.zeros(vocabulary, dtype=torch.bool, device=where)
    barred[[*(getattr(rules, "suppress_tokens", None) or ())]] = True
    barred[prompt.eot + 1 : prompt.begin] = True
    return barred


def _allowed(logits: Any, written: Any, barred: Any, prompt: Prompt) -> Any:
    """Bar what the rules of timestamps forbid after what is written."""
    import torch

    never = float("-inf")
    logits = logits.masked_fill(barred, never)
    if written.shape[1] == 0:
        # A reading begins with a time, in the first second.
        logits[:, : prompt.begin] = never
        logits[:, prompt.begin + _FIRST_TIMESTAMP + 1 :] = never
        return logits
    last = written[:, -1] >= prompt.begin
    before = written[:, -2] >= prompt.begin if written.shape[1] > 1 else torch.ones_like(last)
    # Times come in pairs: after a pair comes text, after the first of a pair the second or the end.
    logits[last & before, prompt.begin :] = never
    logits[last & ~before, : prompt.eot] = never
    times = torch.where(written >= prompt.begin, written, prompt.begin).amax(1)
    open_pair = last & ~before
    least = torch.where(open_pair, times, times + 1)
    numbers = torch.arange(logits.shape[1], device=logits.device)
    seen = (written >= prompt.begin).any(1)
    earlier = (numbers >= prompt.begin) & (numbers < least.unsqueeze(1)) & seen.unsqueeze(1)
    logits = logits.masked_fill(earlier, never)
    shares = logits.log_softmax(-1)
    # Where a time is likelier than any word it is a time.
    timed = shares[:, prompt.begin :].logsumexp(-1) > shares[:, : prompt.begin].amax(-1)
    logits[timed, : prompt.begin] = never
    return logits
