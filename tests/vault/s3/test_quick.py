"""A vault in a bucket in short: kept, a lost answer, two hosts in turn; the other files go through all of it."""

from collections.abc import Callable
from pathlib import Path

from pipeline.vault.s3.bucket import Bucket
from pipeline.vault.s3.place import Place
from tests.plugins.s3 import Fault, Store
from tests.vault.s3.conftest import Open


def test_two_hosts_and_a_lost_answer(
    s3: Store, place: Place, bucket: Bucket, at: Open, file: Callable[..., Path]
) -> None:
    one = at(place, "one")
    s3.faults[:] = [Fault(how="lost", key=r"v1/inventory\.json$")]
    asset = one.vault.preserve(file()).id
    one.vault.write_back(asset, "run", [{"n": 1}], {})
    one.log.checkpoint()
    other = at(place, "other")
    other.registers.append("people", [{"n": 1}], key="k")
    other.log.checkpoint()
    assert list(other.vault.records(asset)) == [{"n": 1}]
    with other.vault.original(asset) as path:
        assert path.read_bytes() == b"what was seen"
    assert one.vault.audit().findings == other.vault.audit().findings == ()
    assert one.log.verify().checkpoints == 2
    assert sum(1 for key in bucket.keys("objects/") if "/content/" in key.name) == 2
