"""Merkle tree of RFC 6962: one digest over a growing list, so that no earlier part of it can change."""

import hashlib

EMPTY = hashlib.sha256(b"").digest()


def leaf_digest(data: bytes) -> bytes:
    """Digest one leaf (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\x00" + data).digest()


class Tree:
    """The roots of the full subtrees of all leaves so far: enough to go on and to name the whole."""

    def __init__(self) -> None:
        self.size = 0
        self._full: list[bytes] = []

    def add(self, data: bytes) -> None:
        """Append a leaf."""
        self.size += 1
        node, count = leaf_digest(data), self.size
        while count % 2 == 0:
            node = hashlib.sha256(b"\x01" + self._full.pop() + node).digest()
            count //= 2
        self._full.append(node)

    def root(self) -> bytes:
        """Return the digest of the whole tree."""
        if not self._full:
            return EMPTY
        root = self._full[-1]
        for left in reversed(self._full[:-1]):
            root = hashlib.sha256(b"\x01" + left + root).digest()
        return root
