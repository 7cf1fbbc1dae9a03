"""A name agrees with the bytes, contradicts them, or says nothing."""

import pytest

from pipeline.core.extensions import extension_matches


@pytest.mark.parametrize(("filename", "media_type", "container", "found"), [
    ("a.JPG", "image/jpeg", "jpeg", True),
    ("a.mp4", "image/jpeg", "jpeg", False),
    ("a.jpg.exe", "image/jpeg", "jpeg", False),
    ("IMG_0001", "image/jpeg", "jpeg", None),
    (".jpg", "image/jpeg", "jpeg", None),
    ("a.mov", "video/mp4", "mp4", True),
    ("note.txt", "text/plain", None, None),
    ("note.jpg", "text/plain", None, False),
    ("a.svg", "image/svg+xml", None, True),
    ("a.png", "image/svg+xml", None, False),
    ("a.bin", "application/octet-stream", None, None),
])  # fmt: skip
def test_a_name_is_compared(filename: str, media_type: str, container: str | None, found: bool | None) -> None:
    assert extension_matches(filename, media_type=media_type, container=container) is found
