"""Cuts: how unlike two small frames are, and where that means a new view rather than movement, light or a flash."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

AROUND = 64
"""Frames before and after one that a judgement on it may rest on."""

_ROWS, _COLUMNS = 9, 16  # blocks: a hand that shakes moves the picture by less than one
_TINT = 32
_TINTS = 256 // _TINT + 1

# A cut, in steps of luma and colour: at least so much, so many times what is usual around it, and so much
# more than what goes on next to it; with other colours or other shapes.
_LEAST, _TIMES, _NEXT = 5.0, 2.5, 1.6
_USUAL, _BESIDE = 10, 4
_OTHER_COLOURS, _OTHER_SHAPES, _MOVED = 0.28, 0.22, 0.05

_FLASH = 8
"""Frames that a flash may last: the view before it comes back."""

_BACK, _SAME_SHAPES = 0.45, 0.2

# A dissolve, over twice so many frames: its middle is the mean of its ends, which no movement is.
_HALVES = (8, 16, 28)
_MIXED, _MIXED_SHAPES, _MIDDLE, _EVEN, _BLUR, _PLAIN = 12.0, 0.35, 0.32, 0.4, 0.98, 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Views:
    """Small frames made ready to be compared: blocks (n, 3, 9, 16), colours (n, bins), and a number each."""

    blocks: "Floats"
    colours: "Floats"
    luma: "Floats"
    spread: "Floats"
    sharp: "Floats"
    change: "Floats"
    last: "NDArray[np.uint8]"
    """Y of the last frame."""

    def joined(self, more: "Views") -> "Views":
        """Return these and those that follow."""
        import numpy as np

        both = {
            name: np.concatenate((getattr(self, name), getattr(more, name)))
            for name in ("blocks", "colours", "luma", "spread", "sharp", "change")
        }
        return Views(**both, last=more.last)

    def without(self, first: int) -> "Views":
        """Return all but the first of them."""
        names = ("blocks", "colours", "luma", "spread", "sharp", "change")
        return Views(**{name: getattr(self, name)[first:] for name in names}, last=self.last)


Change = tuple[str, float]
"""How a new view begins, and how far it is from the one before."""


def views(frames: "NDArray[np.uint8]", *, before: Views | None) -> Views:
    """Make frames of shape (n, 3, *GLANCE) ready; ``before`` are those that came before them."""
    import numpy as np

    count, _, height, width = frames.shape
    luma = frames[:, 0]
    blocks = frames.reshape(count, 3, _ROWS, height // _ROWS, _COLUMNS, width // _COLUMNS)
    signed = luma.astype(np.int16)
    across, down = np.abs(np.diff(signed, axis=2)), np.abs(np.diff(signed, axis=1))
    previous = np.concatenate((before.last[None] if before else luma[:1], luma[:-1])).astype(np.int16)
    return Views(
        blocks=blocks.mean(axis=(3, 5), dtype=np.float32),
        colours=_colours(frames),
        luma=luma.mean(axis=(1, 2), dtype=np.float32),
        spread=luma.std(axis=(1, 2), dtype=np.float32),
        sharp=across.mean(axis=(1, 2), dtype=np.float32) + down.mean(axis=(1, 2), dtype=np.float32),
        change=np.abs(signed - previous).mean(axis=(1, 2), dtype=np.float32),
        last=luma[-1].copy(),
    )


def _colours(frames: "NDArray[np.uint8]") -> "Floats":
    """Count tints, as shares of the frame."""
    import numpy as np

    count, points = len(frames), frames.shape[2] * frames.shape[3]
    # Grey stands in the middle of a tint's bin: noise does not move it into the next.
    tint = [(frames[:, plane].astype(np.int32) + _TINT // 2) // _TINT for plane in (1, 2)]
    bins = tint[0] * _TINTS + tint[1] + (np.arange(count, dtype=np.int32) * _TINTS * _TINTS)[:, None, None]
    found = np.bincount(bins.ravel(), minlength=count * _TINTS * _TINTS)
    shares: Floats = found.reshape(count, -1).astype(np.float32) / points
    return shares


def changes(seen: Views, start: int, end: int) -> dict[int, Change]:
    """Return where in ``start`` … ``end`` a new view begins: ``cut``, or the frames within a ``dissolve``."""
    if len(seen.luma) < 2:  # noqa: PLR2004 - nothing to compare
        return {}
    step = _steps(seen)
    likely = (int(at) for at in (step >= _LEAST).nonzero()[0] if max(start, 1) <= at < end)
    cuts = {at: ("cut", float(step[at])) for at in likely if _cut(seen, step, at)}
    return _dissolves(seen, start, end, step) | cuts


def _steps(seen: Views) -> "Floats":
    """Say how far each frame is from the one before it."""
    import numpy as np

    apart = _apart(seen.blocks[1:], seen.blocks[:-1])
    return np.concatenate((np.zeros(1, np.float32), apart))


def _apart(one: "Floats", other: "Floats") -> "Floats":
    import numpy as np

    far: Floats = np.abs(one - other).mean(axis=(-2, -1)).sum(axis=-1)
    return far


def _shapes(seen: Views, one: int, other: int) -> float:
    """Say how unlike the distribution of light is, whatever its strength: 0 the same, 1 unrelated."""
    a, b = (seen.blocks[at, 0] - seen.blocks[at, 0].mean() for at in (one, other))
    common, calm = float((a * b).mean()), 9.0  # noise in a flat picture is no shape
    power = (float((a * a).mean()) + calm) * (float((b * b).mean()) + calm)
    return 1.0 - (common + calm) / math.sqrt(power)


def _tints(seen: Views, one: int, other: int) -> float:
    """Say how unlike the colours are, wherever they stand and however light: 0 the same, 1 none in common."""
    import numpy as np

    return float(np.abs(seen.colours[one] - seen.colours[other]).sum()) / 2


def _cut(seen: Views, step: "Floats", at: int) -> bool:
    import numpy as np

    far = float(step[at])
    around = [*range(max(1, at - _USUAL), at), *range(at + 1, min(len(step), at + _USUAL + 1))]
    usual = float(np.median(step[around])) if around else 0.0
    beside = [float(step[one]) for one in around if 1 < abs(one - at) <= _BESIDE]
    touching = [float(step[one]) for one in around if abs(one - at) == 1]
    movement = sorted([0.0, 0.0, *beside])[-2]  # the strongest may be another cut
    if far < _TIMES * usual or far < _NEXT * movement or far < max([0.0, *touching]):
        return False
    shapes = _shapes(seen, at - 1, at)
    other = shapes >= _OTHER_SHAPES or (shapes >= _MOVED and _tints(seen, at - 1, at) >= _OTHER_COLOURS)
    return other and not _flash(seen, at, far)


def _flash(seen: Views, at: int, far: float) -> bool:
    """Tell whether the view before comes back soon, or came from a flash that ends here."""
    back = [(at - 1, at + later) for later in range(1, _FLASH + 1) if at + later < len(seen.luma)]
    back += [(at - 1 - sooner, at) for sooner in range(1, _FLASH + 1) if at - 1 - sooner >= 0]
    for one, other in back:
        near = float(_apart(seen.blocks[one], seen.blocks[other])) < _BACK * far
        if near and _shapes(seen, one, other) < _SAME_SHAPES and _tints(seen, one, other) < 2 * _OTHER_COLOURS:
            return True
    return False


def _dissolves(seen: Views, start: int, end: int, step: "Floats") -> dict[int, Change]:
    found: dict[int, Change] = {}
    for half in _HALVES:
        low, high = max(start, half), min(end, len(seen.luma) - half)
        if low >= high:
            continue
        far = _apart(seen.blocks[low + half : high + half], seen.blocks[low - half : high - half])
        for at in (low + int(place) for place in (far >= _MIXED).nonzero()[0]):
            strength = _dissolved(seen, at, half, step, float(far[at - low]))
            if strength > found.get(at, ("", 0.0))[1]:
                found[at] = ("dissolve", strength)
    return found


def _dissolved(seen: Views, at: int, half: int, step: "Floats", far: float) -> float:
    """Say how surely a frame is the middle of a dissolve: 0 not at all.

    Two views laid over each other are also less sharp than each alone. Where there is next to nothing to see, in
    darkness or a clear sky, nobody can tell.
    """
    one, other = at - half, at + half
    if min(float(seen.sharp[one]), float(seen.sharp[other])) < _PLAIN:
        return 0.0
    if float(step[one + 1 : other + 1].max()) > _EVEN * far:
        return 0.0
    off = float(_apart(seen.blocks[at], (seen.blocks[one] + seen.blocks[other]) / 2)) / far
    blurred = float(seen.sharp[at]) < _BLUR * float(seen.sharp[one] + seen.sharp[other]) / 2
    if off > _MIDDLE or not blurred or _shapes(seen, one, other) < _MIXED_SHAPES:
        return 0.0
    return far * (1 - off)
