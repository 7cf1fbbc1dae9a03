"""Stock: the inventory as a person asks for it: as a document, a table or a page."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.errors import CODES
from pipeline.exports.inventory import write_csv, write_page
from pipeline.usecases.access import Access, Denied
from pipeline.usecases.home import Home
from pipeline.usecases.inventory import DIMENSIONS, inventory
from pipeline.usecases.storage import storage


def stock(
    home: Home, access: Access, *, by: Sequence[str] = DIMENSIONS, batch: str | None = None, csv: Path | None = None,
    page: Path | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Count, and write a table or a page where one is asked for."""
    if batch is not None and batch not in access.batches():
        raise Denied(CODES["E-FIND-002"].meaning, code="E-FIND-002")
    told = inventory(home, access, by=by, batch=batch)
    document = {**told, "vault": home.vault_id, "reader": home.reader, "storage": storage(home.settings)}
    if csv is not None:
        write_csv(document, csv)
    if page is not None:
        write_page(document, page)
    return document
