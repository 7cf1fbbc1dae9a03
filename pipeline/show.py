"""Show: what a command answers, as a person reads it on a terminal; hostile text is escaped."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pipeline.core.text import printable

Json = Mapping[str, Any]


def tell(command: str, document: Any) -> str:
    """Return the lines for a terminal."""
    lines = _TELLERS.get(command, _anything)(document)
    return "".join(f"{line}\n" for line in lines)


def _anything(document: Any, indent: str = "") -> Iterator[str]:
    if isinstance(document, Mapping):
        for name, value in document.items():
            yield from _member(str(name), value, indent)
    elif isinstance(document, list):
        for value in document:
            yield from _member("-", value, indent)
    else:
        yield f"{indent}{_text(document)}"


def _member(name: str, value: Any, indent: str) -> Iterator[str]:
    mark = name if name == "-" else f"{printable(name)}:"
    if isinstance(value, Mapping | list) and value:
        yield f"{indent}{mark}"
        yield from _anything(value, f"{indent}  ")
    else:
        yield f"{indent}{mark} {_text(value)}"


def _text(value: Any) -> str:
    if value is None or value in ({}, []):
        return "-"
    return printable(str(value), limit=300)


def _submit(document: Json) -> Iterator[str]:
    for one in document["items"]:
        rest = f"{one['code']} {_text(one['reason'])}" if one["code"] else one["asset"][:16]
        yield f"{one['n']:>6}  {one['outcome']:<10} {rest}  {_text(one['path'])}"
    yield f"batch {document['batch']}: " + _tally(document["totals"])


def _tally(counts: Json) -> str:
    return " · ".join(f"{n} {name}" for name, n in counts.items()) or "nothing"


def _status(document: Json) -> Iterator[str]:
    if document.get("batches") == []:
        yield "no batches, or none that you may see"
    for one in document.get("batches", [document]):
        yield f"batch {one['batch']}: {one['accounted']} of {one['items']} items accounted, {one['partial']} partial"
        for stage, counts in one["outcomes"].items():
            late = {"pending": one["pending"][stage]} if one["pending"][stage] else {}
            yield f"  {stage:<14} {_tally({**counts, **late})}"
        for bad in one["failures"]:
            yield f"  item {bad['n']} {bad['stage']}: {bad['code']} {_text(bad['reason'])}"


def _search(document: Json) -> Iterator[str]:
    for one in document["hits"]:
        at = f" at {one['t']:.1f} s" if one["t"] is not None else ""
        made = "written by a person" if one["field"] == "correction" else "machine-made"
        made += ", read in part" if one["partial"] else ""
        if review := one.get("review"):
            made += f", {review['state']} by {', '.join(review['by'])}"
        yield f"{one['asset'][:16]}  {one['field']}{at}  [{_text(made)}] {_text(one['snippet'])}"
    least = "at least " if document["total_is_at_least"] else ""
    yield f"{least}{document['total']} found"
    for reason, n in document["unsearchable"].items():
        yield f"  {n} could not be searched: {reason}"


def _similar(document: Json) -> Iterator[str]:
    for one in document["links"]:
        at = "" if one["t"] is None else f" at {one['t']:.1f} s"
        there = "" if one["other_t"] is None else f", there at {one['other_t']:.1f} s"
        what = f"{one['kind']:<10} {one['distance']:.3f}{at}{there}"
        yield f"{one['asset'][:16]}  {what}  [machine-made, {one['through']}]"
    print_of = document["fingerprint"]
    yield f"{len(document['links'])} links" + ("" if document["complete"] else "; not all likely prints were compared")
    if print_of is None or print_of["code"]:
        yield f"  its fingerprint: {print_of['outcome'] if print_of else 'not made yet'}"


def _audit(document: Json) -> Iterator[str]:
    for one in document["findings"]:
        yield f"{one['code']} {_text(one['path'])}: {_text(one['what'])}"
    yield f"{document['checked']} objects read, {document['bytes']} bytes, {len(document['findings'])} findings"
    if document.get("stopped"):
        yield f"not all of it: stopped by {document['stopped']}; the next audit goes on from here"
    if coverage := document.get("coverage"):
        oldest = f"the oldest check is of {coverage['oldest']}" if coverage["oldest"] else "none was ever read before"
        yield f"of {coverage['known']} objects {coverage['never']} were never read; {oldest}"


def _findings(document: Json) -> Iterator[str]:
    for one in document["findings"]:
        yield f"{one['code']} {_text(one['path'])}: {_text(one['what'])}"
    rest = {name: value for name, value in document.items() if name != "findings"}
    yield ", ".join(f"{value} {name}" for name, value in rest.items()) + f", {len(document['findings'])} findings"


def _inventory(document: Json) -> Iterator[str]:
    whole = "all that is here" if document["everything"] else "what you may know of"
    yield f"{document['assets']} assets, {document['items']} items, {document['bytes']} bytes: {whole}"
    for name, rows in document["by"].items():
        yield f"by {name}"
        for one in rows:
            label = _text(one["value"]) + (f" {one['weights_sha256'][:12]}" if one.get("weights_sha256") else "")
            yield f"  {label:<44} {one['assets']:>9} assets {one['bytes']:>18} bytes"
    yield f"storage: {_text(document['storage']['says'])}"


_TELLERS: dict[str, Callable[[Any], Iterator[str]]] = {
    "submit": _submit,
    "process": _status,
    "status": _status,
    "search": _search,
    "similar": _similar,
    "audit": _audit,
    "inventory": _inventory,
    "verify-log": _findings,
}
