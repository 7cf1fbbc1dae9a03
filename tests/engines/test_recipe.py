"""Recipes: pictures are prepared as the library that published them prepares them."""

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.core.ports import Pixels
from pipeline.engines.recipe import read_recipe
from pipeline.errors import Misconfigured
from tests.engines import tiny_lookers as tiny

WIDE, TALL = tiny.picture(160, 48), tiny.picture(48, 96)


@pytest.mark.slow
@pytest.mark.parametrize("picture", [WIDE, TALL], ids=["wide", "tall"])
@pytest.mark.parametrize("name", ["clip", "siglip", "detr", "rt_detr"])
def test_a_picture_is_prepared_as_the_library_does(tmp_path: Path, name: str, picture: Pixels) -> None:
    from importlib import import_module

    recipe = {"clip": tiny.CLIP_RECIPE, "siglip": tiny.SIGLIP_RECIPE, "detr": tiny.DETR_RECIPE}.get(
        name, tiny.RT_DETR_RECIPE
    )
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(recipe))
    module = import_module(f"transformers.models.{name}.image_processing_pil_{name}")
    kind = {"clip": "CLIP", "siglip": "Siglip", "detr": "Detr", "rt_detr": "RTDetr"}[name] + "ImageProcessorPil"
    theirs = getattr(module, kind).from_pretrained(tmp_path)(images=picture, return_tensors="np")["pixel_values"][0]
    ours = read_recipe(tmp_path / "preprocessor_config.json").prepare(picture)
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() < 0.05


@pytest.mark.parametrize(
    "recipe", ["", "[]", '{"size": {"max_height": 4}}', '{"do_normalize": true}', '{"size": "large"}']
)
def test_what_is_not_understood_is_an_error(tmp_path: Path, recipe: str) -> None:
    file = tmp_path / "preprocessor_config.json"
    file.write_text(recipe)
    with pytest.raises(Misconfigured) as caught:
        read_recipe(file)
    assert caught.value.code == "E-CONF-005"
