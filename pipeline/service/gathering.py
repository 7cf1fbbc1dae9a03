"""Gathering: tags and collections, as this person may make and see them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pipeline.core.model import AssetId
from pipeline.core.people import Permission
from pipeline.service.door import Door
from pipeline.usecases import gathering
from pipeline.usecases.access import Access, Denied
from pipeline.usecases.reviews import names_for


class Gathering:
    """Tags and collections; every act through the gate and into the log."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._home = door.home

    def tag(self, asset: str, word: str, *, off: bool = False) -> dict[str, Any]:
        """Put a word on an asset, or take it off."""
        access = Access(self._home)
        found, _ = self._door.asset("tag", asset, access)
        with self._told("tag", asset):
            return gathering.tag(self._home, access, found, word, off=off)

    def tags(self, asset: str | None = None, *, word: str | None = None) -> dict[str, Any]:
        """List the tags of an asset; else how many assets bear each; of one tag the assets."""
        access = Access(self._home)
        if asset is not None:
            found, decision = self._door.asset("tag-list", asset, access)
            tags = gathering.tags_of(self._home, found, names_for(access, decision))
            self._door.note("tag-list", found, tags=len(tags))
            return {"asset": found, "tags": tags}
        if word is not None:
            assets = gathering.tagged(self._home, access, word)
            self._door.note("tag-list", None, assets=len(assets))
            return {"tag": word, "assets": assets}
        counted = gathering.tag_counts(self._home, access)
        self._door.note("tag-list", None, tags=len(counted))
        return {"tags": counted}

    def about(self, asset: str) -> dict[str, Any]:
        """Return the tags of an asset, and the collections that it is in, for the page that shows it."""
        access = Access(self._home)
        found, decision = self._door.asset("tag-list", asset, access)
        names = names_for(access, decision)
        return {
            "asset": found, "tags": gathering.tags_of(self._home, found, names),
            "collections": gathering.collections_of(self._home, found),
        }  # fmt: skip

    def make(self, name: str, *, about: str = "") -> dict[str, Any]:
        """Make a collection."""
        with self._told("collection", name):
            return gathering.make(self._home, Access(self._home), name, about=about)

    def change(self, collection: str, **given: Any) -> dict[str, Any]:
        """Rename or end a collection."""
        access = Access(self._home)
        with self._told("collection", collection):
            one = gathering.known(self._home, access, collection)
            return gathering.change(self._home, access, one, **given)

    def collect(self, collection: str, asset: str, *, out: bool = False) -> dict[str, Any]:
        """Put an asset into a collection, or take it out."""
        access = Access(self._home)
        found, _ = self._door.asset("collect", asset, access)
        with self._told("collect", asset):
            one = gathering.known(self._home, access, collection)
            return gathering.collect(self._home, access, one, found, out=out)

    def collections(self) -> dict[str, Any]:
        """List the collections that this person may know of."""
        access = Access(self._home)
        rows = gathering.listing(self._home, access, self._names(access))
        self._door.note("collection-list", None, collections=len(rows))
        return {"collections": rows}

    def collection(self, collection: str) -> dict[str, Any]:
        """Return one collection with what this person may see in it."""
        access = Access(self._home)
        with self._told("collection", collection):
            one = gathering.known(self._home, access, collection)
        names, assets = self._names(access), gathering.members(self._home, access, one.collection)
        self._door.note("collection-show", one.collection, assets=len(assets))
        return {
            "collection": one.collection, "name": one.name, "about": one.about, "by": names.get(one.by, one.by),
            "assets": [AssetId(it) for it in assets],
        }  # fmt: skip

    def _names(self, access: Access) -> Mapping[str, str]:
        """Return who is behind the ids, for those who review or keep anything; else one's own name alone."""
        some = access.batches(frozenset({Permission.REVIEW, Permission.CUSTODY}))
        return {one.id: one.name for one in access.people.persons.values() if some or one.id == self._home.actor}

    @contextmanager
    def _told(self, act: str, asked: str) -> Iterator[None]:
        """Record a refusal where one is raised."""
        try:
            yield
        except Denied as err:
            raise self._door.denied(act, asked, err.reason, err.code) from None
