"""Detectors of the DETR family: the same things in the same places as the library's own reading of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pipeline.core.ports import Detector
from pipeline.engines.transformers_detection import TransformersDetection
from pipeline.errors import Misconfigured
from pipeline.weights import Installed
from tests.engines import tiny_lookers as tiny

pytestmark = pytest.mark.slow

ADAPTER = "pipeline.engines.transformers_detection:TransformersDetection"


def opened(folder: Path, threshold: float = 0.01) -> TransformersDetection:
    return TransformersDetection(tiny.installed(folder, "detector", ADAPTER, threshold=threshold))


def read_by_the_library(folder: Path, pixels: Any, threshold: float) -> list[tuple[str, float, list[float]]]:
    from transformers import AutoModelForObjectDetection
    from transformers.models.detr.image_processing_pil_detr import DetrImageProcessorPil
    from transformers.models.rt_detr.image_processing_pil_rt_detr import RTDetrImageProcessorPil

    model = AutoModelForObjectDetection.from_pretrained(folder).eval()
    kind = RTDetrImageProcessorPil if model.config.model_type == "rt_detr" else DetrImageProcessorPil
    processor = kind.from_pretrained(folder)
    given = processor(images=pixels, return_tensors="pt")
    with torch.inference_mode():
        seen = model(pixel_values=given["pixel_values"])
    size = [(pixels.shape[0], pixels.shape[1])]
    (found,) = processor.post_process_object_detection(seen, threshold=threshold, target_sizes=size)
    rows = zip(found["labels"].tolist(), found["scores"].tolist(), found["boxes"].tolist(), strict=True)
    return [(model.config.id2label[label], score, box) for label, score, box in rows]


@pytest.mark.parametrize("make", [tiny.detr, tiny.rt_detr], ids=["detr", "rt-detr"])
def test_it_finds_what_the_library_finds(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    folder = make(tmp_path / "tiny")
    pixels = tiny.picture(96, 64)
    theirs = sorted(read_by_the_library(folder, pixels, 0.0), key=lambda one: -one[1])
    threshold = theirs[0][1] - 1e-6  # the surest of all
    (ours,) = opened(folder, threshold).detect([pixels])
    name, score, (left, top, right, bottom) = theirs[0]
    assert ours[0].label == name
    assert ours[0].score == pytest.approx(score, abs=2e-3)
    expected = np.clip([left / 96, top / 64, right / 96, bottom / 64], 0, 1)
    x, y, width, height = ours[0].box
    assert [x, y, x + width, y + height] == pytest.approx(expected.tolist(), abs=5e-3)


@pytest.mark.parametrize("make", [tiny.detr, tiny.rt_detr], ids=["detr", "rt-detr"])
def test_company_changes_nothing(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    engine = opened(make(tmp_path / "tiny"))
    pictures = [tiny.picture(96, 64 + 16 * (seed % 3), seed) for seed in range(7)]
    alone = [engine.detect([one])[0] for one in pictures]
    assert engine.detect(pictures) == alone
    assert engine.detect(pictures[::-1]) == alone[::-1]
    assert any(alone)


def test_it_is_a_detector_that_knows_its_terms(tmp_path: Path) -> None:
    engine = opened(tiny.rt_detr(tmp_path / "tiny"))
    assert isinstance(engine, Detector)
    assert engine.vocabulary == ("person", "truck", "knife")
    assert {label: term.id for label, term in engine.terms.items()} == {
        "person": "person", "truck": "truck", "knife": "edged_weapon",
    }  # fmt: skip
    assert "tank" in engine.unseen
    assert engine.parameters["device"] == "cpu"
    assert len(engine.parameters["vocabulary"]["sha256"]) == 64


def test_weights_that_could_run_code_are_not_loaded(tmp_path: Path) -> None:
    folder = tiny.rt_detr(tmp_path / "tiny")
    whole = tiny.installed(folder, "detector", ADAPTER, threshold=0.1)
    pickled = folder / "pytorch_model.bin"
    torch.save({}, pickled)
    files = {**whole.files, "pytorch_model.bin": pickled}
    del files["model.safetensors"]
    with pytest.raises(OSError, match="safetensors"):
        TransformersDetection(Installed(card=whole.card, source=whole.source, files=files))


def test_a_recipe_that_is_not_understood_is_an_error(tmp_path: Path) -> None:
    folder = tiny.rt_detr(tmp_path / "tiny")
    (folder / "preprocessor_config.json").write_text('{"size": {"max_height": 5, "max_width": 9}}')
    with pytest.raises(Misconfigured, match="max_height"):
        opened(folder)
