"""JSON Lines: enriched documents, one a line, with a manifest that proves them and says what machines made."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.core.canonical import canonical
from pipeline.exports.folder import ExportManifest, Filling, export_to

SCHEMA = "evidence-export-jsonl/1"
DOCUMENTS = "documents.jsonl"


def write_jsonl(documents: Iterable[Mapping[str, Any]], to: Path) -> ExportManifest:
    """Write enriched documents and their manifest into the folder ``to``, all or nothing.

    The documents are written as they are given: what a recipient may not see was taken out before.
    """

    def fill(filling: Filling) -> None:
        def lines() -> Iterator[bytes]:
            for document in documents:
                filling.count(document)
                yield canonical(document) + b"\n"

        filling.write(DOCUMENTS, lines())

    return export_to(to, SCHEMA, fill)
