"""Graphic screeners: the score is what the model says of the graphic terms, whatever else is looked at."""

from pathlib import Path

import pytest
import torch

from pipeline.core.ports import GraphicScreener
from pipeline.engines.graphic import GraphicByClassifier, GraphicByPrompts
from pipeline.engines.open_vocabulary import OpenVocabulary
from pipeline.errors import Misconfigured
from tests.engines import tiny_lookers as tiny

pytestmark = pytest.mark.slow

PROMPTS = "pipeline.engines.graphic:GraphicByPrompts"
CLASSIFIER = "pipeline.engines.graphic:GraphicByClassifier"


def test_by_prompts_it_is_the_highest_of_the_graphic_terms(tmp_path: Path) -> None:
    folder = tiny.siglip(tmp_path / "tiny")
    screener = GraphicByPrompts(tiny.installed(folder, "graphic_screener", PROMPTS))
    tagger = OpenVocabulary(tiny.installed(folder, "tagger", PROMPTS, threshold=1e-9))
    assert isinstance(screener, GraphicScreener)
    (named,) = tagger.tag([tiny.picture()])
    graphic = {term.en for term in tagger.terms.values() if term.graphic}
    assert {"dead body", "blood", "severe injury", "mass grave"} <= graphic
    assert "tank" not in graphic
    (score,) = screener.screen([tiny.picture()])
    assert score["graphic"] == pytest.approx(max(one.score for one in named if one.label in graphic), abs=1e-6)


def test_by_classifier_it_is_the_share_of_the_graphic_labels(tmp_path: Path) -> None:
    from transformers import ViTForImageClassification
    from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

    folder = tiny.classifier(tmp_path / "tiny")
    screener = GraphicByClassifier(tiny.installed(folder, "graphic_screener", CLASSIFIER, graphic="blood, corpse"))
    assert isinstance(screener, GraphicScreener)
    given = SiglipImageProcessorPil.from_pretrained(folder)(images=tiny.picture(), return_tensors="pt")
    with torch.inference_mode():
        shares = ViTForImageClassification.from_pretrained(folder).eval()(**given).logits[0].softmax(-1)
    (score,) = screener.screen([tiny.picture()])
    assert score["graphic"] == pytest.approx(float(shares[1] + shares[2]), abs=1e-3)


def test_company_changes_nothing(tmp_path: Path) -> None:
    folder = tiny.classifier(tmp_path / "tiny")
    screener = GraphicByClassifier(tiny.installed(folder, "graphic_screener", CLASSIFIER, graphic="blood"))
    pictures = [tiny.picture(96, 64, seed) for seed in range(5)]
    assert screener.screen(pictures) == [screener.screen([one])[0] for one in pictures]


def test_a_label_that_the_model_has_not_is_an_error(tmp_path: Path) -> None:
    folder = tiny.classifier(tmp_path / "tiny")
    with pytest.raises(Misconfigured, match="corpse"):
        GraphicByClassifier(tiny.installed(folder, "graphic_screener", CLASSIFIER, graphic="gore"))
