"""Room: what runs behind the walls: it is handed one open file at a time and answers about it.

Asked on a socket with a JSON object and two descriptors: the material, open for reading, and a file for the
answer. Each part of an answer is written there, from its beginning, and announced on the socket; the next one
is made when it is asked for. Nothing is kept from one file to the next.
"""

import json
import logging
import os
import socket
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.errors import PipelineError, Refused, Unavailable
from pipeline.parsing.material import Material, Part

Can = Mapping[str, Callable[..., Iterator[Part]]]
"""What may be asked of a room, and who answers."""

_WORDS = 65_536
_ENDS = {Refused: "refused", Unavailable: "unavailable"}


def _exif(media: Material) -> Iterator[Part]:
    from pipeline.parsing.tags import exif

    yield exif(media), b""


def _sidecar(media: Material, ending: str) -> Iterator[Part]:
    from pipeline.parsing.beside import sidecar

    yield sidecar(media, ending), b""


def _picture(media: Material, max_pixels: int, max_pictures: int, longest: int) -> Iterator[Part]:
    """Answer about a picture; with ``longest`` then what is mostly asked next: how it is shown, and its tags."""
    from pipeline.parsing.pictures import decoded, upright

    with decoded(media, max_pixels, max_pictures) as (said, frame):
        yield said, b""
        if longest:
            image = upright(media, max_pixels, longest=longest, frame=frame)
            yield list(image.size), image.tobytes()
    if longest:
        yield from _exif(media)


def _upright(media: Material, max_pixels: int, longest: int, orientation: int | None) -> Iterator[Part]:
    from pipeline.parsing.pictures import upright

    image = upright(media, max_pixels, longest=longest, orientation=orientation)
    yield list(image.size), image.tobytes()


def _frames(
    media: Material, max_pixels: int, max_pictures: int, longest: int, wanted: list[int] | None
) -> Iterator[Part]:  # fmt: skip
    """Answer with each frame, or those of some numbers; ``null`` for one that fails to decode, the last."""
    from pipeline.parsing.animation import frames
    from pipeline.parsing.colours import shown

    left = None if wanted is None else set(wanted)
    for number, (pts, image) in enumerate(frames(media, max_pixels, max_pictures)):
        if image is None:
            yield [number, pts, None], b""
            return
        if left is None or number in left:
            seen = shown(image, longest)
            yield [number, pts, list(seen.size)], seen.tobytes()
            if left is not None:
                left.discard(number)
        if left is not None and not left:
            return


_CAN: Can = {
    "exif": _exif, "picture": _picture, "sidecar": _sidecar, "upright": _upright, "frames": _frames,
}  # fmt: skip


def serve(asked: socket.socket, can: Can) -> None:
    """Say that all is there, then answer until nobody asks any more."""
    asked.send(b'{"ready": true}')
    while True:
        words, fds, _, _ = socket.recv_fds(asked, _WORDS, 2)
        if not words:
            return
        media, answer = fds
        try:
            end = _answer(asked, json.loads(words), Material(fd=media), answer, can)
        finally:
            os.close(media)
            os.close(answer)
        asked.send(json.dumps(end).encode())


def _answer(
    asked: socket.socket, question: Mapping[str, Any], media: Material, answer: int, can: Can
) -> dict[str, Any]:  # fmt: skip
    """Give the parts of an answer; return how it ended."""
    try:
        for said, data in can[question["do"]](media, **question["how"]):
            text = json.dumps(said).encode()
            _put(answer, text, data)
            asked.send(json.dumps({"text": len(text), "data": len(data)}).encode())
            if asked.recv(_WORDS) != b"more":
                break
    except PipelineError as err:
        return {"end": _ENDS.get(type(err), "fault"), "code": err.code, "reason": err.reason[:1000]}
    except MemoryError:
        return {"end": "refused", "code": "E-MEDIA-004", "reason": "it needs more memory than one file may take"}
    except Exception as err:  # noqa: BLE001 (whatever it is, it must not be lost, and the next file is another's)
        where = Path(traceback.extract_tb(err.__traceback__)[-1].filename)
        # A library that breaks in a way that nobody foresaw breaks on the material; our own lines are our fault.
        ours = where.parent == Path(__file__).parent
        reason = f"{type(err).__name__} in {where.name}"
        return {"end": "fault" if ours else "refused", "code": "E-MEDIA-006", "reason": reason}
    return {"end": "done"}


def _put(answer: int, *parts: bytes | memoryview) -> None:
    os.lseek(answer, 0, os.SEEK_SET)
    for part in parts:
        rest = memoryview(part)
        while rest:
            rest = rest[os.write(answer, rest) :]


@cache
def _prepare() -> None:
    """Load the libraries before the first file comes, and keep them from printing what they read."""
    import exifread  # noqa: F401 (loaded now, used later)

    from pipeline.parsing.pictures import prepare

    logging.disable()
    prepare()


if __name__ == "__main__":
    _prepare()
    serve(socket.socket(fileno=int(sys.argv[1])), _CAN)
