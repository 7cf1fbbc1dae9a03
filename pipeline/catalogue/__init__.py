"""The working database: fast answers about batches; may be deleted and rebuilt from the vault."""

from pipeline.catalogue.database import open_database
from pipeline.catalogue.leases import Leases, Lost
from pipeline.catalogue.rows import Entry, ItemRow, Row
from pipeline.catalogue.store import Catalogue

__all__ = ["Catalogue", "Entry", "ItemRow", "Leases", "Lost", "Row", "open_database"]
