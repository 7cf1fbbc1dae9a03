"""Boxes: what overlaps, and which of several boxes on one thing stays."""

from collections.abc import Iterable

from pipeline.core.ports import Found

Box = tuple[float, float, float, float]


def overlap(one: Box, other: Box) -> float:
    """Return the shared part of two boxes (left, top, width, height) over all that they cover, 0 to 1."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    shared = max(width, 0.0) * max(height, 0.0)
    covered = one[2] * one[3] + other[2] * other[3] - shared
    return shared / covered if covered > 0 else 0.0


def best(found: Iterable[Found], *, most_overlap: float) -> tuple[Found, ...]:
    """Keep the surest of the boxes with one label that overlap by more; surest first, ties by place."""
    kept: list[Found] = []
    for one in sorted(found, key=lambda one: (-one.score, one.label, one.box)):
        if all(one.label != other.label or overlap(one.box, other.box) <= most_overlap for other in kept):
            kept.append(one)
    return tuple(kept)


def inside(left: float, top: float, right: float, bottom: float) -> Box:
    """Return the part of a box that lies in the picture, as fractions: left, top, width, height."""
    left, top, right, bottom = (min(max(side, 0.0), 1.0) for side in (left, top, right, bottom))
    return left, top, max(right - left, 0.0), max(bottom - top, 0.0)
