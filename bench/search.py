"""Search: the best twenty passages of very many, as one person may have them, beside another engine on the same text.

``BENCH_ITEMS`` says of how many items; each has ten spoken passages. The other engine is tantivy, where it is there.
"""

import os
import random
import statistics
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from bench.figure import Figure
from bench.transcripts import BATCHES, LABELS, Transcripts, asset_of, batch_of
from pipeline.core.model import Media
from pipeline.core.ports import IndexRow
from pipeline.index.answer import Filters
from pipeline.index.area import Area
from pipeline.index.folding import spellings, words
from pipeline.index.gate import Permits
from pipeline.index.rebuild import rebuild
from pipeline.index.scan import Only
from pipeline.index.sqlite import SqliteIndex

_ITEMS = 100_000
_QUERIES = 400
_LIMIT_MS = 100.0
_SPEED = 20_000.0
_HIDDEN = 10
"""One item in so many is hidden from who may otherwise see all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One query with what it is narrowed to."""

    sort: str
    query: str
    filters: Filters


def measure(place: Path) -> list[Figure]:
    """Build an index, ask as one who may see nearly all and as one who may see a fiftieth, and ask the peer."""
    corpus = Transcripts(items=int(os.environ.get("BENCH_ITEMS", _ITEMS)))
    index = SqliteIndex(place / "index.sqlite")
    passages, seconds = _built(index, corpus)
    asked = list(queries(corpus.sample))
    batch = Only([one for one in map(asset_of, range(corpus.items)) if batch_of(one) == BATCHES // 2])
    wide, narrow = _asked(index, asked, _nearly_all), _asked(index, asked, _one_batch, only=batch)
    hidden = _asked(index, asked, _one_batch)
    size = sum(file.stat().st_size for file in place.glob("index-*")) / 1e9
    notes = f"{corpus.items} items, {passages} passages, {size:.1f} GB; {_QUERIES} queries; {_spread(asked, wide)}"
    figures = [
        Figure(
            name="passages indexed", peer_is="the passages a second asked for", ours=passages / seconds, peer=_SPEED,
            unit="passages/s", bar=1.0, notes=notes,
        ),
        _latency("who may see nine in ten", wide, notes),
        _latency("who may see one batch in fifty", narrow, _spread(asked, narrow)),
        replace(_latency("from whom terms hide 49 in 50", hidden, _spread(asked, hidden)), bar=None),
    ]  # fmt: skip
    if (peer := _peer(place / "peer", corpus, asked)) is not None:
        speed, times = peer
        figures += [
            Figure(
                name="passages indexed, beside tantivy", peer_is="tantivy, one thread", ours=passages / seconds,
                peer=speed, unit="passages/s", notes=notes,
            ),
            Figure(
                name="p95 of a search, beside tantivy", peer_is="tantivy, with no gate", ours=_share(wide, 0.95),
                peer=_share(times, 0.95), unit="ms", better="lower", notes=_spread(asked, times),
            ),
        ]  # fmt: skip
    return figures


def queries(sample: Sequence[IndexRow], many: int = _QUERIES) -> Iterator[Asked]:
    """Yield queries of every sort, each made from a passage that is there."""
    rng = random.Random(11)  # noqa: S311  # figures to compare, no secrets
    for n in range(many):
        row = sample[n % len(sample)]
        known = [one for one in row.text.split() if len(one) > 2]  # noqa: PLR2004  # not the shortest
        known = known or row.text.split()
        first, second = rng.choice(known), rng.choice(known)
        at = rng.randrange(len(row.text.split()) - 1)
        query = (first, f"{first} {second}", f'"{" ".join(row.text.split()[at : at + 2])}"', f"{first[:4]}*")[n % 4]
        narrowed = (
            Filters(), Filters(language=row.language), Filters(media=Media(row.media)), Filters(tag=rng.choice(LABELS)),
            Filters(near=Area(lat=35.0, lon=40.0, km=150)),
        )[n // 4 % 5]  # fmt: skip
        yield Asked(
            sort=f"{('word', 'two', 'phrase', 'prefix')[n % 4]}/{('', 'language', 'media', 'tag', 'near')[n // 4 % 5]}",
            query=query, filters=narrowed,
        )  # fmt: skip


def _built(index: SqliteIndex, corpus: Transcripts) -> tuple[int, float]:
    """Return how many passages were laid down in how many seconds, without those that making them up takes."""
    began = time.perf_counter()
    for _ in corpus:
        pass
    made_up = time.perf_counter() - began
    began = time.perf_counter()
    done = rebuild(index, corpus)
    return done.contents.passages, time.perf_counter() - began - made_up


def _nearly_all(asset: str, _row: IndexRow) -> bool:
    return int(asset[:8], 16) % _HIDDEN != 0


def _one_batch(asset: str, _row: IndexRow) -> bool:
    return batch_of(asset) == BATCHES // 2


def _asked(index: SqliteIndex, asked: Iterable[Asked], permits: Permits, *, only: Only | None = None) -> list[float]:
    times = []
    for one in asked:
        began = time.perf_counter()
        index.search(one.query, permits=permits, filters=one.filters, limit=20, only=only)
        times.append((time.perf_counter() - began) * 1000)
    return times


def _share(times: Sequence[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def _spread(asked: Sequence[Asked], times: Sequence[float]) -> str:
    sorts: dict[str, list[float]] = {}
    for one, milliseconds in zip(asked, times, strict=True):
        sorts.setdefault(one.sort.partition("/")[0], []).append(milliseconds)
    each = ", ".join(f"{name} {_share(some, 0.95):.0f}" for name, some in sorts.items())
    return f"p50 {statistics.median(times):.1f} ms, p99 {_share(times, 0.99):.0f} ms; p95 of {each}"


def _latency(who: str, times: Sequence[float], notes: str) -> Figure:
    return Figure(
        name=f"p95 of a search of {who}", peer_is="the limit asked for", ours=_share(times, 0.95), peer=_LIMIT_MS,
        unit="ms", better="lower", bar=1.0, notes=notes,
    )  # fmt: skip


def _peer(place: Path, corpus: Transcripts, asked: Iterable[Asked]) -> tuple[float, list[float]] | None:
    """Return how fast tantivy lays the same folded words down, and how long the same queries take, without a gate."""
    try:
        tantivy: Any = import_module("tantivy")
    except ImportError:
        return None
    place.mkdir()
    schema = tantivy.SchemaBuilder()
    for name in ("exact", "light"):
        schema.add_text_field(name, stored=False, tokenizer_name="whitespace")
    for name in ("language", "media"):
        schema.add_text_field(name, stored=False, tokenizer_name="raw")
    schema.add_text_field("text", stored=True, tokenizer_name="raw", index_option="basic")
    index = tantivy.Index(schema.build(), path=str(place))
    writer = index.writer(256_000_000, 1)
    began, many = time.perf_counter(), 0
    for _, rows in corpus:
        for row in rows:
            exact, light = spellings(row.text)
            document = {"exact": exact, "light": light if light != exact else "", "text": row.text, "media": row.media}
            writer.add_document(tantivy.Document(**document, language=row.language or ""))
            many += 1
    writer.commit()
    writer.wait_merging_threads()
    speed = many / (time.perf_counter() - began)
    index.reload()
    searcher, times = index.searcher(), []
    for one in asked:
        began = time.perf_counter()
        best = searcher.search(_spelled(index, one), 20).hits
        _ = [searcher.doc(address)["text"] for _, address in best]
        times.append((time.perf_counter() - began) * 1000)
    return speed, times


def _spelled(index: Any, one: Asked) -> Any:
    """Return a query as tantivy takes it; it has no tags and no positions here, so it answers without them."""
    tantivy: Any = import_module("tantivy")
    must, query = tantivy.Occur.Must, tantivy.Query
    typed = words(one.query)
    if one.query.endswith("*"):
        parts = [query.regex_query(index.schema, "exact", f"{typed[0]}.*")]
    elif one.query[0] == '"' and len(typed) > 1:
        parts = [query.phrase_query(index.schema, "exact", typed)]
    else:
        parts = [index.parse_query(word, ["exact", "light"]) for word in typed]
    narrowed = {"language": one.filters.language, "media": one.filters.media}
    parts += [query.term_query(index.schema, name, str(value)) for name, value in narrowed.items() if value]
    return query.boolean_query([(must, part) for part in parts])
