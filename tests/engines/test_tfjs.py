"""TF.js graphs: what TensorFlow's operations are defined to give, for one picture and for many."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from pipeline.engines.tfjs import Graph, read_graph
from pipeline.errors import Misconfigured
from pipeline.weights import Installed

Tensor = torch.Tensor


class Drawing:
    """A graph model under construction: nodes, and the weights that they name."""

    def __init__(self) -> None:
        self.nodes: list[dict[str, Any]] = [{"name": "x", "op": "Placeholder", "attr": {}}]
        self.values: dict[str, np.ndarray[Any, Any]] = {}

    def constant(self, name: str, value: Any, kind: str = "float32") -> str:
        self.values[name] = np.asarray(value, kind)
        self.nodes.append({"name": name, "op": "Const", "attr": {}})
        return name

    def add(self, name: str, op: str, *inputs: str, **attr: Any) -> str:
        self.nodes.append({"name": name, "op": op, "input": list(inputs), "attr": attr})
        return name

    def save(self, folder: Path) -> tuple[Path, Path]:
        specs = [{"name": n, "shape": list(v.shape), "dtype": str(v.dtype)} for n, v in self.values.items()]
        value = {"modelTopology": {"node": self.nodes}, "weightsManifest": [{"paths": ["w.bin"], "weights": specs}]}
        (folder / "model.json").write_text(json.dumps(value))
        (folder / "w.bin").write_bytes(b"".join(one.tobytes() for one in self.values.values()))
        return folder / "model.json", folder / "w.bin"

    def open(self, folder: Path, *outputs: str) -> Graph:
        model, weights = self.save(folder)
        return read_graph(model, [weights], outputs)


def word(text: str) -> dict[str, str]:
    return {"s": base64.b64encode(text.encode()).decode()}


def steps(*numbers: int) -> dict[str, Any]:
    return {"list": {"i": [str(one) for one in numbers]}}


@pytest.mark.parametrize("size", [7, 8])
@pytest.mark.parametrize("stride", [1, 2])
def test_same_padding_puts_the_odd_pixel_at_the_end(tmp_path: Path, size: int, stride: int) -> None:
    drawing = Drawing()
    kernel = np.zeros((3, 3, 1, 1))
    kernel[0, 0] = 1  # looks one up and one to the left
    drawing.constant("k", kernel)
    drawing.add("y", "Conv2D", "x", "k", strides=steps(1, stride, stride, 1), padding=word("SAME"))
    picture = torch.arange(float(size * size)).reshape(1, size, size, 1)
    (found,) = drawing.open(tmp_path, "y")(picture)
    total = max((-(-size // stride) - 1) * stride + 3 - size, 0)
    before = total // 2
    padded = functional.pad(picture[..., 0], (before, total - before, before, total - before))[0]
    expected = padded[: size + total - 2 : stride, : size + total - 2 : stride]
    assert torch.equal(found[0, :, :, 0], expected)


def test_padding_before_a_transposition_is_the_convolutions_own(tmp_path: Path) -> None:
    drawing = Drawing()
    rng = np.random.default_rng(1)
    weights = rng.standard_normal((3, 3, 4, 5)).astype("float32")
    drawing.constant("pads", [[0, 0], [0, 0], [2, 2], [1, 1]], "int32")
    drawing.constant("turn", [0, 2, 3, 1], "int32")
    drawing.constant("k", weights)
    drawing.add("p", "Pad", "x", "pads")
    drawing.add("t", "Transpose", "p", "turn")
    drawing.add("y", "Conv2D", "t", "k", strides=steps(1, 1, 1, 1), padding=word("VALID"))
    picture = torch.from_numpy(rng.standard_normal((3, 4, 9, 6)).astype("float32"))
    graph = drawing.open(tmp_path, "y")
    expected = functional.conv2d(picture, torch.from_numpy(weights).permute(3, 2, 0, 1), padding=(2, 1))
    assert torch.allclose(graph(picture)[0].permute(0, 3, 1, 2), expected, atol=1e-5)
    assert len(graph._steps) == 2  # the padding costs no step of its own


def test_what_two_nodes_read_is_not_overwritten(tmp_path: Path) -> None:
    drawing = Drawing()
    drawing.constant("one", [1.0])
    drawing.constant("turn", [0, 2, 1], "int32")
    drawing.add("sum", "AddV2", "x", "one")
    drawing.add("seen", "Transpose", "sum", "turn")
    drawing.add("cut", "Relu", "seen")
    drawing.add("both", "AddV2", "sum", "one")
    graph = drawing.open(tmp_path, "cut", "both")
    value = torch.tensor([[[-3.0, 2.0], [5.0, -9.0]]])
    cut, both = graph(value.clone())
    assert torch.equal(cut, (value + 1).relu().permute(0, 2, 1))
    assert torch.equal(both, value + 2)


def test_a_split_gives_each_part_and_a_shape_grows_with_the_batch(tmp_path: Path) -> None:
    drawing = Drawing()
    drawing.constant("sizes", [1, 3], "int32")
    drawing.constant("axis", 1, "int32")
    drawing.constant("shape", [1, -1], "int64")
    drawing.values["shape"] = drawing.values["shape"].astype("int32")
    drawing.add("parts", "SplitV", "x", "sizes", "axis")
    drawing.add("first", "Sigmoid", "parts")
    drawing.add("rest", "Reshape", "parts:1", "shape")
    picture = torch.arange(40.0).reshape(5, 4, 2)
    first, rest = drawing.open(tmp_path, "first", "rest")(picture)
    assert torch.equal(first, picture[:, :1].sigmoid())
    assert torch.equal(rest, picture[:, 1:].reshape(5, 6))


@pytest.mark.parametrize("packing", ["float16", "uint8"])
def test_packed_weights_are_unpacked(tmp_path: Path, packing: str) -> None:
    drawing = Drawing()
    drawing.constant("c", [0.0, 0.5, 1.0])
    drawing.add("y", "AddV2", "x", "c")
    model, weights = drawing.save(tmp_path)
    value = json.loads(model.read_text())
    pack: dict[str, Any] = {"dtype": packing}
    if packing == "uint8":
        pack |= {"scale": 0.5, "min": 0.0}
    value["weightsManifest"][0]["weights"][0]["quantization"] = pack
    model.write_text(json.dumps(value))
    weights.write_bytes(np.asarray([0, 1, 2] if packing == "uint8" else [0, 0.5, 1], packing).tobytes())
    (found,) = read_graph(model, [weights], ["y"])(torch.zeros(1, 3))
    assert found.tolist() == [[0.0, 0.5, 1.0]]


def test_an_operation_that_is_not_known_is_named(tmp_path: Path) -> None:
    drawing = Drawing()
    drawing.add("y", "Einsum", "x")
    with pytest.raises(Misconfigured, match="Einsum"):
        drawing.open(tmp_path, "y")


@pytest.mark.parametrize("change", [b"more", b""], ids=["longer", "cut"])
def test_weights_of_another_length_are_an_error(tmp_path: Path, change: bytes) -> None:
    drawing = Drawing()
    drawing.constant("c", [1.0, 2.0])
    drawing.add("y", "AddV2", "x", "c")
    model, weights = drawing.save(tmp_path)
    weights.write_bytes(weights.read_bytes() + change if change else weights.read_bytes()[:-1])
    with pytest.raises(Misconfigured) as caught:
        read_graph(model, [weights], ["y"])
    assert caught.value.code == "E-CONF-005"


@pytest.mark.slow
def test_a_picture_in_a_batch_gives_what_it_gives_alone(installed: Callable[[str], Installed]) -> None:
    files = installed("nanodet-coco").files
    graph = read_graph(files["nanodet.json"], [files["nanodet.bin"]], ["Identity_2", "Identity_5"])
    pictures = torch.from_numpy(np.random.default_rng(2).standard_normal((3, 3, 416, 416)).astype("float32"))
    together = graph(pictures)
    for at in range(3):
        for one, all_ in zip(graph(pictures[at : at + 1]), together, strict=True):
            assert torch.allclose(one[0], all_[at], atol=1e-5)
