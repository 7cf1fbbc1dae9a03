"""Queries: what is asked for every stage of every asset, put together once."""

from sqlalchemy import BindParameter, bindparam, delete, insert, literal, select

from pipeline.catalogue import schema as t

STEPS = ("write_back", "index")
"""Steps of a run that have outcomes but make no enrichment."""

OF_ASSET: BindParameter[str] = bindparam("of_asset")
BY_KEY = (
    select(t.enrichments).where(t.enrichments.c.key == bindparam("of_key"), t.enrichments.c.final)
    .order_by(t.enrichments.c.seq.desc()).limit(1)
)  # fmt: skip
ENTRIES = select(t.enrichments).where(t.enrichments.c.asset == OF_ASSET).order_by(t.enrichments.c.seq)
LAST = (
    select(t.enrichments.c.id).where(t.enrichments.c.asset == OF_ASSET, t.enrichments.c.kind == bindparam("of_kind"))
    .order_by(t.enrichments.c.seq.desc()).limit(1)
)  # fmt: skip
ITEMS_OF = select(t.items).where(t.items.c.asset == OF_ASSET).order_by(t.items.c.batch, t.items.c.n)
ROWS = select(t.ledger).where(t.ledger.c.asset == OF_ASSET)
FORGET_ROW = delete(t.ledger).where(t.ledger.c.asset == OF_ASSET, t.ledger.c.stage == bindparam("of_stage"))
FORGET_ROWS = delete(t.ledger).where(
    t.ledger.c.asset == OF_ASSET, t.ledger.c.stage.in_([bindparam("of_stage"), *map(literal, STEPS)])
)
NEW_ROW = insert(t.ledger)
NEW_ENTRY = insert(t.enrichments)
