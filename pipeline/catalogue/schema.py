"""Tables of the working database. ``VERSION`` changes with them; an old one is rebuilt from the vault."""

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, MetaData, String, Table, Text

VERSION = 7
metadata = MetaData()

_BIG = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only in INTEGER

meta = Table(
    "meta",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

batches = Table(
    "batches",
    metadata,
    Column("ref", String(64), primary_key=True),
    Column("register", String(64), nullable=False),
    Column("created_at", String(40), nullable=False),
)

items = Table(
    "items",
    metadata,
    Column("batch", String(64), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("asset", String(64), nullable=True),
    Column("outcome", String(16), nullable=False),
    Column("code", String(32), nullable=True),
    Column("reason", Text, nullable=True),
    Column("record", Text, nullable=False),
    Column("stem", String(64), nullable=False),  # digest of the path without its ending: finds side-cars
    Index("items_asset", "asset"),
    Index("items_stem", "batch", "stem"),
)

assets = Table(
    "assets",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("sha512", String(128), nullable=False),
    Column("bytes", BigInteger, nullable=False),
)

traits = Table(
    "traits",
    metadata,
    Column("asset", String(64), primary_key=True),
    Column("media", String(16), nullable=False),
    Column("media_type", String(160), nullable=True),
    Column("puid", String(32), nullable=True),
)

enrichments = Table(
    "enrichments",
    metadata,
    Column("seq", _BIG, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False),
    Column("key", String(64), nullable=False),
    Column("asset", String(64), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("final", Boolean, nullable=False),
    Column("record", Text, nullable=True),  # leaves after write-back: the vault has it
    Column("run", String(64), nullable=True),
    Column("model", String(200), nullable=True),
    Column("weights", String(64), nullable=True),
    Column("doubt", Integer, nullable=True),  # how much a person should look at it, in thousandths
    Index("enrichments_doubt", "doubt", "seq"),
    Index("enrichments_key", "key"),
    Index("enrichments_asset", "asset", "kind"),
    Index("enrichments_id", "id"),
    Index("enrichments_run", "run"),
)

ledger = Table(
    "ledger",
    metadata,
    Column("asset", String(64), primary_key=True),
    Column("stage", String(64), primary_key=True),
    Column("outcome", String(16), nullable=False),
    Column("code", String(32), nullable=True),
    Column("reason", Text, nullable=True),
    Column("enrichment", String(64), nullable=True),
    Column("partial", Boolean, nullable=False, default=False),
    Column("own", Boolean, nullable=False, default=True),  # false: taken over from an input
    Column("seconds", Float, nullable=True),  # how much was decoded, of what lasts
    Index("ledger_enrichment", "enrichment"),
)

reviews = Table(  # what persons said of assets: the lines of the registers review/… and collections
    "reviews",
    metadata,
    Column("register", String(64), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("type", String(32), nullable=False),
    Column("asset", String(64), nullable=True),
    Column("about", String(256), nullable=False),  # the enrichment, the tag, or the collection
    Column("kind", String(64), nullable=True),
    Column("person", String(80), nullable=False),
    Column("made_at", String(40), nullable=False),
    Column("sure", Boolean, nullable=False),  # false: on its way to the register
    Column("record", Text, nullable=False),
    Index("reviews_asset", "asset"),
    Index("reviews_about", "about"),
)

claims = Table(  # who has taken what from a queue of reviews, and until when
    "claims",
    metadata,
    Column("enrichment", String(64), primary_key=True),
    Column("person", String(80), primary_key=True),
    Column("asset", String(64), nullable=False),
    Column("until", Float, nullable=False),
)

looked = Table(  # statements in which nothing waits for a reviewer any more; found out again where it is lost
    "looked",
    metadata,
    Column("enrichment", String(64), primary_key=True),
    Column("required", Integer, primary_key=True),  # by so many persons
    Column("asset", String(64), nullable=False),
    Index("looked_asset", "asset"),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(160), primary_key=True),
    Column("owner", String(160), nullable=False),
    Column("until", Float, nullable=False),
)
