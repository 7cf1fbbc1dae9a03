"""The index: what analysts search, folded across scripts; deleted and rebuilt at will."""
