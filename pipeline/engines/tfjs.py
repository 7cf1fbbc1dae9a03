"""TF.js: reads a TensorFlow.js graph model and runs it with torch, any number of pictures at a time."""

import base64
import json
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from pipeline.engines import tfjs_operations as operations
from pipeline.errors import Misconfigured

if TYPE_CHECKING:
    import torch

    Tensor: TypeAlias = torch.Tensor
else:
    Tensor: TypeAlias = Any

Node: TypeAlias = dict[str, Any]
Step: TypeAlias = tuple[str, Callable[..., Any], tuple[str, ...], tuple[str, ...]]
"""What it makes, how, from what, and what nobody needs afterwards."""

_CONVOLUTIONS = {"Conv2D", "_FusedConv2D"}


class Graph:
    """A graph model made ready once: constants folded, kernels laid out, every operation a plain call.

    The model's own axes are kept (pictures are ``(n, channels, height, width)`` or ``(n, height, width,
    channels)``, as it was exported); in memory the channels had better come last, which convolutions like best.
    A shape that was exported for one picture is widened to as many as are asked about.
    """

    def __init__(self, nodes: Sequence[Node], weights: Mapping[str, Tensor], outputs: Sequence[str]) -> None:
        known = {one["name"]: one for one in nodes}
        self._outputs = [_plain(name) for name in outputs]
        _spread_padding(known)
        self._values: dict[str, Any] = {}
        self._steps: list[Step] = []
        self._input = next(one["name"] for one in nodes if one["op"] == "Placeholder")
        order = list(_order(known, self._outputs))
        uses = Counter(_plain(one) for name in order for one in _inputs(known[name]))
        for name in order:
            self._add(known[name], weights, alone=_alone(known, uses, name))
        self._forget()

    def __call__(self, pictures: Tensor) -> list[Tensor]:
        """Return the outputs named, in order, for a batch of pictures."""
        import torch

        values = dict(self._values)
        with torch.inference_mode():
            values[self._input] = pictures
            for name, work, asked, over in self._steps:
                values[name] = work(*[_part(values, one) for one in asked])
                for one in over:
                    del values[one]
        return [values[one] for one in self._outputs]

    def _add(self, node: Node, weights: Mapping[str, Tensor], *, alone: bool) -> None:
        name, asked = node["name"], tuple(_inputs(node))
        if node["op"] == "Placeholder":
            return
        if node["op"] == "Const":
            self._values[name] = weights[name]
            return
        constants = [_part(self._values, one) if _plain(one) in self._values else None for one in asked]
        work, live = operations.prepare(node, constants, alone=alone)
        if all(one is not None for one in constants):
            self._values[name] = work(*[constants[at] for at in live])
        else:
            self._steps.append((name, work, tuple(asked[at] for at in live), ()))

    def _forget(self) -> None:
        """Drop constants that only made other constants, and each value after its last use."""
        needed = {_plain(one) for _, _, asked, _ in self._steps for one in asked} | set(self._outputs)
        self._values = {name: value for name, value in self._values.items() if name in needed}
        later = set(self._outputs) | set(self._values)
        freed: list[Step] = []
        for name, work, asked, _ in reversed(self._steps):
            over = {_plain(one) for one in asked} - later
            later |= over
            freed.append((name, work, asked, tuple(sorted(over))))
        self._steps = freed[::-1]


def read_graph(model: Path, weights: Sequence[Path], outputs: Sequence[str], device: str = "cpu") -> Graph:
    """Read a graph model from its ``model.json`` and its weight files; ``Misconfigured`` says what does not fit."""
    try:
        value = json.loads(model.read_text(encoding="utf-8"))
        nodes, groups = value["modelTopology"]["node"], value["weightsManifest"]
    except (OSError, ValueError, KeyError, TypeError) as err:
        raise Misconfigured(f"{model}: not a graph model: {err!r}", code="E-CONF-005") from err
    raw = b"".join(file.read_bytes() for file in weights)
    tensors = _weights([one for group in groups for one in group["weights"]], raw)
    # Whole numbers are shapes and axes, which the processor reads.
    placed = {name: one.to(device) if one.is_floating_point() else one for name, one in tensors.items()}
    return Graph(nodes, placed, outputs)


def _weights(specs: Sequence[Mapping[str, Any]], raw: bytes) -> dict[str, Tensor]:
    """Cut the bytes into the tensors that the manifest lists, one after another; all of them must be used."""
    import numpy as np
    import torch

    kinds = {"float32": np.float32, "int32": np.int32, "bool": np.bool_}
    found: dict[str, Tensor] = {}
    offset = 0
    for spec in specs:
        packed = spec.get("quantization")
        stored, kind = np.dtype(packed["dtype"] if packed else kinds[spec["dtype"]]), kinds[spec["dtype"]]
        count = math.prod(spec["shape"])
        if offset + count * stored.itemsize > len(raw):
            raise Misconfigured("the graph model's weights are cut short", code="E-CONF-005")
        flat = np.frombuffer(raw, stored.newbyteorder("<"), count, offset)
        offset += flat.nbytes
        if packed and "scale" in packed:
            flat = flat.astype(np.float32) * packed["scale"] + packed["min"]
        found[spec["name"]] = torch.from_numpy(flat.astype(kind).reshape(spec["shape"]))
    if offset != len(raw):
        raise Misconfigured("the graph model's weights are longer than its manifest", code="E-CONF-005")
    return found


def _order(nodes: Mapping[str, Node], wanted: Sequence[str]) -> Iterator[str]:
    """Yield the nodes that the outputs need, each after what it is made from."""
    seen: set[str] = set()
    waiting = [(name, False) for name in reversed(wanted)]
    while waiting:
        name, ready = waiting.pop()
        if ready:
            yield name
        elif name not in seen:
            if name not in nodes:
                raise Misconfigured(f"the graph model has no node {name!r}", code="E-CONF-005")
            seen.add(name)
            waiting.append((name, True))
            waiting += [(_plain(one), False) for one in _inputs(nodes[name])]


def _spread_padding(nodes: Mapping[str, Node]) -> None:
    """Let a transposition stand before the padding that feeds it, so that a convolution may pad by itself.

    Exporters write padding, transposition, convolution; turned round it is the same, and padding beside
    the convolution costs no copy of the picture.
    """
    uses = Counter(_plain(one) for node in nodes.values() for one in _inputs(node))
    for node in nodes.values():
        if node["op"] not in _CONVOLUTIONS or base64.b64decode(node["attr"]["padding"]["s"]) != b"VALID":
            continue
        turned = nodes[_plain(node["input"][0])]
        padded = nodes[_plain(turned["input"][0])] if turned["op"] == "Transpose" else None
        if padded is None or padded["op"] != "Pad" or uses[padded["name"]] != 1 or uses[turned["name"]] != 1:
            continue
        node["padded_by"] = (padded["input"][1], turned["input"][1])
        node["input"] = [*node["input"], padded["input"][1], turned["input"][1]]
        turned["input"] = [padded["input"][0], turned["input"][1]]


def _inputs(node: Node) -> list[str]:
    """Return what a node is made from, ``name`` or ``name:output``; what only sets an order is left out."""
    return [one for one in node.get("input", ()) if not one.startswith("^")]


def _alone(nodes: Mapping[str, Node], uses: Mapping[str, int], name: str) -> bool:
    """Tell whether nobody else reads what a node reads first: it may then be overwritten, which saves memory.

    A view (another order or shape of the same numbers) is followed to where the numbers were made.
    """
    asked = _inputs(nodes[name])
    while asked:
        source = nodes[_plain(asked[0])]
        if uses[source["name"]] != 1 or source["op"] in {"Placeholder", "Const", "SplitV"}:
            return False
        if source["op"] not in {"Transpose", "Reshape", "Identity"}:
            return True
        asked = _inputs(source)
    return False


def _plain(reference: str) -> str:
    return reference.partition(":")[0]


def _part(values: Mapping[str, Any], reference: str) -> Any:
    name, _, number = reference.partition(":")
    value = values[name]
    return value[int(number or 0)] if isinstance(value, tuple) else value
