"""Open vocabulary: each term is scored as the model itself scores its phrases, and nothing else matters."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from pipeline.core.ports import Tagger
from pipeline.core.vocabulary import Vocabulary, parse
from pipeline.engines.open_vocabulary import OpenVocabulary
from pipeline.engines.prompts import Prompts
from pipeline.engines.vocabulary import read_vocabulary
from tests.engines import tiny_lookers as tiny

pytestmark = pytest.mark.slow

ADAPTER = "pipeline.engines.open_vocabulary:OpenVocabulary"
PLAIN = """
version = "9"
templates = ["{}"]
background = ["a photo of food.", "a plain surface."]
[[terms]]
id = "tank"
group = "g"
en = "tank"
ar = "دبابة"
definition = "d"
prompts = ["a photo of a tank"]
threshold = 0.5
[[terms]]
id = "fox"
group = "g"
en = "fox"
ar = "ثعلب"
definition = "d"
prompts = ["the quick brown fox"]
threshold = 0.5
"""


@pytest.fixture
def plain() -> Vocabulary:
    return parse(PLAIN)


def scored(folder: Path, vocabulary: Vocabulary) -> tuple[float, ...]:
    prompts = Prompts(tiny.installed(folder, "tagger", ADAPTER), vocabulary, vocabulary.terms)
    return prompts.scores([tiny.picture()])[0]


def test_siglip_scores_a_phrase_as_the_model_does(tmp_path: Path, plain: Vocabulary) -> None:
    from transformers import SiglipModel, SiglipTokenizer
    from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

    folder = tiny.siglip(tmp_path / "tiny")
    tokens = SiglipTokenizer.from_pretrained(folder)
    texts = tokens(
        ["a photo of a tank", "the quick brown fox"], padding="max_length", max_length=64, return_tensors="pt"
    )
    pixels = SiglipImageProcessorPil.from_pretrained(folder)(images=tiny.picture(), return_tensors="pt")
    with torch.inference_mode():
        theirs = SiglipModel.from_pretrained(folder).eval()(
            input_ids=texts["input_ids"], pixel_values=pixels["pixel_values"]
        )
    assert scored(folder, plain) == pytest.approx(theirs.logits_per_image[0].sigmoid().tolist(), abs=1e-3)


def test_clip_compares_a_phrase_with_the_background_only(tmp_path: Path, plain: Vocabulary) -> None:
    from transformers import CLIPModel, CLIPTokenizer
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    folder = tiny.clip(tmp_path / "tiny")
    tokens = CLIPTokenizer.from_pretrained(folder)
    pixels = CLIPImageProcessorPil.from_pretrained(folder)(images=tiny.picture(), return_tensors="pt")
    model, found = CLIPModel.from_pretrained(folder).eval(), []
    for phrase in ("a photo of a tank", "the quick brown fox"):
        texts = tokens([phrase, *plain.background], padding=True, return_tensors="pt")
        with torch.inference_mode():
            seen = model(**texts, pixel_values=pixels["pixel_values"])
        found.append(float(seen.logits_per_image[0].softmax(-1)[0]))
    assert scored(folder, plain) == pytest.approx(found, abs=2e-3)


@pytest.fixture(params=[tiny.siglip, tiny.clip], ids=["siglip", "clip"])
def tagger(request: pytest.FixtureRequest, tmp_path: Path) -> OpenVocabulary:
    make: Callable[[Path], Path] = request.param
    return OpenVocabulary(tiny.installed(make(tmp_path / "tiny"), "tagger", ADAPTER, threshold=1e-9))


def test_it_is_a_tagger_that_sees_every_term(tagger: OpenVocabulary) -> None:
    assert isinstance(tagger, Tagger)
    terms = read_vocabulary("1").terms
    assert tagger.unseen == ()
    assert len(tagger.vocabulary) == len(terms)
    (named,) = tagger.tag([tiny.picture()])
    assert {one.label for one in named} == {term.en for term in terms}
    assert [one.score for one in named] == sorted((one.score for one in named), reverse=True)
    assert tagger.terms["tank"].ar == "دبابة"


def test_company_changes_nothing(tagger: OpenVocabulary) -> None:
    pictures = [tiny.picture(96, 64, seed) for seed in range(6)]
    alone = [tagger.tag([one])[0] for one in pictures]
    assert tagger.tag(pictures) == alone
    assert alone[0] != alone[1]


def test_what_scores_below_a_terms_threshold_is_not_told(tmp_path: Path) -> None:
    engine = OpenVocabulary(tiny.installed(tiny.siglip(tmp_path / "tiny"), "tagger", ADAPTER))
    (named,) = engine.tag([tiny.picture()])
    assert all(one.score >= engine.terms[one.label].threshold for one in named)


def test_a_temperature_is_used_only_with_the_sentence_that_says_where_it_is_from(tmp_path: Path) -> None:
    folder = tiny.siglip(tmp_path / "tiny")
    bare = OpenVocabulary(tiny.installed(folder, "tagger", ADAPTER, threshold=1e-9, temperature=2.0))
    assert bare.calibration is None
    assert bare.tag([tiny.picture()])[0][0].calibrated is None
    said = OpenVocabulary(
        tiny.installed(folder, "tagger", ADAPTER, threshold=1e-9, temperature=2.0, calibration="fitted on 500 frames")
    )
    assert said.calibration == "fitted on 500 frames"
    first = said.tag([tiny.picture()])[0][0]
    odds = first.score / (1 - first.score)
    assert first.calibrated == pytest.approx(odds**0.5 / (1 + odds**0.5))
