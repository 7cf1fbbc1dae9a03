"""Where objects lie: the examples of OCFL layout extension 0003, and our own names."""

from pathlib import Path

import pytest

from pipeline.vault.layout import id_of, object_folder

ROOT = Path("/root")


@pytest.mark.parametrize(
    ("object_id", "folder"),
    [
        ("object-01", "3c0/ff4/240/object-01"),
        ("..hor/rib:le-$id", "487/326/d8c/%2e%2ehor%2frib%3ale-%24id"),
        (
            "..Hor/rib:lè-$id",
            "373/529/21a/%2e%2eHor%2frib%3al%c3%a8-%24id",
        ),
        (
            "abcdefghij" * 26,
            "55b/432/806/" + "abcdefghij" * 10 + "-55b432806f4e270da0cf23815ed338742179002153cd8d896f23b3e2d8a14359",
        ),
    ],
)
def test_the_examples_of_the_extension(object_id: str, folder: str) -> None:
    assert object_folder(ROOT, object_id) == ROOT / folder


def test_a_name_is_read_back_unless_it_was_cut() -> None:
    assert id_of(object_folder(ROOT, "urn:evidence:register:batch/B-1.x_y")) == "urn:evidence:register:batch/B-1.x_y"
    assert id_of(object_folder(ROOT, "x" * 101)) is None
