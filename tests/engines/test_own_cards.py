"""Cards of one's own, as models/README.md shows them: chosen, verified, opened by engines that ship without."""

import hashlib
import re
from pathlib import Path

import pytest

from pipeline import weights
from pipeline.core.ports import GraphicScreener, TextTranslator
from pipeline.engines.graphic import GraphicByClassifier
from pipeline.engines.registry import maker_of, open_engine
from pipeline.engines.text_translation import Converted
from pipeline.errors import Misconfigured
from pipeline.settings import Settings, read_settings
from tests.conftest import CHECKOUT
from tests.engines import tiny_lookers, tiny_translators

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:Recommended. pip install sacremoses"),  # the converter's own tokenizer
]

_EXAMPLES = re.compile(r"```toml\n(.*?)```", re.DOTALL)


def _put_a_card_beside(folder: Path, adapter: str) -> Settings:
    """Take the page's example for an adapter, with a table for each file that there is."""
    page = (CHECKOUT / "models" / "README.md").read_text(encoding="utf-8")
    (example,) = [one for one in _EXAMPLES.findall(page) if f':{adapter}"' in one]
    tables = [
        f'[[sources.files]]\nname = "{one.name}"\nbytes = {one.stat().st_size}\n'
        f'sha256 = "{hashlib.sha256(one.read_bytes()).hexdigest()}"\nparts = [{{ path = "{one.name}" }}]\n'
        for one in sorted(folder.iterdir())
    ]
    name = re.search(r'^name = "(.*)"', example)
    assert name
    folder = folder.rename(folder.parent / name[1])
    (folder / "model.toml").write_text(example.partition("[[sources.files]]")[0] + "\n".join(tables), encoding="utf-8")
    here = {"models": folder.parent, "cards": folder.parent, "profile": "standard"}
    return read_settings().model_copy(update=here)


def test_a_classifier_of_graphic_content(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    settings = _put_a_card_beside(tiny_lookers.classifier(tmp_path / "models" / "tiny"), "GraphicByClassifier")

    lock, _ = weights.resolve(settings)
    screener = open_engine(GraphicScreener, settings, lock)

    assert isinstance(screener, GraphicByClassifier)
    assert maker_of(GraphicScreener, settings, lock).model == "graphic-classifier"
    (score,) = screener.screen([tiny_lookers.picture()])
    assert 0 < score["graphic"] < 1


def test_a_translator_that_was_converted(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    whole = tiny_translators.marian(tmp_path / "marian")
    settings = _put_a_card_beside(tiny_translators.convert(whole, tmp_path / "models" / "tiny"), "Converted")

    lock, _ = weights.resolve(settings)
    translator = open_engine(TextTranslator, settings, lock)

    assert isinstance(translator, Converted)
    assert translator.pairs == {"ar": {"en": "low"}}
    (said,) = translator.translate(["وصل الجنود إلى القرية."], "ar", "en")
    assert said.score is not None
    assert 0 < said.score <= 1


def test_a_file_that_is_not_the_one_of_the_card_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    settings = _put_a_card_beside(tiny_lookers.classifier(tmp_path / "models" / "tiny"), "GraphicByClassifier")
    file = settings.models / "graphic-classifier" / "config.json"
    file.write_bytes(file.read_bytes().replace(b"blood", b"water"))

    assert {one.code for one in weights.verify(settings, ["graphic-classifier"])} == {"E-CONF-005", None}
    with pytest.raises(Misconfigured, match="graphic_screener"):
        weights.resolve(settings)
