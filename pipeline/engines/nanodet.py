"""NanoDet: finds the eighty kinds of things of COCO with a small model, exported to TensorFlow.js."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

from pipeline.core.boxes import best, inside
from pipeline.core.ports import Found, Pixels
from pipeline.core.vocabulary import Term
from pipeline.engines.coco import LABELS
from pipeline.engines.device import device, usable_device
from pipeline.engines.identity import Identity, identify
from pipeline.engines.looking import Calls, Planes, calibrated, cited, normalised, resized, terms_of
from pipeline.engines.tfjs import Graph, read_graph
from pipeline.engines.vocabulary import read_vocabulary
from pipeline.weights import Installed

_SIDE = 416
_MOST = 16
_STRIDES = (8, 16, 32)
_BINS = 11
"""A side of a box is told as how likely each of eleven distances is, in strides."""

_SCORES = ("Identity", "Identity_1", "Identity_2")
_SIDES = ("Identity_3", "Identity_4", "Identity_5")

# Blue, green, red, as it was trained.
_MEAN = (103.53, 116.28, 123.675)
_SPREAD = (57.375, 57.12, 58.395)

PARAMETERS: Mapping[str, Any] = MappingProxyType(
    {
        "precision": "float32",
        # The picture is stretched to a square, as the exported model is used by its publisher: things that
        # letterboxing would make smaller still are found more often.
        "input": "416x416 stretched, bilinear",
        "most_overlap": 0.6,
    }
)


class NanoDet(Identity):
    """The port ``Detector`` over NanoDet."""

    def __init__(self, installed: Installed) -> None:
        super().__init__(**asdict(self.identity(installed)))
        options = installed.card.options
        vocabulary = read_vocabulary(str(options["vocabulary"]))
        self.vocabulary: tuple[str, ...] = LABELS
        self.terms: Mapping[str, Term] = terms_of(vocabulary, "coco", {one: one for one in LABELS})
        self.unseen: tuple[str, ...] = vocabulary.unseen(self.terms.values())
        self.calibration, self._probability = calibrated(options)
        self._threshold = float(options["threshold"])
        self._device = usable_device()
        self._graph = bare(installed, self._device)
        self._centres = _centres(self._device)
        self._calls: Calls[tuple[Found, ...]] = Calls(self._see, device=self._device, most=_MOST)

    @staticmethod
    def identity(installed: Installed) -> Identity:
        """Say what would be cited, without loading."""
        options = installed.card.options
        terms = cited(read_vocabulary(str(options["vocabulary"])))
        parameters = {**PARAMETERS, **options, "vocabulary": terms, "device": device()}
        return identify("nanodet", installed, parameters=parameters, libraries=("torch", "numpy", "pillow"))

    def detect(self, pictures: Sequence[Pixels]) -> list[tuple[Found, ...]]:
        """Find things, one answer per picture, surest first."""
        return self._calls([prepared(one) for one in pictures])

    def _see(self, pictures: Any) -> list[tuple[Found, ...]]:
        import torch

        many = len(pictures)
        with torch.inference_mode():
            outputs = self._graph(pictures)
            scores, labels = torch.cat([one.reshape(many, -1, len(LABELS)) for one in outputs[:3]], 1).max(-1)
            far = torch.cat([one.reshape(many, -1, 4, _BINS) for one in outputs[3:]], 1)
            where = (scores >= self._threshold).nonzero()
            rows, columns = where.unbind(-1)
            bins = torch.arange(_BINS, dtype=torch.float32, device=self._device)
            sides = (far[rows, columns].softmax(-1) * bins).sum(-1)
            seen = zip(
                rows.tolist(), scores[rows, columns].tolist(), labels[rows, columns].tolist(),
                self._centres[columns].tolist(), sides.tolist(), strict=True,
            )  # fmt: skip
        found: list[list[Found]] = [[] for _ in range(many)]
        for row, score, label, centre, reach in seen:
            found[row].append(self._thing(score, LABELS[label], centre, reach))
        return [best(one, most_overlap=PARAMETERS["most_overlap"]) for one in found]

    def _thing(self, score: float, label: str, centre: Sequence[float], reach: Sequence[float]) -> Found:
        x, y, stride = centre
        left, top, right, bottom = (one * stride for one in reach)
        box = inside((x - left) / _SIDE, (y - top) / _SIDE, (x + right) / _SIDE, (y + bottom) / _SIDE)
        return Found(label=label, score=score, box=box, calibrated=self._probability(score))


def bare(installed: Installed, device: str = "cpu") -> Graph:
    """Return the model alone: of prepared pictures it says scores and sides of every place, in three sizes each."""
    files = installed.files
    return read_graph(files["nanodet.json"], [files["nanodet.bin"]], (*_SCORES, *_SIDES), device)


def prepared(picture: Pixels) -> Planes:
    """Return a picture as the model takes it."""
    return normalised(resized(picture, _SIDE, _SIDE)[:, :, ::-1], _MEAN, _SPREAD)


def _centres(device: str) -> Any:
    """Return x, y and stride of every place where the model looks, in the order of its outputs."""
    import torch

    places = []
    for stride in _STRIDES:
        along = (torch.arange(_SIDE // stride) + 0.5) * stride
        y, x = torch.meshgrid(along, along, indexing="ij")
        places.append(torch.stack([x.flatten(), y.flatten(), torch.full((x.numel(),), float(stride))], -1))
    return torch.cat(places).to(device)
