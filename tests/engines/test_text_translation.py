"""Text translation: real loading code on tiny models in the real file formats; alone, in company, in both libraries."""

import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.ports import TextTranslator
from pipeline.engines import text_translation
from pipeline.engines.text_translation import Converted, SequenceToSequence
from pipeline.errors import Misconfigured
from pipeline.weights import Installed
from pipeline.weights.card import Card
from tests.engines import tiny_translators

FAMILIES = ["marian", "m2m100", "nllb"]
PAIRS = {"marian": ["de"], "m2m100": ["ar", "tr", "fr", "de"], "nllb": ["ar", "ckb", "kmr", "tr", "fr", "de"]}
TEXTS = [
    "Die Soldaten kamen um neun Uhr in das Dorf.", "Der Raum.", "Der Raum wurde genutzt.",
    "Les soldats sont arrivés.", "وصل الجنود إلى القرية.", "Die Soldaten kamen in das Dorf.", "Das Dorf.", "Neun Uhr.",
]  # fmt: skip

# The converter's own tokenizer asks for a library that it does without.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:Recommended. pip install sacremoses"),
]


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    root = tmp_path_factory.mktemp("translators")
    made = {one: getattr(tiny_translators, one)(root / one) for one in FAMILIES}
    return made | {f"{one}-ct2": tiny_translators.convert(made[one], root / f"{one}-ct2") for one in FAMILIES}


def _installed(folder: Path, family: str, **options: str | int) -> Installed:
    files = sorted(one for one in folder.iterdir() if one.is_file())
    known = ("model.bin", "model.safetensors", "pytorch_model.bin")
    weights = next(name for name in known if (folder / name).exists())
    card = Card.model_validate({
        "name": "tiny", "port": "text_translator", "about": "made by the test", "profiles": ["standard"],
        "adapters": {"transformers": "pipeline.engines.text_translation:SequenceToSequence"},
        "provenance": "pinned-unverified", "licence": "none", "memory_bytes": 1_000_000, "weights": weights,
        "options": {"family": family, **options},
        "translation": {one: {"en": "low"} for one in PAIRS[family]},
        "sources": [{"kind": "hub", "repo": "tiny/tiny", "revision": "0" * 40, "files": [
            {"name": one.name, "bytes": one.stat().st_size, "sha256": hashlib.sha256(one.read_bytes()).hexdigest(),
             "parts": [{"path": one.name}]} for one in files
        ]}],
    })  # fmt: skip
    return Installed(card=card, source=card.sources[0], files={one.name: one for one in files})


@pytest.mark.parametrize("family", FAMILIES)
class TestEveryFamily:
    def test_it_serves_the_port_and_says_who_it_is(self, folders: Mapping[str, Path], family: str) -> None:
        installed = _installed(folders[family], family)
        engine = SequenceToSequence(installed, threads=1)
        assert isinstance(engine, TextTranslator)
        assert engine.pairs["de"] == {"en": "low"}
        assert engine.parameters["family"] == family
        assert engine.parameters["files"].keys() == installed.files.keys() - {"model.safetensors"}
        with pytest.raises(Misconfigured, match="'en' into 'de'"):
            engine.translate(["x"], "en", "de")

    @pytest.mark.parametrize("beam", [1, 3])
    def test_company_batch_and_order_change_nothing(
        self, folders: Mapping[str, Path], family: str, beam: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        engine = SequenceToSequence(_installed(folders[family], family, beam=beam), threads=1)
        alone = [engine.translate([one], "de", "en")[0] for one in TEXTS]
        assert len({one.text for one in alone}) > len(TEXTS) // 2  # the model says something of its own of each
        assert all(one.score is not None and 0 < one.score < 1 for one in alone)
        assert engine.translate(TEXTS, "de", "en") == alone
        assert engine.translate(TEXTS[::-1], "de", "en") == alone[::-1]
        monkeypatch.setattr(text_translation, "_AT_ONCE", {"cpu": 2})
        assert engine.translate(TEXTS * 2, "de", "en") == alone * 2
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(lambda one: engine.translate([one], "de", "en")[0], TEXTS)) == alone

    def test_both_libraries_say_the_same(self, folders: Mapping[str, Path], family: str) -> None:
        one = SequenceToSequence(_installed(folders[family], family, beam=1), threads=1).translate(TEXTS, "de", "en")
        other = Converted(_installed(folders[f"{family}-ct2"], family, beam=1), threads=1)
        assert isinstance(other, TextTranslator)
        found = other.translate(TEXTS, "de", "en")
        assert [piece.text for piece in found] == [piece.text for piece in one]
        assert [piece.score for piece in found] == pytest.approx([piece.score for piece in one], abs=0.02)
        assert [other.translate([text], "de", "en")[0] for text in TEXTS] == found

    def test_a_long_text_is_read_whole(
        self, folders: Mapping[str, Path], family: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        engine = SequenceToSequence(_installed(folders[family], family, beam=1), threads=1)
        parts = [engine.translate([one], "de", "en")[0].text for one in (TEXTS[0], TEXTS[2])]
        assert engine._spelling.pieces(f"{TEXTS[0]} {TEXTS[2]}", "de", 400) == [
            engine._spelling.ids(f"{TEXTS[0]} {TEXTS[2]}", "de")
        ]
        longest = max(len(engine._spelling.ids(one, "de")) for one in (TEXTS[0], TEXTS[2]))
        monkeypatch.setattr(text_translation, "_LONGEST", longest)
        assert engine.translate([f"{TEXTS[0]} {TEXTS[2]}"], "de", "en")[0].text == " ".join(one for one in parts if one)


def test_languages_are_told_to_the_model_in_its_own_names(folders: Mapping[str, Path]) -> None:
    spelling = SequenceToSequence(_installed(folders["nllb"], "nllb"), threads=1)._spelling
    for language, name in (("ar", "arb_Arab"), ("ckb", "ckb_Arab"), ("kmr", "kmr_Latn"), ("tr", "tur_Latn")):
        assert spelling.names_of(spelling.ids("9", language))[0] == name
    first = spelling.first("en")
    assert first is not None
    assert spelling.names_of([first]) == ["eng_Latn"]
    m2m = SequenceToSequence(_installed(folders["m2m100"], "m2m100"), threads=1)._spelling
    assert m2m.names_of(m2m.ids("9", "ar"))[0] == "__ar__"


def test_a_language_that_the_family_has_not_is_named_at_once(folders: Mapping[str, Path]) -> None:
    installed = _installed(folders["m2m100"], "m2m100")
    card = installed.card.model_copy(update={"translation": {"kmr": {"en": "low"}}})
    with pytest.raises(Misconfigured, match="kmr"):
        SequenceToSequence(Installed(card=card, source=installed.source, files=installed.files), threads=1)


def test_only_the_files_of_the_card_are_loaded(folders: Mapping[str, Path], tmp_path: Path) -> None:
    import shutil

    other = tmp_path / "copy"
    shutil.copytree(folders["marian"], other)
    (other / "adapter_config.json").write_text("{ not json")
    (other / "custom.py").write_text("raise SystemExit")
    named = _installed(folders["marian"], "marian")
    installed = Installed(card=named.card, source=named.source, files={name: other / name for name in named.files})
    expected = SequenceToSequence(named, threads=1).translate(TEXTS, "de", "en")
    assert SequenceToSequence(installed, threads=1).translate(TEXTS, "de", "en") == expected


def test_weights_in_the_older_format_are_the_same(folders: Mapping[str, Path], tmp_path: Path) -> None:
    import shutil

    import safetensors.torch
    import torch

    older = tmp_path / "older"
    shutil.copytree(folders["marian"], older)
    torch.save(safetensors.torch.load_file(older / "model.safetensors"), older / "pytorch_model.bin")
    (older / "model.safetensors").unlink()
    installed = _installed(older, "marian")
    assert "pytorch_model.bin" in installed.files
    expected = SequenceToSequence(_installed(folders["marian"], "marian"), threads=1).translate(TEXTS, "de", "en")
    assert SequenceToSequence(installed, threads=1).translate(TEXTS, "de", "en") == expected


def test_weights_that_would_run_code_are_not_loaded(folders: Mapping[str, Path], tmp_path: Path) -> None:
    import pickle
    import shutil

    class Harmful:
        def __reduce__(self) -> tuple[Any, ...]:
            return exec, (f"open({str(tmp_path / 'ran')!r}, 'w')",)

    older = tmp_path / "harmful"
    shutil.copytree(folders["marian"], older)
    (older / "model.safetensors").unlink()
    (older / "pytorch_model.bin").write_bytes(pickle.dumps(Harmful(), protocol=2))
    with pytest.raises(pickle.UnpicklingError):
        SequenceToSequence(_installed(older, "marian"), threads=1)
    assert not (tmp_path / "ran").exists()


def test_naming_the_engine_loads_nothing(folders: Mapping[str, Path]) -> None:
    broken: dict[str, Any] = {name: Path("/nowhere") / name for name in _installed(folders["nllb"], "nllb").files}
    installed = _installed(folders["nllb"], "nllb")
    who = SequenceToSequence.identity(Installed(card=installed.card, source=installed.source, files=broken))
    assert (who.engine, who.model) == ("transformers-translate", "tiny")
    assert set(who.environment) == {"transformers", "torch", "tokenizers", "sentencepiece"}
