"""Merkle tree of RFC 6962: one digest over a growing list, so that no earlier part of it can change."""

import hashlib
from collections.abc import Sequence

EMPTY = hashlib.sha256(b"").digest()


def leaf_digest(data: bytes) -> bytes:
    """Digest one leaf (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\x00" + data).digest()


class Tree:
    """The roots of the full subtrees of all leaves so far: enough to go on and to name the whole."""

    def __init__(self, size: int = 0, full: Sequence[bytes] = ()) -> None:
        if size.bit_count() != len(full):
            raise ValueError("so many leaves have another number of full subtrees")
        self.size = size
        self.full = list(full)

    def add(self, data: bytes) -> None:
        """Append a leaf."""
        self.size += 1
        node, count = leaf_digest(data), self.size
        while count % 2 == 0:
            node = hashlib.sha256(b"\x01" + self.full.pop() + node).digest()
            count //= 2
        self.full.append(node)

    def root(self) -> bytes:
        """Return the digest of the whole tree."""
        if not self.full:
            return EMPTY
        root = self.full[-1]
        for left in reversed(self.full[:-1]):
            root = hashlib.sha256(b"\x01" + left + root).digest()
        return root
