"""Listed: digests of material that may not be kept in the open, read from an operator's lists, and what meets them."""

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.core.alike import SAME

PDQ, SHA256, SHA1, MD5 = "pdq", "sha256", "sha1", "md5"
_DIGITS = {SHA256: 64, SHA1: 40, MD5: 32, PDQ: 64}
_UNNAMED = {64: SHA256, 40: SHA1, 32: MD5}
"""What digits without a name are; a PDQ hash is as long as a SHA-256, so it must be named."""


class BadLineError(ValueError):
    """A line is no digest; its number is told, never what stands there."""

    def __init__(self, number: int) -> None:
        super().__init__(f"line {number}")
        self.number = number


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """All that is listed. ``digest``: of the lists themselves, so that a decision can say what it rested on."""

    digest: str
    exact: frozenset[tuple[str, bytes]]
    pictures: tuple[int, ...]

    @property
    def needs(self) -> frozenset[str]:
        """The digests, beyond SHA-256, without which a file cannot be compared."""
        return frozenset(name for name, _ in self.exact) - {SHA256}

    def has(self, algorithm: str, hexadecimal: str) -> bool:
        """Tell whether a digest of a file is listed."""
        return (algorithm, bytes.fromhex(hexadecimal)) in self.exact

    def has_like(self, hashes: Iterable[str]) -> bool:
        """Tell whether one of these PDQ hashes differs from a listed one as little as copies do."""
        mine = [int(one, 16) for one in hashes]
        return any((one ^ other).bit_count() <= SAME for one in mine for other in self.pictures)


def read_list(text: str) -> list[tuple[str, bytes]]:
    """Read a list: a digest a line, in hexadecimal, ``pdq:`` (or ``sha256:`` …) before it; ``#`` begins a comment.

    Raises ``BadLineError``: a list that is read in part would let through what it was to stop.
    """
    found = []
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        said = line.partition("#")[0].strip()
        if said:
            found.append(_entry(number, said.lower()))
    return found


def _entry(number: int, said: str) -> tuple[str, bytes]:
    name, colon, digits = said.rpartition(":")
    algorithm = name.strip() if colon else _UNNAMED.get(len(said), "")
    digits = digits.strip()
    if len(digits) != _DIGITS.get(algorithm) or not set(digits) <= set("0123456789abcdef"):
        raise BadLineError(number)
    return algorithm, bytes.fromhex(digits)
