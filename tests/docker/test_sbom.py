"""The bill of materials: valid CycloneDX 1.6, and whole: packages with digests, programs, models with weights."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from referencing import Registry, Resource

from docker import sbom
from docker.lock import LOCK, read, read_digests
from pipeline.weights.card import read_cards

CHECKOUT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bill(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    file = tmp_path_factory.mktemp("bill") / "build" / "sbom.cdx.json"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["sbom", str(file)])
        assert sbom.main() == 0
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def of_kind(bill: dict[str, Any], beginning: str) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in bill["components"] if one["bom-ref"].startswith(beginning)}


def test_it_keeps_to_the_published_schema(bill: dict[str, Any]) -> None:
    assert bill["specVersion"] == "1.6"
    folder = files("cyclonedx.schema._res")
    schemas = {
        name: json.loads((folder / name).read_text(encoding="utf-8"))
        for name in ("bom-1.6.SNAPSHOT.schema.json", "spdx.SNAPSHOT.schema.json", "jsf-0.82.SNAPSHOT.schema.json")
    }
    known: Registry[Any] = Registry().with_resources(
        [(schema["$id"], Resource.from_contents(schema)) for schema in schemas.values()]
    )
    checked = Draft7Validator(schemas["bom-1.6.SNAPSHOT.schema.json"], registry=known)
    assert [error.message for error in checked.iter_errors(bill)] == []
    assert not checked.is_valid({**bill, "components": [{"name": "without a type"}]})


def test_every_python_package_has_version_purl_licence_and_digests(bill: dict[str, Any]) -> None:
    text = LOCK.read_text(encoding="utf-8")
    digests, found = read_digests(text), of_kind(bill, "pkg:pypi/")
    assert {name: one["version"] for name, one in found.items()} == read(text)
    for name, one in found.items():
        assert one["purl"] == f"pkg:pypi/{name}@{one['version']}"
        assert one["licenses"][0]["expression"]
        assert {hashed["content"] for hashed in one["externalReferences"][0]["hashes"]} == digests[name]


def test_every_program_is_listed_with_what_dpkg_knows(bill: dict[str, Any]) -> None:
    found = of_kind(bill, "pkg:deb/")
    for name in ("ffmpeg", "bubblewrap", "tesseract-ocr", "libimage-exiftool-perl"):
        assert found[name]["version"]
        assert found[name]["licenses"]
        assert found[name]["properties"][0]["name"] == "evidence:use"
    assert "libc6" in found  # what they need is listed too


def test_every_model_is_listed_with_the_digests_of_its_card(bill: dict[str, Any]) -> None:
    found, cards = of_kind(bill, "model:"), read_cards(CHECKOUT / "models")
    assert found.keys() == cards.keys()
    for name, card in cards.items():
        assert found[name]["licenses"][0]["license"]["name"] == card.licence
        listed = {
            file["name"]: [one["content"] for one in file.get("hashes", ())] for file in found[name]["components"]
        }
        assert listed == {file.name: [file.sha256] if file.sha256 else [] for file in card.sources[0].files}
