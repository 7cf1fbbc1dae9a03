"""Schema: the tables of the embedded index, and the number of the way in which they are filled."""

from pipeline.core import sounds
from pipeline.index import folding, hashes, lexicon

_SCHEMA_VERSION = 4
VERSION = ((_SCHEMA_VERSION * 100 + sounds.VERSION) * 100 + folding.VERSION) * 100 + folding.LIGHT_VERSION
"""Of the schema, of the folding and of what sounds alike: an index of another is made again."""

SCHEMA = (
    """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE assets (
    asset TEXT PRIMARY KEY, passages INTEGER NOT NULL, digest TEXT NOT NULL,
    change INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX assets_by_change ON assets (change);
CREATE TABLE passages (
    id INTEGER PRIMARY KEY, asset TEXT NOT NULL, field TEXT NOT NULL, text TEXT NOT NULL,
    enrichment TEXT NOT NULL, media TEXT NOT NULL, language TEXT, t REAL, until REAL, lat REAL, lon REAL, batch TEXT,
    n INTEGER, source_identifying INTEGER NOT NULL, exact TEXT NOT NULL, light TEXT NOT NULL, partial INTEGER NOT NULL,
    marks TEXT NOT NULL
);
CREATE INDEX passages_by_position ON passages (lat, lon) WHERE lat IS NOT NULL;
CREATE INDEX passages_placed ON passages (asset) WHERE lat IS NOT NULL;
CREATE INDEX passages_by_label ON passages (exact) WHERE field IN ('tags', 'objects');
CREATE TABLE slots (slot INTEGER PRIMARY KEY, asset TEXT);
CREATE VIRTUAL TABLE folded USING fts5 (
    exact, light, marks, content = 'passages', content_rowid = 'id', tokenize = 'ascii', columnsize = 0
);
"""
    + lexicon.SCHEMA
    + hashes.SCHEMA
)
