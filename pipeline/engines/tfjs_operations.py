"""Operations of TensorFlow graphs, as calls of torch with all that is constant settled beforehand."""

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from pipeline.errors import Misconfigured

if TYPE_CHECKING:
    import torch

    Tensor: TypeAlias = torch.Tensor
else:
    Tensor: TypeAlias = Any

Node: TypeAlias = Mapping[str, Any]
Prepared: TypeAlias = tuple[Callable[..., Any], tuple[int, ...]]
"""The call, and which of the node's inputs it takes."""

_BACK = (0, 2, 3, 1)
_FRONT = (0, 3, 1, 2)


def prepare(node: Node, constants: Sequence[Any], *, alone: bool) -> Prepared:
    """Return the call for a node; ``constants`` holds the inputs that are known now, else ``None``.

    ``alone``: nobody else reads the first input, so that it may be overwritten.
    """
    operation = node["op"]
    if operation in _PLAIN:
        return _PLAIN[operation], tuple(range(len(constants)))
    if operation in _MADE:
        return _MADE[operation](node, constants, alone), (0,)
    if operation == "ConcatV2":
        return _joined(constants), tuple(range(len(constants) - 1))
    raise Misconfigured(f"the graph model needs the operation {operation}, which is not known here", code="E-CONF-005")


def _add(left: Tensor, right: Tensor) -> Tensor:
    return left + right


def _multiply(left: Tensor, right: Tensor) -> Tensor:
    return left * right


def _subtract(left: Tensor, right: Tensor) -> Tensor:
    return left - right


def _sigmoid(value: Tensor) -> Tensor:
    return value.sigmoid()


def _same(value: Any) -> Any:
    return value


def _scattered(places: Tensor, shape: Tensor, values: Tensor, rest: Tensor) -> Tensor:
    import torch

    found = torch.full(_whole(shape), rest.item(), dtype=values.dtype)
    found[tuple(places.long().T) if places.dim() > 1 else places.long()] = values
    return found


def _whole(value: Tensor) -> list[int]:
    return [int(one) for one in value.flatten().tolist()]


def _joined(constants: Sequence[Any]) -> Callable[..., Tensor]:
    import torch

    axis = int(constants[-1])
    return lambda *parts: torch.cat(parts, axis)


def _convolution(node: Node, constants: Sequence[Any], _alone: bool) -> Callable[[Tensor], Tensor]:
    return _convolve(node, constants, constants[1].permute(3, 2, 0, 1))


def _depthwise(node: Node, constants: Sequence[Any], _alone: bool) -> Callable[[Tensor], Tensor]:
    kernel = constants[1].permute(2, 3, 0, 1)
    return _convolve(node, constants, kernel.reshape(-1, 1, *kernel.shape[2:]))


def _convolve(node: Node, constants: Sequence[Any], kernel: Tensor) -> Callable[[Tensor], Tensor]:
    import torch
    from torch.nn import functional

    settings = node["attr"]
    if base64.b64decode(settings.get("data_format", {}).get("s", "TkhXQw==")) != b"NHWC":
        raise Misconfigured("the graph model convolves channels first, which is not known here", code="E-CONF-005")
    stride = tuple(int(one) for one in settings["strides"]["list"]["i"])[1:3]
    spread = tuple(int(one) for one in settings.get("dilations", {}).get("list", {}).get("i", (1, 1, 1, 1)))[1:3]
    fused = {base64.b64decode(one) for one in settings.get("fused_ops", {}).get("list", {}).get("s", ())}
    bias = constants[2] if b"BiasAdd" in fused else None
    same = base64.b64decode(settings["padding"]["s"]) == b"SAME"
    sides = _sides(node, constants)
    kernel = kernel.contiguous(memory_format=torch.channels_last)

    def work(pictures: Tensor) -> Tensor:
        planes = pictures.permute(_FRONT)
        borders, beside = sides, (0, 0)
        if same:
            borders = _same_padding(planes.shape[2:], kernel.shape[2:], stride, spread)
        if borders[0] == borders[1] and borders[2] == borders[3]:
            beside = (borders[2], borders[0])
        else:
            planes = functional.pad(planes, borders)
        groups = planes.shape[1] // kernel.shape[1]
        found = functional.conv2d(planes, kernel, bias, stride, beside, spread, groups)
        if b"Relu" in fused:
            found = found.relu_()
        if b"Relu6" in fused:
            found = functional.relu6(found, inplace=True)
        return found.permute(_BACK)

    return work


def _sides(node: Node, constants: Sequence[Any]) -> tuple[int, int, int, int]:
    """Return the padding that was written before the convolution: left, right, top, bottom."""
    if "padded_by" not in node:
        return 0, 0, 0, 0
    before, turn = constants[-2].tolist(), _whole(constants[-1])
    (top, bottom), (left, right) = before[turn[1]], before[turn[2]]
    return int(left), int(right), int(top), int(bottom)


def _same_padding(
    size: Sequence[int], kernel: Sequence[int], stride: Sequence[int], spread: Sequence[int]
) -> tuple[int, int, int, int]:
    """Return TensorFlow's SAME padding, which puts the odd pixel at the end."""
    needed = [
        max((-(-length // step) - 1) * step + (taps - 1) * gap + 1 - length, 0)
        for length, taps, step, gap in zip(size, kernel, stride, spread, strict=True)
    ]
    height, width = needed
    return width // 2, width - width // 2, height // 2, height - height // 2


def _leaky(node: Node, _constants: Sequence[Any], alone: bool) -> Callable[[Tensor], Tensor]:
    from torch.nn import functional

    slope = float(node["attr"]["alpha"]["f"])
    return lambda value: functional.leaky_relu(value, slope, inplace=alone)


def _rectified(node: Node, _constants: Sequence[Any], alone: bool) -> Callable[[Tensor], Tensor]:
    from torch.nn import functional

    if node["op"] == "Relu6":
        return lambda value: functional.relu6(value, inplace=alone)
    return lambda value: functional.relu(value, inplace=alone)


def _transposed(_node: Node, constants: Sequence[Any], _alone: bool) -> Callable[[Tensor], Tensor]:
    turn = _whole(constants[1])
    return lambda value: value.permute(turn)


def _reshaped(_node: Node, constants: Sequence[Any], _alone: bool) -> Callable[[Tensor], Tensor]:
    shape = _whole(constants[1])

    def work(value: Tensor) -> Tensor:
        many = value.dim() > 1 and shape[0] == 1 and value.shape[0] > 1
        return value.reshape([value.shape[0], *shape[1:]] if many else shape)

    return work


def _split(_node: Node, constants: Sequence[Any], _alone: bool) -> Callable[[Tensor], tuple[Tensor, ...]]:
    sizes, axis = _whole(constants[1]), int(constants[2])
    return lambda value: value.split(sizes, axis)


def _padded(_node: Node, constants: Sequence[Any], _alone: bool) -> Callable[[Tensor], Tensor]:
    from torch.nn import functional

    borders = [int(side) for pair in reversed(constants[1].tolist()) for side in pair]
    filling = float(constants[2]) if len(constants) > 2 else 0.0  # noqa: PLR2004 (PadV2 has a third input)
    return lambda value: functional.pad(value, borders, value=filling)


def _averaged(node: Node, constants: Sequence[Any], _alone: bool) -> Callable[[Tensor], Tensor]:
    axes, keep = _whole(constants[1]), bool(node["attr"].get("keep_dims", {}).get("b"))
    return lambda value: value.mean(axes, keepdim=keep)


def _largest(node: Node, _constants: Sequence[Any], _alone: bool) -> Callable[[Tensor], Tensor]:
    from torch.nn import functional

    if base64.b64decode(node["attr"]["padding"]["s"]) != b"VALID":
        raise Misconfigured("the graph model pools with padding, which is not known here", code="E-CONF-005")
    window = tuple(int(one) for one in node["attr"]["ksize"]["list"]["i"])[1:3]
    stride = tuple(int(one) for one in node["attr"]["strides"]["list"]["i"])[1:3]
    return lambda value: functional.max_pool2d(value.permute(_FRONT), window, stride).permute(_BACK)


def _resized(node: Node, constants: Sequence[Any], _alone: bool) -> Callable[[Tensor], Tensor]:
    from torch.nn import functional

    size, settings = _whole(constants[1]), node["attr"]
    corners = bool(settings.get("align_corners", {}).get("b"))
    if not corners and not settings.get("half_pixel_centers", {}).get("b"):
        raise Misconfigured("the graph model resizes in the first way of TensorFlow, not known here", code="E-CONF-005")

    def work(value: Tensor) -> Tensor:
        found = functional.interpolate(value.permute(_FRONT), size, mode="bilinear", align_corners=corners)
        return found.permute(_BACK)

    return work


_PLAIN: Mapping[str, Callable[..., Any]] = {
    "Add": _add, "AddV2": _add, "BiasAdd": _add, "Mul": _multiply, "Sub": _subtract, "Sigmoid": _sigmoid,
    "Identity": _same, "SparseToDense": _scattered,
}  # fmt: skip
_MADE: Mapping[str, Callable[[Node, Sequence[Any], bool], Callable[..., Any]]] = {
    "Conv2D": _convolution, "_FusedConv2D": _convolution,
    "DepthwiseConv2dNative": _depthwise, "FusedDepthwiseConv2dNative": _depthwise,
    "LeakyRelu": _leaky, "Relu": _rectified, "Relu6": _rectified, "Transpose": _transposed, "Reshape": _reshaped,
    "SplitV": _split, "Pad": _padded, "PadV2": _padded, "Mean": _averaged, "MaxPool": _largest,
    "ResizeBilinear": _resized,
}  # fmt: skip
