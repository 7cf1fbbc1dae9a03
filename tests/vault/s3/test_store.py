"""A vault in a bucket: what its keys look like, how races end, what is lent and what is damaged."""

import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.core.model import AssetId
from pipeline.errors import Corrupt, Misconfigured, Unavailable
from pipeline.vault.layout import object_folder
from pipeline.vault.s3.bucket import Bucket
from pipeline.vault.s3.place import Place, parse_url
from tests.plugins.s3 import Fault, Store
from tests.vault.s3.conftest import Open

pytestmark = pytest.mark.slow

File = Callable[..., Path]


def keys_of(bucket: Bucket, asset: str) -> set[str]:
    folder = object_folder(Path("objects"), f"urn:evidence:asset:{asset}").as_posix()
    return {one.name.removeprefix(f"{folder}/") for one in bucket.keys(folder)}


def test_an_object_lies_there_as_on_a_disk(place: Place, bucket: Bucket, at: Open, file: File) -> None:
    parts = at(place)
    asset = parts.vault.preserve(file()).id
    parts.vault.write_back(asset, "run", [{"n": 1}], {})
    keys = keys_of(bucket, asset)
    content = {one for one in keys if "/content/" in one}
    assert keys - content == {
        "0=ocfl_object_1.1", "inventory.json", "inventory.json.sha512",
        "v1/inventory.json", "v1/inventory.json.sha512", "v2/inventory.json", "v2/inventory.json.sha512",
    }  # fmt: skip
    assert sorted(one.rpartition("/")[2] for one in content) == ["original", "run.jsonl"]
    assert parts.vault.audit().findings == ()


def test_another_host_sees_what_one_has_kept(place: Place, bucket: Bucket, at: Open, file: File) -> None:
    one = at(place, "one")
    asset = one.vault.preserve(file()).id
    one.registers.append("people", [{"n": 1}], key="k")
    one.log.checkpoint()
    other = at(place, "other")
    assert (other.vault_id, other.empty) == (one.vault_id, False)
    assert list(other.vault.assets()) == [asset]
    assert list(other.registers.read("people")) == [{"n": 1}]
    assert other.vault.audit().findings == ()
    assert bucket.any("objects/") is not None


def test_a_large_file_goes_up_in_parts(place: Place, bucket: Bucket, at: Open, file: File) -> None:
    data = bytes(range(256)) * (11 << 12)  # 11 MiB, parts of 5
    asset = at(place).vault.preserve(file(data)).id
    assert asset == hashlib.sha256(data).hexdigest()
    with at(place, "other").vault.original(asset) as path:
        assert hashlib.sha256(path.read_bytes()).hexdigest() == asset
    assert keys_of(bucket, asset)


def test_eight_writers_lose_nothing(place: Place, bucket: Bucket, at: Open, file: File) -> None:
    hosts = [at(place, f"host{n}") for n in range(4)] * 2
    asset = hosts[0].vault.preserve(file()).id

    def write(who: int) -> None:
        hosts[who].vault.write_back(asset, f"run{who}", [{"who": who}], {})

    threads = [threading.Thread(target=write, args=(who,)) for who in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(one["who"] for one in hosts[0].vault.records(asset)) == list(range(8))
    assert sum(1 for one in keys_of(bucket, asset) if "/content/" in one) == 9  # no loser left anything
    assert hosts[0].vault.audit().findings == ()  # though the others have not put their part of the log yet
    with pytest.MonkeyPatch.context() as later:
        later.setattr("pipeline.vault.s3.beside.UNTIL_KNOWN", timedelta(0))
        assert {one.code for one in hosts[0].vault.audit().findings} == {"E-LOG-004"}
        for host in hosts:
            host.log.checkpoint()
        assert hosts[0].vault.audit().findings == ()


def test_the_same_bytes_at_once_are_one_asset(place: Place, bucket: Bucket, at: Open, file: File) -> None:
    parts, path = at(place), file()
    threads = [threading.Thread(target=parts.vault.preserve, args=(path,)) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    (asset,) = parts.vault.assets()
    assert sum(1 for one in keys_of(bucket, asset) if "/content/" in one) == 1
    assert parts.vault.audit().findings == ()


def test_what_is_lent_is_gone_afterwards(place: Place, at: Open, file: File) -> None:
    parts = at(replace(place, cache_bytes=0))
    asset = parts.vault.preserve(file()).id
    with parts.vault.original(asset) as path, parts.vault.original(asset) as again:
        assert path.read_bytes() == again.read_bytes() == b"what was seen"
        assert path.stat().st_mode & 0o222 == 0
    assert not path.exists()


def test_a_damaged_original_is_never_lent(place: Place, doomed: Bucket, at: Open, file: File) -> None:
    parts = at(place)
    asset = parts.vault.preserve(file()).id
    (name,) = (one.name for one in doomed.keys("objects/") if one.name.endswith("/original"))
    doomed.put(name, b"what was seeN")
    with pytest.raises(Corrupt) as caught, parts.vault.original(asset):
        pass
    assert caught.value.code == "E-VAULT-001"
    found = parts.vault.audit().findings
    assert [(one.path, one.code, one.asset) for one in found] == [(name, "E-VAULT-001", asset)]


@pytest.mark.parametrize(
    "case",
    [
        ("original", "E-VAULT-003"),
        ("v1/inventory.json", "E-VAULT-002"),
        ("v1/inventory.json.sha512", "E-VAULT-002"),
        ("0=ocfl_object_1.1", "E-VAULT-002"),
    ],
)
def test_a_key_that_is_gone_is_found(place: Place, doomed: Bucket, at: Open, file: File, case: tuple[str, str]) -> None:
    what, code = case
    parts = at(place)
    parts.vault.preserve(file())
    gone = [one.name for one in doomed.keys("objects/") if one.name.endswith(what) and "extensions" not in one.name]
    doomed.delete(gone[0])
    assert code in {one.code for one in parts.vault.audit().findings}


def test_what_is_consistent_in_itself_is_found_against_the_log(
    place: Place, doomed: Bucket, at: Open, file: File
) -> None:
    parts = at(place)
    asset = parts.vault.preserve(file()).id
    other = parts.vault.preserve(file(b"another")).id
    parts.vault.write_back(asset, "run", [{"n": 1}], {})
    folder = object_folder(Path("objects"), f"urn:evidence:asset:{asset}").as_posix()
    doomed.clear(f"{folder}/v2/")
    for name in ("inventory.json", "inventory.json.sha512"):
        doomed.put(f"{folder}/{name}", doomed.get(f"{folder}/v1/{name}") or b"")
    doomed.clear(object_folder(Path("objects"), f"urn:evidence:asset:{other}").as_posix())
    doomed.put("objects/stranger", b"x")
    doomed.put("stranger", b"x")
    found = {(one.code, one.asset) for one in parts.vault.audit().findings}
    assert found == {("E-LOG-004", asset), ("E-VAULT-003", other), ("E-VAULT-004", None)}


def test_the_identity_is_never_made_anew(place: Place, doomed: Bucket, at: Open, file: File) -> None:
    at(place).vault.preserve(file())
    doomed.delete("vault.json")
    with pytest.raises(Corrupt) as caught:
        at(place, "other")
    assert caught.value.code == "E-VAULT-003"


def test_a_home_belongs_to_one_vault(place: Place, at: Open, file: File, tmp_path: Path) -> None:
    from pipeline.vault import open_vault

    at(place).vault.preserve(file())
    for other in (None, replace(place, prefix="elsewhere")):
        with pytest.raises(Misconfigured) as caught:
            open_vault(tmp_path / "host", tmp_path / "keys", bucket=other)
        assert caught.value.code == "E-S3-005"
    open_vault(tmp_path / "disk", tmp_path / "keys").vault.preserve(file())
    with pytest.raises(Misconfigured) as caught:
        at(place, "disk")
    assert caught.value.code == "E-S3-005"


def test_secrets_are_nowhere_shown(place: Place, s3: Store, at: Open) -> None:
    s3.faults.append(Fault(how="403", method="GET", times=99))
    with pytest.raises(Misconfigured) as caught:
        at(replace(place, access=("key", "a-secret")))
    assert caught.value.code == "E-S3-002"
    assert "a-secret" not in f"{caught.value} {caught.value.__cause__} {replace(place, access=('k', 'a-secret'))!r}"


@pytest.mark.parametrize("url", ["", "s3://", "http://bucket/x", "s3://Bucket", "s3://bucket/../x", "s3://bucket//x"])
def test_an_impossible_place_is_refused(url: str) -> None:
    with pytest.raises(Misconfigured):
        parse_url(url)


def test_a_bucket_that_is_not_there_is_the_operators(place: Place, at: Open) -> None:
    with pytest.raises(Misconfigured) as caught:
        at(replace(place, bucket="nowhere"))
    assert caught.value.code == "E-S3-003"


def test_a_scratch_disk_without_room_says_so(
    place: Place, at: Open, file: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = at(place)
    asset = parts.vault.preserve(file()).id
    monkeypatch.setattr("pipeline.vault.s3.cache._LEFT_FREE", 1 << 60)
    with pytest.raises(Unavailable) as caught, parts.vault.original(asset):
        pass
    assert caught.value.code == "E-HOST-003"


def test_an_assets_end_leaves_no_key(place: Place, bucket: Bucket, at: Open, file: File) -> None:
    parts = at(place)
    asset = parts.vault.preserve(file()).id
    parts.vault.write_back(asset, "run", [{"n": 1}], {})
    stone = parts.vault.dispose(asset, {"reason": "a test"})
    assert stone["asset"] == asset
    assert keys_of(bucket, asset) == set()
    assert not parts.vault.has(AssetId(asset))
    assert parts.vault.audit().findings == ()


def test_the_inventory_names_the_content_of_the_attempt_that_won(
    place: Place, bucket: Bucket, at: Open, file: File
) -> None:
    asset = at(place).vault.preserve(file()).id
    folder = object_folder(Path("objects"), f"urn:evidence:asset:{asset}").as_posix()
    body = json.loads(bucket.get(f"{folder}/inventory.json") or b"")
    ((path,),) = body["manifest"].values()
    assert path in keys_of(bucket, asset)
    assert body["versions"]["v1"]["state"] == {next(iter(body["manifest"])): ["original"]}
