"""An export of enriched documents: all or nothing, provable, machine-made values marked."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.canonical import canonical
from pipeline.errors import Misconfigured
from pipeline.exports.jsonl import write_jsonl


def document(name: str, *by: str) -> dict[str, Any]:
    return {
        "asset": name,
        "bytes": 12,
        "enrichments": [{"id": str(n), "by": one, "kind": "probe", "body": {}} for n, one in enumerate(by)],
    }


DOCUMENTS = [document("a", "machine", "person"), document("ب", "machine")]


def test_one_document_a_line_in_canonical_json(tmp_path: Path) -> None:
    write_jsonl(DOCUMENTS, tmp_path / "out")
    lines = (tmp_path / "out" / "documents.jsonl").read_bytes().splitlines()
    assert lines == [canonical(one) for one in DOCUMENTS]


def test_the_manifest_proves_the_files_and_says_what_machines_made(tmp_path: Path) -> None:
    manifest = write_jsonl(iter(DOCUMENTS), tmp_path / "out")
    written = json.loads((tmp_path / "out" / "manifest.json").read_bytes())
    assert written == manifest.as_json()
    content = (tmp_path / "out" / "documents.jsonl").read_bytes()
    assert written["files"] == [
        {"path": "documents.jsonl", "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    ]
    assert (written["documents"], written["enrichments"]) == (2, 3)
    assert (written["machine_made"]["enrichments"], written["machine_made"]["by_person"]) == (2, 1)
    assert "may be wrong" in written["machine_made"]["notice"]


def test_the_same_documents_give_the_same_bytes(tmp_path: Path) -> None:
    assert write_jsonl(DOCUMENTS, tmp_path / "one") == write_jsonl(DOCUMENTS, tmp_path / "two")
    for name in ("documents.jsonl", "manifest.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_nothing_to_export_is_an_export(tmp_path: Path) -> None:
    assert write_jsonl([], tmp_path / "out").documents == 0
    assert (tmp_path / "out" / "documents.jsonl").read_bytes() == b""


def test_an_empty_folder_is_filled_and_parents_are_made(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    write_jsonl(DOCUMENTS, tmp_path / "empty")
    write_jsonl(DOCUMENTS, tmp_path / "deep" / "er")
    assert sorted(file.name for file in (tmp_path / "empty").iterdir()) == ["documents.jsonl", "manifest.json"]


def occupied_folder(path: Path) -> None:
    path.mkdir()
    (path / "mine").write_text("kept")


def occupied_file(path: Path) -> None:
    path.write_text("kept")


def occupied_link(path: Path) -> None:
    path.symlink_to(path.with_name("elsewhere"))


@pytest.mark.parametrize("occupy", [occupied_folder, occupied_file, occupied_link])
def test_what_is_there_is_never_overwritten(tmp_path: Path, occupy: Any) -> None:
    occupy(tmp_path / "out")
    with pytest.raises(Misconfigured) as refused:
        write_jsonl(DOCUMENTS, tmp_path / "out")
    assert refused.value.code == "E-EXPORT-001"
    assert [file.name for file in tmp_path.iterdir()] == ["out"]


def test_a_folder_filled_meanwhile_is_left_alone(tmp_path: Path) -> None:
    def documents() -> Iterator[dict[str, Any]]:
        yield DOCUMENTS[0]
        occupied_folder(tmp_path / "out")

    with pytest.raises(Misconfigured):
        write_jsonl(documents(), tmp_path / "out")
    assert [file.name for file in tmp_path.rglob("*")] == ["out", "mine"]


def test_a_source_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def documents() -> Iterator[dict[str, Any]]:
        yield DOCUMENTS[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_jsonl(documents(), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
