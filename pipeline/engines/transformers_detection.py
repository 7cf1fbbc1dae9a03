"""DETR: finds things with any transformer detector that transformers can load (RT-DETR, DETR, Conditional DETR …)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pipeline.core.boxes import best, inside
from pipeline.core.ports import Found, Pixels
from pipeline.core.vocabulary import Term
from pipeline.engines.device import device, usable_device
from pipeline.engines.identity import Identity, identify
from pipeline.engines.looking import Calls, calibrated, cited, terms_of
from pipeline.engines.recipe import read_recipe
from pipeline.engines.spelling import only_named
from pipeline.engines.vocabulary import read_vocabulary
from pipeline.weights import Installed

_MOST = 16
_MOST_OVERLAP = 0.9
"""These models give one box a thing; only doubles of it are dropped."""

_NOTHING = {"N/A", "no-object", ""}
"""Names that a published list of labels gives to numbers that stand for nothing."""


class TransformersDetection(Identity):
    """The port ``Detector`` over a detector of the DETR family."""

    def __init__(self, installed: Installed) -> None:
        from transformers import AutoModelForObjectDetection, utils

        super().__init__(**asdict(self.identity(installed)))
        options = installed.card.options
        utils.logging.disable_progress_bar()
        self._device = usable_device()
        with only_named(installed) as folder:
            model = AutoModelForObjectDetection.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False, use_safetensors=True
            )
        self._model: Any = model.to(self._device).float().eval()
        self._recipe = read_recipe(installed.files["preprocessor_config.json"])
        self._labels: dict[int, str] = {int(at): str(name) for at, name in model.config.id2label.items()}
        names = [name for name in self._labels.values() if name not in _NOTHING]
        vocabulary = read_vocabulary(str(options["vocabulary"]))
        self.vocabulary: tuple[str, ...] = tuple(dict.fromkeys(names))
        self.terms: Mapping[str, Term] = terms_of(vocabulary, "coco", {one: one for one in self.vocabulary})
        self.unseen: tuple[str, ...] = vocabulary.unseen(self.terms.values())
        self.calibration, self._probability = calibrated(options)
        self._threshold = float(options["threshold"])
        self._calls: Calls[tuple[Found, ...]] = Calls(self._see, device=self._device, most=_MOST)

    @staticmethod
    def identity(installed: Installed) -> Identity:
        """Say what would be cited, without loading."""
        options = installed.card.options
        terms = cited(read_vocabulary(str(options["vocabulary"])))
        parameters = {
            **options, "vocabulary": terms, "most_overlap": _MOST_OVERLAP, "device": device(), "precision": "float32",
        }  # fmt: skip
        libraries = ("torch", "transformers", "numpy", "pillow")
        return identify("transformers-detection", installed, parameters=parameters, libraries=libraries)

    def detect(self, pictures: Sequence[Pixels]) -> list[tuple[Found, ...]]:
        """Find things, one answer per picture, surest first.

        Only pictures of one shape share a call: nothing is padded, so that a picture's company cannot
        change what is found in it.
        """
        prepared = [self._recipe.prepare(one) for one in pictures]
        found: dict[int, tuple[Found, ...]] = {}
        for shape in dict.fromkeys(one.shape for one in prepared):
            alike = [at for at, one in enumerate(prepared) if one.shape == shape]
            found.update(zip(alike, self._calls([prepared[at] for at in alike], shape), strict=True))
        return [found[at] for at in range(len(prepared))]

    def _see(self, pictures: Any) -> list[tuple[Found, ...]]:
        import torch

        with torch.inference_mode():
            seen = self._model(pixel_values=pictures)
            logits = seen.logits.float()
            # One label more than there are names is the family's "nothing here": its scores share one sum.
            # Otherwise each label is scored by itself.
            shared = logits.shape[-1] == len(self._labels) + 1
            scores = logits.softmax(-1)[..., :-1] if shared else logits.sigmoid()
        return [self._things(*one) for one in zip(scores.cpu(), seen.pred_boxes.float().cpu(), strict=True)]

    def _things(self, scores: Any, boxes: Any) -> tuple[Found, ...]:
        highest, labels = scores.max(-1)
        found = []
        for score, label, (x, y, width, height) in zip(highest.tolist(), labels.tolist(), boxes.tolist(), strict=True):
            name = self._labels.get(label, "")
            if score < self._threshold or name in _NOTHING:
                continue
            box = inside(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
            found.append(Found(label=name, score=score, box=box, calibrated=self._probability(score)))
        return best(found, most_overlap=_MOST_OVERLAP)
