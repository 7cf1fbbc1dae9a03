"""Graphic: how far a picture shows injury, death and violence, by prompts or a classifier, so that it is blurred."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pipeline.core.ports import Pixels
from pipeline.core.sensitivity import GRAPHIC
from pipeline.engines.device import device, usable_device
from pipeline.engines.identity import Identity, identify
from pipeline.engines.looking import Calls
from pipeline.engines.prompts import Prompts, identify_prompts
from pipeline.engines.recipe import read_recipe
from pipeline.engines.spelling import only_named
from pipeline.engines.vocabulary import read_vocabulary
from pipeline.errors import Misconfigured
from pipeline.weights import Installed

_MOST = 16


class GraphicByPrompts(Identity):
    """The port ``GraphicScreener`` over SigLIP or CLIP: the highest score of the vocabulary's graphic terms."""

    def __init__(self, installed: Installed) -> None:
        super().__init__(**asdict(self.identity(installed)))
        vocabulary = read_vocabulary(str(installed.card.options["vocabulary"]))
        self._prompts = Prompts(installed, vocabulary, [term for term in vocabulary.terms if term.graphic])

    @staticmethod
    def identity(installed: Installed) -> Identity:
        """Say what would be cited, without loading."""
        return identify_prompts("graphic-prompts", installed)

    def screen(self, pictures: Sequence[Pixels]) -> list[Mapping[str, float]]:
        """Score each picture for graphic content."""
        return [{GRAPHIC: max(scores)} for scores in self._prompts.scores(pictures)]


class GraphicByClassifier(Identity):
    """The port ``GraphicScreener`` over a picture classifier; the card names its graphic labels (``graphic``).

    No card is shipped for it: whoever has such a model writes one, as ``models/README.md`` shows.
    """

    def __init__(self, installed: Installed) -> None:
        from transformers import AutoModelForImageClassification, utils

        super().__init__(**asdict(self.identity(installed)))
        utils.logging.disable_progress_bar()
        self._device = usable_device()
        with only_named(installed) as folder:
            model = AutoModelForImageClassification.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False, use_safetensors=True
            )
        wanted = {one.strip() for one in str(installed.card.options["graphic"]).split(",")}
        self._columns = [int(at) for at, name in model.config.id2label.items() if name in wanted]
        if len(self._columns) != len(wanted):
            raise Misconfigured(f"model {installed.card.name}: its labels are {sorted(model.config.id2label.values())}")
        self._model: Any = model.to(self._device).float().eval()
        self._recipe = read_recipe(installed.files["preprocessor_config.json"])
        self._calls: Calls[Mapping[str, float]] = Calls(self._see, device=self._device, most=_MOST)

    @staticmethod
    def identity(installed: Installed) -> Identity:
        """Say what would be cited, without loading."""
        parameters = {**installed.card.options, "device": device(), "precision": "float32"}
        libraries = ("torch", "transformers", "numpy", "pillow")
        return identify("graphic-classifier", installed, parameters=parameters, libraries=libraries)

    def screen(self, pictures: Sequence[Pixels]) -> list[Mapping[str, float]]:
        """Score each picture for graphic content: the probability of all graphic labels together."""
        return self._calls([self._recipe.prepare(one) for one in pictures])

    def _see(self, pictures: Any) -> list[Mapping[str, float]]:
        import torch

        with torch.inference_mode():
            shares = self._model(pixel_values=pictures).logits.float().softmax(-1)
        return [{GRAPHIC: score} for score in shares[:, self._columns].sum(-1).tolist()]
