"""Gathering: tags and collections, by which persons put assets together; folds over the registers that keep them.

As judgements, they do not depend on the order of the records, and what somebody had no right to write counts
for nothing.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from pipeline.core.canonical import digest
from pipeline.core.document import Document, Moment, Name
from pipeline.core.groups import PersonId
from pipeline.core.judgement import Sha256, Void
from pipeline.errors import Corrupt

CollectionId = Annotated[str, Field(pattern=r"^c-[0-9a-f]{12}$")]
_Id = Annotated[str, Field(pattern=r"^m-[0-9a-f]{16}$")]


class Tag(Document):
    """A word that a person puts on an asset, or takes off again."""

    type: Literal["tag", "untag"]
    id: _Id
    asset: Sha256
    tag: Name
    by: PersonId
    at: Moment


class Collected(Document):
    """An asset put into a collection, or taken out again."""

    type: Literal["collect", "uncollect"]
    id: _Id
    asset: Sha256
    collection: CollectionId
    by: PersonId
    at: Moment


class Collection(Document):
    """A collection: what it is called, what for; the latest record of an id holds."""

    type: Literal["collection", "collection-end"]
    id: _Id
    collection: CollectionId
    name: Name
    about: Annotated[str, Field(max_length=2000)] = ""
    by: PersonId
    at: Moment


Mark = Tag | Collected
_MARK: TypeAdapter[Mark] = TypeAdapter(Annotated[Mark, Field(discriminator="type")])
_COLLECTION: TypeAdapter[Collection] = TypeAdapter(Collection)
MARKS = frozenset({"tag", "untag", "collect", "uncollect"})
HEADS = frozenset({"collection", "collection-end"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What stands: per asset its tags and its collections, each with who put it there last."""

    tags: Mapping[str, Mapping[str, Tag]] = field(default_factory=dict)
    collected: Mapping[str, Mapping[str, Collected]] = field(default_factory=dict)
    void: tuple[Void, ...] = ()


def fold_marks(records: Iterable[Mapping[str, Any]], objection: Callable[[Mark], str | None]) -> Marks:
    """Read records in any order: of each asset and word, or collection, the latest holds."""
    tags: dict[str, dict[str, Tag]] = {}
    collected: dict[str, dict[str, Collected]] = {}
    void: list[Void] = []
    read = [_read(_MARK, value) for value in records if not value.get("erased")]
    for one in sorted(read, key=_order):
        if (why := objection(one)) is not None:
            void.append(Void(id=one.id, by=one.by, why=why))
        elif isinstance(one, Tag):
            _put(tags.setdefault(one.asset, {}), one.tag, one)
        else:
            _put(collected.setdefault(one.asset, {}), one.collection, one)
    return Marks(tags=_there(tags), collected=_there(collected), void=tuple(void))


def fold_collections(
    records: Iterable[Mapping[str, Any]], may_change: Callable[[Collection, Collection], bool]
) -> Mapping[str, Collection]:
    """Return the collections there are; ``may_change(made, one)``: whether a later record had a right to."""
    found: dict[str, Collection] = {}
    made: dict[str, Collection] = {}
    for one in sorted((_read(_COLLECTION, value) for value in records), key=_order):
        first = made.setdefault(one.collection, one)
        if first is one or may_change(first, one):
            found[one.collection] = one
    return {name: one for name, one in found.items() if one.type == "collection"}


def _order(one: Mark | Collection) -> tuple[Any, ...]:
    return one.at, one.id, digest(as_mark(one))


def _put(into: dict[str, Any], name: str, one: Mark) -> None:
    if one.type in {"tag", "collect"}:
        into[name] = one
    else:
        into.pop(name, None)


def _there(found: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    return {asset: dict(sorted(some.items())) for asset, some in found.items() if some}


def _read(adapter: TypeAdapter[Any], value: Mapping[str, Any]) -> Any:
    try:
        return adapter.validate_json(json.dumps(value))
    except ValidationError as err:
        raise Corrupt("a tag or a collection is malformed", code="E-VAULT-002") from err


def as_mark(value: Mark | Collection) -> dict[str, Any]:
    """Return a record as it stands in a register."""
    return value.model_dump(mode="json")
