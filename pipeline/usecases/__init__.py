"""The use cases behind the service: one file each, over the same open home."""
