"""Placing: where a box lies among others, and in a picture that was turned; left, top, width, height in fractions."""

from collections.abc import Iterable

from pipeline.core.boxes import Box


def around(boxes: Iterable[Box]) -> Box:
    """Return the smallest box around boxes."""
    every = tuple(boxes)
    left, top = min(box[0] for box in every), min(box[1] for box in every)
    right, bottom = max(box[0] + box[2] for box in every), max(box[1] + box[3] for box in every)
    return left, top, right - left, bottom - top


def shared(one: Box, other: Box) -> float:
    """Return the part of the smaller of two boxes that lies in the other, 0 to 1."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    smaller = min(one[2] * one[3], other[2] * other[3])
    return width * height / smaller if width > 0 and height > 0 and smaller > 0 else 0.0


def turned_back(box: Box, turn: int) -> Box:
    """Return a box in a picture as it was before it was turned clockwise by ``turn`` degrees."""
    left, top, width, height = box
    if turn == 90:  # noqa: PLR2004 - degrees
        return top, 1 - left - width, height, width
    if turn == 180:  # noqa: PLR2004 - degrees
        return 1 - left - width, 1 - top - height, width, height
    if turn == 270:  # noqa: PLR2004 - degrees
        return 1 - top - height, left, height, width
    return box
