"""Lists of digests: read whole or not at all, however an operator spelled them."""

import hashlib

import pytest

from pipeline.core.listed import BadLineError, Listed, read_list

SHA256, SHA1, MD5 = "ab" * 32, "cd" * 20, "ef" * 16


def test_a_list_may_be_spelled_in_any_usual_way() -> None:
    text = f"\ufeff# from the hotline\r\n{SHA256.upper()}\r\n\r\n  {SHA1}  # second\r\nmd5:{MD5}\r\nPDQ: {SHA256}\n"
    assert read_list(text) == [
        ("sha256", bytes.fromhex(SHA256)), ("sha1", bytes.fromhex(SHA1)), ("md5", bytes.fromhex(MD5)),
        ("pdq", bytes.fromhex(SHA256)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "bad", [SHA256[:-1], SHA256 + "0", "x" * 64, f"{SHA256}  photo.jpg", f"sha256:{SHA1}", "pdq:", f"crc:{MD5}", "\x00"]
)
def test_a_bad_line_is_named_by_its_number_alone(bad: str) -> None:
    with pytest.raises(BadLineError) as caught:
        read_list(f"{SHA256}\n# a comment\n{bad}\n")
    assert (caught.value.number, str(caught.value)) == (3, "line 3")


def test_a_picture_is_met_within_the_distance_of_copies() -> None:
    lists = Listed(digest="", exact=frozenset(), pictures=(0,))
    assert lists.has_like([f"{(1 << 31) - 1:064x}"])
    assert not lists.has_like([f"{(1 << 32) - 1:064x}"])


def test_only_digests_that_are_listed_are_asked_for() -> None:
    data = hashlib.sha1(b"x", usedforsecurity=False).hexdigest()
    lists = Listed(digest="", exact=frozenset(read_list(f"{SHA256}\n{data}\n")), pictures=())
    assert lists.needs == {"sha1"}
    assert lists.has("sha1", data)
    assert not lists.has("md5", MD5)
