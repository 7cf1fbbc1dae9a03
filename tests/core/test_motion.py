import io
import struct

import pytest

from pipeline.core.motion import embedded_film


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


FILM = box(b"ftyp", b"isom\0\0\0\0isom") + box(b"moov", b"m" * 60) + box(b"mdat", b"d" * 300)
JPEG = b"\xff\xd8\xff\xe0" + b"picture" * 40 + b"\xff\xd9"


def look(data: bytes) -> tuple[int, int] | None:
    return embedded_film(io.BytesIO(data), len(data))


def test_a_film_behind_a_photograph() -> None:
    assert look(JPEG + FILM) == (len(JPEG), len(FILM))


def test_samsungs_mark_before_it_and_what_follows_it() -> None:
    trailer = b"\0\0\x01\x0aSEFH\0\0\0\1junk"
    assert look(JPEG + b"MotionPhoto_Data" + FILM + trailer) == (len(JPEG) + 16, len(FILM))


def test_a_film_in_a_box_of_heic() -> None:
    heic = box(b"ftyp", b"heic\0\0\0\0mif1heic") + box(b"meta", b"x" * 50)
    assert look(heic + box(b"mpvd", FILM)) == (len(heic) + 8, len(FILM))


@pytest.mark.parametrize(
    "data",
    [
        JPEG,
        JPEG + b"\0\0\0\x14ftypisom....moov",
        JPEG + box(b"ftyp", b"isom\0\0\0\0isom") + box(b"mdat", b"d" * 300),
        FILM,
        b"",
        b"\xff\xd8\xff" + b"\0\0\0\x01ftypisom" * 100,
    ],
    ids=["no film", "only its name", "no index", "a film itself", "nothing", "boxes of no length"],
)
def test_what_is_no_hidden_film(data: bytes) -> None:
    assert look(data) is None


def test_a_film_that_is_cut_off_is_taken_as_far_as_it_goes() -> None:
    data = (JPEG + FILM)[:-100]
    assert look(data) == (len(JPEG), len(FILM) - 100)
