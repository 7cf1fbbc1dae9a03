"""Looking: what the engines of pictures share: sizes, colours, threads, labels of terms, calibration."""

import math
import os
import threading
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from pipeline.core.halt import check
from pipeline.core.ports import Pixels
from pipeline.core.vocabulary import Term, Vocabulary
from pipeline.engines.together import Together

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Planes: TypeAlias = NDArray[np.float32]
else:
    Planes: TypeAlias = Any
"""A picture as a model takes it: (3, height, width), normalised."""

Answer = TypeVar("Answer")

_room = threading.BoundedSemaphore(len(os.sched_getaffinity(0)))
_here = threading.local()


@contextmanager
def room() -> Iterator[None]:
    """Wait until a core is free for a model that computes on one thread."""
    with _room:
        check()
        yield


class Calls(Generic[Answer]):
    """How threads that work on different items ask one model.

    On a processor each picture is a call of its own, on one thread, and as many calls run at once as there
    are cores: nothing waits for threads of another call, and the last digits of a result depend neither on
    company nor on how many cores there are. On a GPU what is asked at one moment shares a call.
    """

    def __init__(self, see: Callable[[Any], Sequence[Answer]], *, device: str, most: int) -> None:
        self._see = see
        self._device = device
        self._most = most
        self._together: Together[Planes, Answer] = Together(self._answer, most=most)

    def __call__(self, planes: Sequence[Planes], way: Hashable = None) -> list[Answer]:
        """Return one answer per picture; ``see`` is given a tensor of pictures and answers each of them."""
        if self._device != "cpu":
            return self._together(planes, way)
        found: list[Answer] = []
        for one in planes:
            with room():
                _one_thread()
                found += self._answer([one], way)
        return found

    def _answer(self, planes: Sequence[Planes], _way: Hashable) -> list[Answer]:
        return [
            one
            for pictures, count in batches(planes, self._device, most=self._most)
            for one in self._see(pictures)[:count]
        ]


def _one_thread() -> None:
    """Let torch use one thread for what this thread asks; every thread has a number of its own."""
    import torch

    if not getattr(_here, "told", False):
        torch.set_num_threads(1)
        _here.told = True


def resized(picture: Pixels, width: int, height: int, *, resample: int = 2) -> Pixels:
    """Return a picture in another size; ``resample`` is Pillow's number, 2 for bilinear, smooth when it shrinks."""
    import numpy as np
    import PIL.Image

    if picture.shape[:2] == (height, width):
        return picture
    image = PIL.Image.fromarray(np.ascontiguousarray(picture))
    found: Pixels = np.asarray(image.resize((width, height), PIL.Image.Resampling(resample)))
    return found


def covering(picture: Pixels, side: int, *, resample: int = 2) -> Pixels:
    """Return a picture whose shorter side is ``side``, in its own shape; the longer side is rounded down."""
    height, width = picture.shape[:2]
    shorter = min(height, width)
    return resized(picture, side * width // shorter, side * height // shorter, resample=resample)


def middle(picture: Pixels, width: int, height: int) -> Pixels:
    """Return the middle of a picture."""
    top, left = (picture.shape[0] - height) // 2, (picture.shape[1] - width) // 2
    found: Pixels = picture[top : top + height, left : left + width]
    return found


def normalised(picture: Pixels, mean: Sequence[float], spread: Sequence[float], *, scale: float = 1.0) -> Planes:
    """Return colours as a model wants them, ``(colour * scale - mean) / spread``, colour by colour."""
    import numpy as np

    factor = np.asarray([scale / one for one in spread], np.float32)
    shift = np.asarray([mu / one for mu, one in zip(mean, spread, strict=True)], np.float32)
    found: Planes = np.ascontiguousarray((picture * factor - shift).transpose(2, 0, 1))
    return found


def batches(planes: Sequence[Planes], device: str, *, most: int) -> Iterator[tuple[Any, int]]:
    """Yield tensors of always the same shape, and how many of their pictures were asked about.

    The last digits of a result depend on how many pictures share a call, so the number is fixed: one on
    a processor, which gains nothing from more, and ``most`` on a GPU, filled up with the last picture.
    """
    import numpy as np
    import torch

    size = 1 if device == "cpu" else most
    for at in range(0, len(planes), size):
        asked = planes[at : at + size]
        filled = [*asked, *[asked[-1]] * (size - len(asked))]
        pictures = torch.from_numpy(np.stack(filled)).to(device)
        yield pictures.contiguous(memory_format=torch.channels_last), len(asked)


def calibrated(options: Mapping[str, Any]) -> tuple[str | None, Callable[[float], float | None]]:
    """Return what a card says of calibration, and how a score becomes a probability by it.

    A card gives ``temperature`` together with ``calibration``, the sentence that says on what it was
    fitted; without both no probability is claimed.
    """
    said, heat = options.get("calibration"), options.get("temperature")
    if not said or not heat:
        return None, lambda _score: None

    def probability(score: float) -> float:
        inside = min(max(score, 1e-6), 1 - 1e-6)
        return 1 / (1 + math.exp(-math.log(inside / (1 - inside)) / float(heat)))

    return str(said), probability


def terms_of(vocabulary: Vocabulary, scheme: str, labels: Mapping[str, str]) -> dict[str, Term]:
    """Return the term of each label that is one; ``labels``: class of the scheme → label."""
    known = vocabulary.by_class(scheme)
    return {label: known[one] for one, label in labels.items() if one in known}


def cited(vocabulary: Vocabulary) -> dict[str, str]:
    """Return how a vocabulary is named among the parameters of an engine."""
    return {"version": vocabulary.version, "sha256": vocabulary.digest}
