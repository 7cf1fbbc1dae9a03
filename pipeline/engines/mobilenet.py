"""MobileNet: names what a picture shows with MobileNet V2, trained on the thousand classes of ImageNet."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pipeline.core.ports import Named, Pixels
from pipeline.core.vocabulary import Term
from pipeline.engines.device import device, usable_device
from pipeline.engines.identity import Identity, identify
from pipeline.engines.looking import (
    Calls,
    Planes,
    calibrated,
    cited,
    covering,
    middle,
    normalised,
    terms_of,
)
from pipeline.engines.vocabulary import read_vocabulary
from pipeline.errors import Misconfigured
from pipeline.weights import Installed

_SHORTER = 256
_MOST = 16
_SIDE = 224
_CLASSES = 1000
_MEAN = (0.485, 0.456, 0.406)
_SPREAD = (0.229, 0.224, 0.225)

PARAMETERS: Mapping[str, Any] = MappingProxyType(
    {"precision": "float32", "input": "shorter side 256 bilinear, middle 224x224"}
)


class MobileNet(Identity):
    """The port ``Tagger`` over MobileNet V2."""

    def __init__(self, installed: Installed) -> None:
        super().__init__(**asdict(self.identity(installed)))
        options, files = installed.card.options, installed.files
        vocabulary = read_vocabulary(str(options["vocabulary"]))
        classes = read_classes(files["synsets.txt"], files["lemmas.txt"])
        self.vocabulary: tuple[str, ...] = tuple(classes.values())
        self.terms: Mapping[str, Term] = terms_of(vocabulary, "imagenet", classes)
        self.unseen: tuple[str, ...] = vocabulary.unseen(self.terms.values())
        self.calibration, self._probability = calibrated(options)
        self._threshold, self._most = float(options["threshold"]), int(options["most"])
        self._device = usable_device()
        self._model = bare(installed, self._device)
        self._calls: Calls[tuple[Named, ...]] = Calls(self._see, device=self._device, most=_MOST)

    @staticmethod
    def identity(installed: Installed) -> Identity:
        """Say what would be cited, without loading."""
        options = installed.card.options
        terms = cited(read_vocabulary(str(options["vocabulary"])))
        parameters = {**PARAMETERS, **options, "vocabulary": terms, "device": device()}
        libraries = ("torch", "transformers", "numpy", "pillow")
        return identify("mobilenet", installed, parameters=parameters, libraries=libraries)

    def tag(self, pictures: Sequence[Pixels]) -> list[tuple[Named, ...]]:
        """Name what is shown: the surest classes, as many as the card says, from its threshold on."""
        return self._calls([prepared(one) for one in pictures])

    def _see(self, pictures: Any) -> list[tuple[Named, ...]]:
        import torch

        with torch.inference_mode():
            scores, classes = self._model(pictures).logits.softmax(-1).topk(self._most)
        return [
            tuple(
                Named(label=self.vocabulary[at], score=score, calibrated=self._probability(score))
                for score, at in zip(*one, strict=True)
                if score >= self._threshold
            )
            for one in zip(scores.tolist(), classes.tolist(), strict=True)
        ]


def bare(installed: Installed, device: str = "cpu") -> Any:
    """Return the model alone: of prepared pictures it says a logit for each class."""
    return _load(installed.files[installed.card.weights]).to(device)


def prepared(picture: Pixels) -> Planes:
    """Return a picture as the model takes it."""
    return normalised(middle(covering(picture, _SHORTER), _SIDE, _SIDE), _MEAN, _SPREAD, scale=1 / 255)


def read_classes(synsets: Path, lemmas: Path) -> dict[str, str]:
    """Return the classes in the order of the model's outputs: WordNet id → the first of its names.

    Two classes with one name are told apart by their ids.
    """
    order = synsets.read_text(encoding="utf-8").split()
    lines = (line.split("\t") for line in lemmas.read_text(encoding="utf-8").splitlines())
    named = {one: names.split(",")[0] for one, names in lines}
    if len(order) != _CLASSES or not set(order) <= set(named):
        raise Misconfigured(f"{synsets}: not the thousand classes of ImageNet", code="E-CONF-005")
    often = Counter(named[one] for one in order)
    return {one: named[one] if often[named[one]] == 1 else f"{named[one]} ({one})" for one in order}


def _load(weights: Path) -> Any:
    """Return the model with the published weights, whose tensors stand in the same order under other names."""
    import torch
    from transformers import MobileNetV2Config, MobileNetV2ForImageClassification

    config = MobileNetV2Config(
        image_size=_SIDE, tf_padding=False, num_labels=_CLASSES, layer_norm_eps=1e-5, finegrained_output=True,
        hidden_act="relu6",
    )  # fmt: skip
    model = MobileNetV2ForImageClassification(config).eval()
    given, wanted = torch.load(weights, weights_only=True), model.state_dict()
    if [one.shape for one in given.values()] != [one.shape for one in wanted.values()]:
        raise Misconfigured(f"{weights}: not the tensors of MobileNet V2", code="E-CONF-005")
    model.load_state_dict(dict(zip(wanted, given.values(), strict=True)))
    return model.to(memory_format=torch.channels_last)
