"""Models of other kinds: put beside a card by hand, brought by the system's packages, or one of several for a port."""

import hashlib
from pathlib import Path

import pytest

from pipeline import weights
from pipeline.errors import Misconfigured, Unavailable
from pipeline.settings import Settings, read_settings
from pipeline.weights.lock import candidates

CARD = """
name = "own"
port = "text_translator"
about = "ours"
profiles = ["standard"]
licence = "MIT"
provenance = "pinned-unverified"
memory_bytes = 1
weights = "model.bin"
{more}
[adapters]
own = "pipeline.engines.text_translation:Converted"
[[sources]]
kind = "{kind}"
[[sources.files]]
name = "model.bin"
bytes = 7
sha256 = "{digest}"
parts = [{{ package = "ours-data", path = "{path}" }}]
"""


def _home(tmp_path: Path, kind: str, *, path: str = "model.bin", more: str = "") -> tuple[Settings, Path]:
    folder = tmp_path / "models" / "own"
    folder.mkdir(parents=True)
    digest = hashlib.sha256(b"weights").hexdigest()
    (folder / "model.toml").write_text(CARD.format(kind=kind, digest=digest, path=path, more=more))
    models = tmp_path / "models"
    return read_settings().model_copy(update={"models": models, "cards": models, "profile": "standard"}), folder


def test_files_put_beside_the_card_are_a_model_and_are_never_fetched(tmp_path: Path) -> None:
    settings, folder = _home(tmp_path, "folder")
    with pytest.raises(Unavailable, match="put them into"):
        weights.fetch(settings, ["own"])
    (folder / "model.bin").write_bytes(b"weights")
    (found,) = weights.fetch(settings, ["own"])
    assert found.files == {"model.bin": folder / "model.bin"}
    (folder / "model.bin").write_bytes(b"changed")
    assert [one.code for one in weights.verify(settings, ["own"])] == ["E-CONF-005"]


def test_a_package_of_the_system_is_named_where_it_is_missing(tmp_path: Path) -> None:
    place = tmp_path / "usr" / "share" / "model.bin"
    settings, _ = _home(tmp_path, "debian", path=str(place).lstrip("/"))
    with pytest.raises(Misconfigured, match="install the package ours-data") as caught:
        weights.fetch(settings, ["own"])
    assert caught.value.code == "E-CONF-004"
    place.parent.mkdir(parents=True)
    place.write_bytes(b"weights")
    assert weights.fetch(settings, ["own"])[0].files == {"model.bin": place}


def test_an_optional_model_that_is_missing_stops_nothing(tmp_path: Path) -> None:
    place = tmp_path / "usr" / "share" / "model.bin"
    settings, _ = _home(tmp_path, "debian", path=str(place).lstrip("/"), more="optional = true")
    assert weights.fetch(settings, ["own"]) == []
    assert weights.resolve(settings)[0].ports == {}
    place.parent.mkdir(parents=True)
    place.write_bytes(b"another edition of it")  # not the one that the card knows
    assert weights.fetch(settings, ["own"]) == []
    place.write_bytes(b"weights")
    assert set(weights.resolve(settings)[0].ports) == {"text_translator"}


@pytest.mark.parametrize("profile", ["standard", "auto"])
def test_of_several_models_for_a_port_the_preferred_comes_first(profile: str) -> None:
    known = weights.cards(read_settings())
    names = [one.name for one in candidates(known, profile) if one.port == "text_translator"]
    assert names == ["nllb-200-distilled-600m", "m2m100-418m", "opus-mt-de-en"]
    assert known[names[0]].non_commercial
