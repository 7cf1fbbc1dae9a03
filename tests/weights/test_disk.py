"""Verification: a changed byte is always found by verify, and by a load whenever the file's state tells."""

import os
from pathlib import Path

import pytest

from pipeline import weights
from pipeline.errors import Misconfigured
from pipeline.settings import Settings
from tests.weights.shop import Shelf


def test_verify_reads_every_byte(settings: Settings, shelf: Shelf) -> None:
    shelf.card()
    (here,) = weights.fetch(settings)
    _flip(here.files["model.bin"])
    (found,) = weights.verify(settings)
    assert found.code == "E-CONF-005"
    assert found.sha256 in (found.reason or "")


def test_a_changed_file_is_not_loaded_even_with_its_old_date(settings: Settings, shelf: Shelf) -> None:
    shelf.card()
    (here,) = weights.fetch(settings)
    file = here.files["model.bin"]
    before = file.stat()
    _flip(file)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(Misconfigured) as caught:
        weights.require(settings.models, here.card)
    assert caught.value.code == "E-CONF-005"
    assert weights.fetch(settings)[0].files["model.bin"].stat().st_size == before.st_size
    assert not [one for one in weights.verify(settings) if one.code]


def test_missing_weights_say_what_to_do(settings: Settings, shelf: Shelf) -> None:
    shelf.card()
    (card,) = weights.cards(settings).values()
    with pytest.raises(Misconfigured) as caught:
        weights.require(settings.models, card)
    assert caught.value.code == "E-CONF-004"
    assert "models fetch" in caught.value.next
    assert [one.code for one in weights.verify(settings)] == ["E-CONF-004"]


def test_the_list_tells_what_is_here_and_chosen(settings: Settings, shelf: Shelf) -> None:
    shelf.card()
    (row,) = weights.list_models(settings)
    assert (row["here"], row["chosen"], row["adapter"]) == (False, False, None)
    weights.fetch(settings)
    weights.ensure_lock(settings)
    (row,) = weights.list_models(settings)
    assert (row["here"], row["chosen"], row["adapter"]) == (True, True, "made")


def test_an_unknown_model_is_named(settings: Settings, shelf: Shelf) -> None:
    shelf.card()
    with pytest.raises(Misconfigured, match="nothing-like-it"):
        weights.fetch(settings, ["nothing-like-it"])


def _flip(file: Path) -> None:
    with file.open("r+b") as stream:
        byte = os.pread(stream.fileno(), 1, 50)
        os.pwrite(stream.fileno(), bytes([byte[0] ^ 0x10]), 50)
