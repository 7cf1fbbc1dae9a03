"""Into a bucket: a vault brought back to where its objects lie on an S3 store and its log on this host.

What marks it as unfinished lies in the bucket, so that another host can go on where one was lost, and
nobody lays down a new vault meanwhile. The identity is put last of all, when every part of the log is there.
"""

from pathlib import Path

from pipeline.errors import Misconfigured
from pipeline.vault.replica.folder import Folder
from pipeline.vault.replica.in_bucket import InBucket
from pipeline.vault.replica.split import Split
from pipeline.vault.root import IDENTITY, REPLICA, spelled_identity
from pipeline.vault.s3.bucket import Bucket
from pipeline.vault.s3.feed import Feed
from pipeline.vault.s3.opening import bind, holds
from pipeline.vault.s3.place import Place


class Reborn(Split):
    """A vault on its way into a bucket."""

    def __init__(self, place: Place, into: Path, *, scratch: Path) -> None:
        self._bucket = Bucket(place)
        self._into = into
        self._place = place
        super().__init__(Folder(into), InBucket(self._bucket, scratch=scratch), there=frozenset({REPLICA}))

    def taken(self) -> bool:
        """Tell whether anything is in the bucket already."""
        return self._bucket.any("") is not None

    def finish(self, vault_id: str) -> None:
        """Put the log, then what makes it a vault for every host. May be repeated."""
        bind(self._into, self._place)
        Feed(self._bucket, self._into).push()
        data = spelled_identity(vault_id)
        if not self._bucket.put_new(IDENTITY, data) and self._bucket.get(IDENTITY) != data:
            raise Misconfigured(f"{self.url} holds another vault by now", code="E-REPLICA-006")


def lost_from(place: Place) -> bool:
    """Tell whether a bucket holds no vault, or one that a restoration has begun to bring back."""
    bucket = Bucket(place)
    return bucket.get(REPLICA) is not None or (bucket.get(IDENTITY) is None and holds(bucket) is None)
