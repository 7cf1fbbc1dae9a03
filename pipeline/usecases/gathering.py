"""Gathering: tags on assets, and collections of them; each person sees of both what they may see of the assets."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from pipeline.core.gate import Purpose
from pipeline.core.gathering import Collected, Collection, Mark, Marks, Tag, as_mark, fold_collections, fold_marks
from pipeline.core.model import AssetId
from pipeline.core.people import Permission
from pipeline.errors import CODES, Misconfigured
from pipeline.usecases.access import Access, Denied
from pipeline.usecases.home import Home
from pipeline.usecases.review_registers import COLLECTIONS, register_of, write
from pipeline.usecases.tombstones import last_disposal

NEEDED = {"tag": Permission.REVIEW, "untag": Permission.REVIEW, "collect": Permission.SEARCH,
          "uncollect": Permission.SEARCH}  # fmt: skip
"""A tag says something of the material, to all who see it; a collection only puts together what somebody found."""

_TAGS, _MEMBERS = ("tag", "untag"), ("collect", "uncollect")


def objection_for(home: Home, asset: AssetId) -> Callable[[Mark], str | None]:
    """Return what makes a record about an asset count for nothing."""
    people, batches = home.people, {batch for batch, _ in home.catalogue.items_of(asset)}
    gone = last_disposal(home, asset)

    def objection(one: Mark) -> str | None:
        if gone is not None and one.at <= gone:
            return "it speaks of what was disposed of since"
        if not any(people.might(one.by, NEEDED[one.type], one.at, batch) for batch in batches):
            return f"{one.by} had no right to do so"
        return None

    return objection


def marks_of(home: Home, asset: AssetId) -> Marks:
    """Return the tags and the collections of an asset."""
    records = [one for one in home.catalogue.reviews.of_asset(asset) if one["type"] in NEEDED]
    return fold_marks(records, objection_for(home, asset)) if records else Marks()


# --- tags


def tag(home: Home, access: Access, asset: AssetId, word: str, *, off: bool = False) -> dict[str, Any]:
    """Put a word on an asset that the person may see and review, or take it off."""
    _need(access, asset, Permission.REVIEW)
    kind = "untag" if off else "tag"
    record = _record(Tag, home, type=kind, asset=asset, tag=word)
    there = marks_of(home, asset).tags.get(asset, {})
    if (record["tag"] in there) is not off:
        raise Misconfigured("it does not bear this tag" if off else "it bears this tag", code="E-CONF-009")
    write(home, register_of(asset), [record], act=kind, subject=asset)
    return record


def tags_of(home: Home, asset: AssetId, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the tags of an asset."""
    found = marks_of(home, asset).tags.get(asset, {})
    return [
        {"tag": one.tag, "by": names.get(one.by, one.by), "at": as_mark(one)["at"]} for one in found.values()
    ]  # fmt: skip


def tag_counts(home: Home, access: Access) -> dict[str, int]:
    """Count, by tag, the assets that the person may see."""
    counted: dict[str, int] = {}
    for asset in home.catalogue.reviews.assets(*_TAGS):
        if access.decide(Purpose.VIEW, asset).allowed:
            for word in marks_of(home, asset).tags.get(asset, {}):
                counted[word] = counted.get(word, 0) + 1
    return dict(sorted(counted.items()))


def tagged(home: Home, access: Access, word: str) -> list[AssetId]:
    """Return the assets with a tag that the person may see."""
    known = {AssetId(one["asset"]) for one in home.catalogue.reviews.of_type(*_TAGS, about=word)}
    return [
        one for one in sorted(known)
        if access.decide(Purpose.VIEW, one).allowed and word in marks_of(home, one).tags.get(one, {})
    ]  # fmt: skip


# --- collections


def collections(home: Home) -> Mapping[str, Collection]:
    """Return the collections there are; who made one, and who keeps everything, may change it."""
    people = home.people

    def may_change(made: Collection, one: Collection) -> bool:
        return one.by == made.by or people.might(one.by, Permission.CUSTODY, one.at, None)

    return fold_collections(home.catalogue.reviews.of_type("collection", "collection-end"), may_change)


def collections_of(home: Home, asset: AssetId) -> list[dict[str, str]]:
    """Return the collections that an asset is in; who may see the asset may know of them."""
    there = collections(home)
    mine = marks_of(home, asset).collected.get(asset, {})
    return [{"collection": one, "name": there[one].name} for one in mine if one in there]


def members(home: Home, access: Access, collection: str) -> list[AssetId]:
    """Return what is in a collection, as far as the person may see it."""
    known = {AssetId(one["asset"]) for one in home.catalogue.reviews.of_type(*_MEMBERS, about=collection)}
    return [
        one for one in sorted(known)
        if access.decide(Purpose.VIEW, one).allowed and collection in marks_of(home, one).collected.get(one, {})
    ]  # fmt: skip


def listing(home: Home, access: Access, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the collections that the person may know of: their own, and those in which they see something."""
    rows = []
    for one in sorted(collections(home).values(), key=lambda it: (it.name, it.collection)):
        seen = members(home, access, one.collection)
        if _may_know(home, access, one, seen):
            rows.append({
                "collection": one.collection, "name": one.name, "about": one.about,
                "by": names.get(one.by, one.by), "at": as_mark(one)["at"], "assets": len(seen),
            })  # fmt: skip
    return rows


def _may_know(home: Home, access: Access, one: Collection, seen: Sequence[AssetId]) -> bool:
    return bool(seen) or one.by == home.actor or access.may(Permission.CUSTODY)


def known(home: Home, access: Access, given: str) -> Collection:
    """Find the collection that an id, or the name of just one, means among those that the person may know of."""
    meant = [one for one in collections(home).values() if given in (one.collection, one.name)]
    found = [one for one in meant if _may_know(home, access, one, members(home, access, one.collection))]
    if len(found) > 1:
        raise Misconfigured("several collections bear this name; give the id", code="E-CONF-009")
    if not found:
        raise Denied(CODES["E-COLLECT-001"].meaning, code="E-COLLECT-001")
    return found[0]


def make(home: Home, access: Access, name: str, *, about: str = "") -> dict[str, Any]:
    """Make a collection."""
    if not access.may(Permission.SEARCH) and not access.batches(frozenset({Permission.SEARCH})):
        raise Denied("this needs the permission search")
    return _head(home, f"c-{secrets.token_hex(6)}", name, about)


def change(
    home: Home, access: Access, one: Collection, *, name: str | None = None, about: str | None = None, end: bool = False
) -> dict[str, Any]:
    """Call a collection otherwise, or end it; its members stay what they are."""
    if one.by != home.actor and not access.may(Permission.CUSTODY):
        raise Denied("who made a collection may change it, and custodians over everything")
    kept = one.name if name is None else name
    return _head(home, one.collection, kept, one.about if about is None else about, end=end)


def _head(home: Home, collection: str, name: str, about: str, *, end: bool = False) -> dict[str, Any]:
    kind = "collection-end" if end else "collection"
    record = _record(Collection, home, type=kind, collection=collection, name=name, about=about)
    write(home, COLLECTIONS, [record], act=kind, subject=collection)
    return record


def collect(
    home: Home, access: Access, one: Collection, asset: AssetId, *, out: bool = False
) -> dict[str, Any]:  # fmt: skip
    """Put an asset that the person may see and search into a collection, or take it out."""
    _need(access, asset, Permission.SEARCH)
    there = one.collection in marks_of(home, asset).collected.get(asset, {})
    if there is not out:
        raise Misconfigured("it is not in it" if out else "it is in it", code="E-CONF-009")
    kind = "uncollect" if out else "collect"
    record = _record(Collected, home, type=kind, asset=asset, collection=one.collection)
    write(home, register_of(asset), [record], act=kind, subject=asset)
    return record


def _need(access: Access, asset: AssetId, permission: Permission) -> None:
    through = access.decide(Purpose.VIEW, asset).through
    if not any(access.may(permission, batch) for batch, _ in through):
        raise Denied(f"this needs the permission {permission!s}")


def _record(noun: type[Tag] | type[Collected] | type[Collection], home: Home, **members: Any) -> dict[str, Any]:
    identity: dict[str, Any] = {"id": f"m-{secrets.token_hex(8)}", "by": home.actor, "at": datetime.now(UTC)}
    try:
        return as_mark(noun(**identity, **members))
    except ValidationError as err:
        raise Misconfigured("nothing can be called that", code="E-CONF-009") from err
