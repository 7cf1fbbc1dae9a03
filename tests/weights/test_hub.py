"""A hub's pinned revision: what the card does not know is recorded once, and binds ever after."""

import json
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from pipeline import weights
from pipeline.errors import Misconfigured, Unavailable
from pipeline.settings import Settings
from tests.weights.shop import Index, Shelf, sha256

REVISION = "0123456789abcdef0123456789abcdef01234567"
WEIGHTS = b"numbers, " * 9000
CONFIG = b'{"model_type": "made"}'


def hub_card(shelf: Shelf, index: Index, **source: Any) -> Path:
    index.files |= {"model.safetensors": WEIGHTS, "config.json": CONFIG}
    files = [{"name": name, "parts": [{"path": f"sub/{name}"}]} for name in ("model.safetensors", "config.json")]
    return shelf.card(
        weights="model.safetensors", profiles=["standard"],
        sources=[{"kind": "hub", "repo": "people/made", "revision": REVISION, "files": files} | source],
    )  # fmt: skip


@pytest.fixture
def hub(settings: Settings, index: Index) -> Settings:
    return settings.model_copy(update={"model_hub": index.url.removesuffix("/simple"), "profile": "standard"})


def test_digests_are_recorded_at_the_first_fetch(hub: Settings, shelf: Shelf, index: Index) -> None:
    folder = hub_card(shelf, index).parent
    (here,) = weights.fetch(hub)
    assert here.files["model.safetensors"].read_bytes() == WEIGHTS
    assert here.weights_sha256 == sha256(WEIGHTS)
    assert here.digests == {"model.safetensors": sha256(WEIGHTS), "config.json": sha256(CONFIG)}
    recorded = json.loads((folder / "recorded.json").read_text())
    assert recorded["revision"] == REVISION
    assert recorded["files"]["config.json"] == {"bytes": len(CONFIG), "sha256": sha256(CONFIG)}
    assert all(f"/people/made/resolve/{REVISION}/sub/" in path for path, _ in index.asked)
    index.asked.clear()
    weights.fetch(hub)
    assert index.asked == []


def test_a_file_that_changed_since_is_found(hub: Settings, shelf: Shelf, index: Index) -> None:
    folder = hub_card(shelf, index).parent
    weights.fetch(hub)
    (folder / "config.json").write_bytes(CONFIG.replace(b"made", b"evil"))
    assert [one.code for one in weights.verify(hub)] == [None, "E-CONF-005"]
    index.files["config.json"] = CONFIG.replace(b"made", b"evil")
    with pytest.raises(Misconfigured) as caught:
        weights.fetch(hub)
    assert caught.value.code == "E-CONF-005"


def test_a_large_file_must_be_what_the_hub_itself_says(hub: Settings, shelf: Shelf, index: Index) -> None:
    folder = hub_card(shelf, index).parent
    index.said["model.safetensors"] = sha256(b"another")
    with pytest.raises(Misconfigured) as caught:
        weights.fetch(hub)
    assert caught.value.code == "E-CONF-005"
    assert not (folder / "recorded.json").exists()
    index.said["model.safetensors"] = sha256(WEIGHTS)
    assert weights.fetch(hub)[0].weights_sha256 == sha256(WEIGHTS)


def test_another_revision_is_fetched_and_recorded_anew(hub: Settings, shelf: Shelf, index: Index) -> None:
    hub_card(shelf, index)
    weights.fetch(hub)
    later = WEIGHTS + b"more"
    hub_card(shelf, index, revision=REVISION[::-1])
    index.files["model.safetensors"] = later
    assert weights.fetch(hub)[0].weights_sha256 == sha256(later)


def test_a_folder_serves_as_hub(settings: Settings, shelf: Shelf, index: Index, tmp_path: Path) -> None:
    hub_card(shelf, index)
    place = tmp_path / "mirror" / "people" / "made" / "sub"
    place.mkdir(parents=True)
    (place / "model.safetensors").write_bytes(WEIGHTS)
    folder = settings.model_copy(update={"model_hub": (tmp_path / "mirror").as_uri(), "profile": "standard"})
    with pytest.raises(Unavailable):
        weights.fetch(folder)
    (place / "config.json").write_bytes(CONFIG)
    assert weights.fetch(folder)[0].weights_sha256 == sha256(WEIGHTS)


def test_without_a_hub_nobody_is_asked(settings: Settings, shelf: Shelf, index: Index) -> None:
    hub_card(shelf, index)
    with pytest.raises(Unavailable, match="no model hub"):
        weights.fetch(settings, profile="standard")
    assert index.asked == []


def test_only_a_hub_may_leave_digests_open(shelf: Shelf, index: Index, settings: Settings) -> None:
    file = {"name": "model.safetensors", "parts": [{"package": "made", "path": "m.bin"}]}
    hub_card(shelf, index, kind="installed", files=[file])
    with pytest.raises(Misconfigured, match="hub may leave"):
        weights.cards(settings)


@pytest.mark.slow
def test_an_unreachable_hub_costs_ten_seconds_once(settings: Settings, shelf: Shelf) -> None:
    """Two models of one dead hub: the second is not waited for."""
    for name in ("one", "two"):
        files = [{"name": "model.bin", "parts": [{"path": "model.bin"}]}]
        source = {"kind": "hub", "repo": f"people/{name}", "revision": REVISION, "files": files}
        shelf.card(name=name, port=name, profiles=["standard"], sources=[source])
    with socket.create_server(("127.0.0.1", 0)) as mute:  # takes calls and never answers
        dead = settings.model_copy(update={"model_hub": f"http://127.0.0.1:{mute.getsockname()[1]}"})
        began = time.monotonic()
        missing = weights.fetch_what_can_be(dead, profile="standard")
        took = time.monotonic() - began
    assert [one for one, _ in missing] == ["one", "two"]
    assert took < 12


def test_a_second_card_takes_what_was_recorded_for_the_first(hub: Settings, shelf: Shelf, index: Index) -> None:
    hub_card(shelf, index)
    files = [{"name": name, "parts": [{"path": f"sub/{name}"}]} for name in ("model.safetensors", "config.json")]
    source = {"kind": "card", "card": "made", "repo": "people/made", "revision": REVISION, "files": files}
    shelf.card(name="other", port="tagger", weights="model.safetensors", profiles=["standard"], sources=[source])
    first, second = sorted(weights.fetch(hub), key=lambda one: one.card.name)
    assert second.digests == first.digests
    assert second.files["config.json"].parent.name == "made"
    assert len([path for path, part in index.asked if part is None]) == 2
