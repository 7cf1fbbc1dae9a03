"""The working database: fast answers about batches; may be deleted and rebuilt from the vault."""

from pipeline.catalogue.database import open_database
from pipeline.catalogue.leases import Leases
from pipeline.catalogue.store import Catalogue, Entry, ItemRow, Row

__all__ = ["Catalogue", "Entry", "ItemRow", "Leases", "Row", "open_database"]
