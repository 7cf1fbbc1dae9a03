"""What is made to be looked at is made once, goes with its asset, and never keeps those who read waiting for ever."""

import threading
import time
from pathlib import Path

import pytest

from pipeline.core.model import AssetId
from pipeline.errors import Unavailable
from pipeline.usecases import making, tombstones
from tests.web.conftest import Visitor
from tests.web.planted import Planted


def files(vault: Planted, asset: str) -> list[Path]:
    return sorted((vault.app.home.settings.scratch / "shown" / asset).glob("*"))


def test_it_is_made_once_and_goes_when_its_asset_is_disposed_of(vault: Planted, signed_in: dict[str, Visitor]) -> None:
    asset = vault.assets["street.jpg"]
    first = signed_in["custodian"].asset(asset, "/media/picture")
    (made,) = files(vault, asset)
    before = made.stat().st_mtime_ns
    assert signed_in["reader"].asset(asset, "/media/picture").content == first.content
    assert [one.stat().st_mtime_ns for one in files(vault, asset)] == [before]
    assert made.name == f"picture.{first.headers['etag'].strip(chr(34))}"
    assert made.stat().st_mode & 0o077 == 0

    tombstones.forget(vault.app.home, [{"asset": asset, "items": [], "derivatives": []}])

    assert files(vault, asset) == []
    making.forget(vault.app.home, AssetId(asset))
    again = signed_in["reader"].asset(asset, "/media/picture")
    assert again.content == first.content, "who is looking meanwhile goes on looking"


def test_what_was_made_long_ago_is_made_again(vault: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    home = vault.app.home
    old, new = AssetId("a" * 64), AssetId("b" * 64)
    making.made(home, old, "picture", lambda to: to.write_bytes(b"old"))
    later = time.time() + home.settings.scratch_seconds + 1
    monkeypatch.setattr("pipeline.usecases.making.time.time", lambda: later)
    making.made(home, new, "picture", lambda to: to.write_bytes(b"new"))
    assert files(vault, old) == []
    assert [one.read_bytes() for one in files(vault, new)] == [b"new"]
    making.forget(home, new)


def test_what_fails_leaves_nothing(vault: Planted) -> None:
    asset = AssetId("c" * 64)

    def fail(to: Path) -> None:
        to.write_bytes(b"half")
        raise Unavailable("no")

    with pytest.raises(Unavailable):
        making.made(vault.app.home, asset, "picture", fail)
    assert files(vault, asset) == []


def test_who_would_wait_too_long_is_told(vault: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "_PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(making, "_AT_ONCE", threading.BoundedSemaphore(1))
    begun, done = threading.Event(), threading.Event()

    def slow(to: Path) -> None:
        begun.set()
        done.wait(10)
        to.write_bytes(b"slow")

    thread = threading.Thread(target=making.made, args=(vault.app.home, AssetId("d" * 64), "picture", slow))
    thread.start()
    begun.wait(10)
    with pytest.raises(Unavailable) as caught:
        making.made(vault.app.home, AssetId("e" * 64), "picture", slow)
    assert caught.value.code == "E-HOST-005"
    done.set()
    thread.join()
    making.forget(vault.app.home, AssetId("d" * 64))
