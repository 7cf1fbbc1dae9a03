"""Cards: a card that is wrong is refused with its file and field; the shipped ones say what was measured."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import Misconfigured
from pipeline.weights.card import read_card, read_cards
from tests.weights.shop import Shelf

SHIPPED = Path(__file__).resolve().parents[2] / "models"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"memory_bytes": 0}, "memory_bytes"),
        ({"profiles": ["best"]}, "profiles.0"),
        ({"provenance": "trust me"}, "provenance"),
        ({"adapters": {"made": "os.system('x')"}}, "card"),
        ({"weights": "other.bin"}, "card"),
        ({"languages": {"en": "usable"}}, "languages"),
        ({"transcription": {"en": "perfect"}}, "transcription.en"),
    ],
)
def test_a_wrong_field_is_named_with_its_file(shelf: Shelf, changes: dict[str, Any], field: str) -> None:
    file = shelf.card(**changes)
    with pytest.raises(Misconfigured) as caught:
        read_card(file)
    assert str(file) in caught.value.reason
    assert field in caught.value.reason


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/b", "..", ""])
def test_no_card_can_write_outside_its_folder(shelf: Shelf, name: str) -> None:
    source = _source(name=name, path="made/w.part")
    with pytest.raises(Misconfigured, match=r"sources\.0\.files\.0\.name"):
        read_card(shelf.card(sources=[source], weights="model.bin"))


@pytest.mark.parametrize("path", ["../../w", "/w", "a//b", "a\\..\\b", "./w"])
def test_no_member_outside_its_archive_is_named(shelf: Shelf, path: str) -> None:
    with pytest.raises(Misconfigured, match=r"parts\.0\.path"):
        read_card(shelf.card(sources=[_source(name="model.bin", path=path)]))


def test_a_card_is_named_like_its_folder(shelf: Shelf) -> None:
    file = shelf.card()
    other = file.parent.with_name("other") / file.name
    other.parent.mkdir()
    other.write_text(file.read_text())
    with pytest.raises(Misconfigured, match="name of its folder"):
        read_card(other)


def test_a_hub_source_names_a_commit(shelf: Shelf) -> None:
    hub = {"kind": "hub", "repo": "someone/model", "revision": "main", "files": _source()["files"]}
    with pytest.raises(Misconfigured, match="revision"):
        read_card(shelf.card(sources=[hub]))


def test_broken_toml_is_named(tmp_path: Path) -> None:
    file = tmp_path / "x" / "model.toml"
    file.parent.mkdir()
    file.write_text("name = ")
    with pytest.raises(Misconfigured, match=r"model\.toml"):
        read_card(file)


def test_the_shipped_cards_tell_what_whisper_base_can_do() -> None:
    cards = read_cards(SHIPPED)
    whisper = cards["whisper-base"]
    assert {tag for tag, how in whisper.transcription.items() if how == "usable"} == {"en", "fr", "de"}
    assert {tag for tag, how in whisper.transcription.items() if how == "low"} == {"ar", "tr"}
    assert not {"ckb", "kmr", "ku"} & set(whisper.transcription)
    assert set(whisper.speech_translation) == {"fr", "de"}
    assert [(source.file("model.bin").sha256 or "")[:8] for source in whisper.sources] == ["d01c3014", "905e5bf8"]
    assert {"transcriber", "speech_finder", "geographer"} <= {card.port for card in cards.values()}


def _source(name: str = "model.bin", path: str = "made/w.part") -> dict[str, Any]:
    package = {"name": "made-0", "version": "1.0", "file": "made_0.whl", "bytes": 1, "sha256": "0" * 64}
    file = {"name": name, "bytes": 1, "sha256": "0" * 64, "parts": [{"package": "made-0", "path": path}]}
    return {"kind": "pypi", "packages": [package], "files": [file]}
