"""Verification: a changed byte is always found by verify, and by a load whenever the file's state tells."""

import os
import subprocess
from collections.abc import Callable, Iterator
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


@pytest.fixture
def read_only(settings: Settings) -> Iterator[Callable[[], None]]:
    """Make the models folder one that nobody can write, root neither, until the test is over."""
    places: list[Path] = []

    def protect() -> None:
        here = settings.models
        if os.geteuid():
            for folder in (here, *here.iterdir()):
                folder.chmod(0o555)
                places.append(folder)
            return
        mount = ["mount", "--bind", str(here), str(here)]
        if subprocess.run(mount, check=False, capture_output=True).returncode:
            pytest.skip("nothing can be mounted here")
        places.append(here)
        subprocess.run(["mount", "-o", "remount,ro,bind", str(here)], check=True)

    yield protect
    for one in places:
        if os.geteuid():
            one.chmod(0o755)
        else:
            subprocess.run(["umount", "-l", str(one)], check=True)


def test_what_was_verified_in_a_read_only_folder_is_remembered_elsewhere(
    settings: Settings, shelf: Shelf, read_only: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.card()
    (here,) = weights.fetch(settings)
    (settings.models / "made" / ".verified.json").unlink()
    read_only()
    assert weights.require(settings.models, here.card, memory=settings.scratch)
    read: list[Path] = []

    def reading(file: Path, _: object = None) -> str:
        read.append(file)
        return ""

    with monkeypatch.context() as patch:
        patch.setattr("pipeline.weights.disk.sha256_of", reading)
        assert weights.require(settings.models, here.card, memory=settings.scratch)
        assert weights.ensure_lock(settings).ports["transcriber"].model == "made"
        assert weights.list_models(settings)[0]["here"]
        assert weights.fetch(settings)
    assert read == []


def test_a_file_changed_since_is_read_again_wherever_it_is_remembered(
    settings: Settings, shelf: Shelf, read_only: Callable[[], None]
) -> None:
    shelf.card()
    (here,) = weights.fetch(settings)
    copy = here.files["model.bin"].read_bytes()
    (settings.models / "made" / ".verified.json").write_text("{}")
    (settings.models / "made" / ".verified.json").chmod(0o444)
    assert weights.find(settings.models, here.card, memory=settings.scratch)
    file = here.files["model.bin"]
    file.unlink()
    file.write_bytes(copy)
    _flip(file)
    read_only()
    assert weights.find(settings.models, here.card, memory=settings.scratch) is None


def test_without_any_place_to_remember_weights_are_read_each_time(
    settings: Settings, shelf: Shelf, read_only: Callable[[], None]
) -> None:
    shelf.card()
    (here,) = weights.fetch(settings)
    (settings.models / "made" / ".verified.json").unlink()
    read_only()
    for memory in (None, settings.models / "scratch"):
        assert weights.find(settings.models, here.card, memory=memory)


def _flip(file: Path) -> None:
    with file.open("r+b") as stream:
        byte = os.pread(stream.fileno(), 1, 50)
        os.pwrite(stream.fileno(), bytes([byte[0] ^ 0x10]), 50)
