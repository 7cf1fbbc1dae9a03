"""Open NSFW: how far a picture shows nakedness, by Yahoo's model, so that it can be blurred."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

from pipeline.core.ports import Pixels
from pipeline.core.sensitivity import NUDITY
from pipeline.engines.identity import Identity, identify
from pipeline.engines.looking import Planes, middle, resized, room
from pipeline.weights import Installed

_SHOWN = 256
_SIDE = 224
_QUALITY = 75
# Blue, green, red, as it was trained.
_MEAN = (104.0, 117.0, 123.0)

PARAMETERS: Mapping[str, Any] = MappingProxyType(
    {
        "device": "cpu",
        "precision": "float32",
        # The model was trained on, and its scores are published for, pictures that went through JPEG at this size.
        "input": "256x256 stretched, bilinear, through JPEG at 75, middle 224x224",
    }
)


class OpenNsfw(Identity):
    """The port ``NudityScreener`` over Open NSFW."""

    def __init__(self, installed: Installed) -> None:
        import onnxruntime

        super().__init__(**asdict(self.identity(installed)))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            installed.files[installed.card.weights].read_bytes(), options, providers=["CPUExecutionProvider"]
        )
        self._input = self._session.get_inputs()[0].name

    @staticmethod
    def identity(installed: Installed) -> Identity:
        """Say what would be cited, without loading."""
        return identify("open-nsfw", installed, parameters=PARAMETERS, libraries=("onnxruntime", "numpy", "pillow"))

    def screen(self, pictures: Sequence[Pixels]) -> list[Mapping[str, float]]:
        """Score each picture for nudity."""
        return [self._score(_prepared(one)) for one in pictures]

    def _score(self, planes: Planes) -> Mapping[str, float]:
        # One picture a call: a score's last digits would depend on how many share one.
        with room():
            (found,) = self._session.run(None, {self._input: planes[None]})
        return {NUDITY: float(found[0][1])}


def _prepared(picture: Pixels) -> Planes:
    import numpy as np
    import PIL.Image

    seen = io.BytesIO()
    PIL.Image.fromarray(np.ascontiguousarray(resized(picture, _SHOWN, _SHOWN))).save(seen, "JPEG", quality=_QUALITY)
    seen.seek(0)
    with PIL.Image.open(seen) as again:
        pixels = np.asarray(again)
    found: Planes = np.ascontiguousarray(middle(pixels, _SIDE, _SIDE)[:, :, ::-1] - np.asarray(_MEAN, np.float32))
    return found
