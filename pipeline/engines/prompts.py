"""Prompts: how far a picture fits phrases, by a model of pictures and text (SigLIP, CLIP)."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.core.ports import Pixels
from pipeline.core.vocabulary import Term, Vocabulary
from pipeline.engines.device import device, usable_device
from pipeline.engines.identity import Identity, identify
from pipeline.engines.looking import Calls, cited
from pipeline.engines.recipe import read_recipe
from pipeline.engines.spelling import only_named
from pipeline.engines.vocabulary import read_vocabulary
from pipeline.errors import Misconfigured
from pipeline.weights import Installed

_MOST = 16
_TEXTS = 32


def identify_prompts(engine: str, installed: Installed) -> Identity:
    """Say what would be cited of a model that reads the vocabulary's prompts."""
    options = installed.card.options
    parameters = {
        **options, "vocabulary": cited(read_vocabulary(str(options["vocabulary"]))), "device": device(),
        "precision": "float32", "prompts": "mean of all phrases in all templates",
    }  # fmt: skip
    libraries = ("torch", "transformers", "tokenizers", "numpy", "pillow")
    return identify(engine, installed, parameters=parameters, libraries=libraries)


class Prompts:
    """A loaded model, and the terms of a vocabulary as it understands them, worked out once.

    A model trained with sigmoids (SigLIP) scores each term by itself. One trained to choose (CLIP) can
    only compare: a term's score is its share against the vocabulary's background phrases, never against
    other terms, so that what else is looked for does not matter.
    """

    def __init__(self, installed: Installed, vocabulary: Vocabulary, terms: Sequence[Term]) -> None:
        import torch
        from transformers import AutoModel, AutoTokenizer, utils

        utils.logging.disable_progress_bar()
        self._device = usable_device()
        with only_named(installed) as folder:
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
            model = AutoModel.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False, use_safetensors=True
            )
        self._model: Any = model.to(self._device).float().eval()
        self._recipe = read_recipe(installed.files["preprocessor_config.json"])
        if not hasattr(model, "get_text_features") or not hasattr(model, "logit_scale"):
            raise Misconfigured(f"model {installed.card.name} does not compare pictures with text")
        with torch.inference_mode():
            self._scale = model.logit_scale.exp()
            self._bias = getattr(model, "logit_bias", None)
            phrases = [[way.format(one) for one in term.prompts for way in vocabulary.templates] for term in terms]
            told = self._texts(tokenizer, [one for some in phrases for one in some])
            means = [part.mean(0) for part in told.split([len(some) for some in phrases])]
            self._terms = torch.nn.functional.normalize(torch.stack(means), dim=-1)
            self._background: Any = None if self._bias is not None else self._texts(tokenizer, vocabulary.background)
        self._calls: Calls[tuple[float, ...]] = Calls(self._see, device=self._device, most=_MOST)

    def scores(self, pictures: Sequence[Pixels]) -> list[tuple[float, ...]]:
        """Return for each picture the score of each term, 0 to 1, in the order of the terms."""
        return self._calls([self._recipe.prepare(one) for one in pictures])

    def _see(self, pictures: Any) -> list[tuple[float, ...]]:
        import torch

        with torch.inference_mode():
            seen = self._model.get_image_features(pixel_values=pictures).pooler_output
            shown = torch.nn.functional.normalize(seen, dim=-1)
            fit = shown @ self._terms.T * self._scale
            if self._bias is not None:
                fit += self._bias
            else:
                fit -= (shown @ self._background.T * self._scale).logsumexp(-1, keepdim=True)
            return [tuple(one) for one in fit.sigmoid().tolist()]

    def _texts(self, tokenizer: Any, texts: Sequence[str]) -> Any:
        """Return the direction of each text, of length one."""
        import torch

        longest = self._model.config.get_text_config().max_position_embeddings
        found = []
        for at in range(0, len(texts), _TEXTS):
            read: Mapping[str, Any] = tokenizer(
                list(texts[at : at + _TEXTS]), padding="max_length", max_length=longest, truncation=True,
                return_tensors="pt",
            )  # fmt: skip
            # A model with a bias was trained on texts filled up to the end, the filling read with the rest.
            wanted = ("input_ids",) if self._bias is not None else ("input_ids", "attention_mask")
            given = {name: read[name].to(self._device) for name in wanted}
            found.append(self._model.get_text_features(**given).pooler_output)
        return torch.nn.functional.normalize(torch.cat(found), dim=-1)
