"""Along with a picture come its tags and its thumbnail: one question instead of three, the same answers."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from docker.processes import descendants
from pipeline.core.ports.media import THUMBNAIL
from pipeline.errors import PipelineError, Refused
from pipeline.settings import Limits, read_settings
from pipeline.tools.parsers import Parsers


@pytest.fixture
def parsers() -> Iterator[Parsers]:
    limits = Limits(tool_seconds=3)
    found = Parsers(read_settings().model_copy(update={"limits": limits}))
    before = set(descendants(os.getpid()))
    yield found
    for pid in set(descendants(os.getpid())) - before:
        os.kill(pid, signal.SIGCONT)
    found.close()


@pytest.fixture
def photograph(testdata: Path) -> Path:
    return testdata / "photo_exif/ia_landscape_6.jpg"


def stop_rooms() -> None:
    for pid in descendants(os.getpid()):
        if b"pipeline.parsing.room" in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGSTOP)


def said(parsers: Parsers, media: Path, *, along: bool) -> list[object]:
    """Return what is said of a file, asked together or one by one; a refusal is its code and reason."""
    found: list[object] = []

    def ask(what: str) -> None:
        try:
            if what == "picture":
                found.append(parsers.picture(media))
            elif what == "exif":
                found.append(parsers.exif(media))
            else:
                image = parsers.upright(media, longest=THUMBNAIL)
                found.append((image.size, image.tobytes()))
        except PipelineError as err:
            found.append((what, type(err), err.code, err.reason))

    if along:
        for what in ("picture", "exif", "upright"):
            ask(what)
        return found
    for what in ("exif", "upright", "picture"):
        ask(what)
    return [found[2], found[0], found[1]]


def test_one_question_about_a_photograph(parsers: Parsers, photograph: Path) -> None:
    _, tags, small = said(parsers, photograph, along=False)
    parsers.picture(photograph)
    stop_rooms()
    assert parsers.exif(photograph) == tags
    image = parsers.upright(photograph, longest=THUMBNAIL)
    assert (image.size, image.tobytes()) == small
    with pytest.raises(Refused) as caught:  # whatever else is asked is asked of the room, which stands still
        parsers.upright(photograph, longest=THUMBNAIL - 1)
    assert caught.value.code == "E-MEDIA-005"


@pytest.mark.slow
def test_every_photograph_answers_the_same_either_way(testdata: Path) -> None:
    parsers = Parsers(read_settings())
    for media in sorted((testdata / "photo_exif").iterdir()):
        assert said(parsers, media, along=True) == said(parsers, media, along=False), media.name
    parsers.close()


@pytest.mark.slow
def test_every_hostile_file_answers_the_same_either_way(testdata: Path) -> None:
    parsers = Parsers(read_settings())
    for media in sorted(one for one in (testdata / "hostile").rglob("*") if one.is_file()):
        assert said(parsers, media, along=True) == said(parsers, media, along=False), media.name
    parsers.close()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "F"])
def test_every_kind_of_pixels_answers_the_same_either_way(parsers: Parsers, tmp_path: Path, mode: str) -> None:
    form = {"CMYK": "TIFF", "F": "TIFF"}.get(mode, "PNG")
    plain = Image.effect_noise((700, 40), 80)
    image = plain.convert("RGB").quantize(9) if mode == "P" else plain.convert(mode)
    image.save(tmp_path / "x", form)
    assert said(parsers, tmp_path / "x", along=True) == said(parsers, tmp_path / "x", along=False)


@pytest.mark.parametrize("part", [0.3, 0.8, 0.98])
@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_a_damaged_picture_answers_the_same_either_way(
    parsers: Parsers, tmp_path: Path, form: str, part: float
) -> None:
    Image.effect_noise((400, 300), 80).save(tmp_path / "whole", form)
    whole = (tmp_path / "whole").read_bytes()
    (tmp_path / "x").write_bytes(whole[: int(len(whole) * part)])
    assert said(parsers, tmp_path / "x", along=True) == said(parsers, tmp_path / "x", along=False)


def test_what_came_along_is_of_that_file_as_it_was_and_of_no_other(parsers: Parsers, tmp_path: Path) -> None:
    for name, colour in (("a.png", (255, 0, 0)), ("b.png", (0, 0, 255))):
        Image.new("RGB", (8, 8), colour).save(tmp_path / name)
    parsers.picture(tmp_path / "a.png")
    assert parsers.upright(tmp_path / "b.png", longest=THUMBNAIL).getpixel((0, 0)) == (0, 0, 255)
    parsers.picture(tmp_path / "a.png")
    Image.new("RGB", (8, 8), (0, 255, 0)).save(tmp_path / "a.png")
    assert parsers.upright(tmp_path / "a.png", longest=THUMBNAIL).getpixel((0, 0)) == (0, 255, 0)
    parsers.picture(tmp_path / "a.png")
    (tmp_path / "a.png").unlink()
    with pytest.raises(FileNotFoundError):
        parsers.upright(tmp_path / "a.png", longest=THUMBNAIL)


def test_a_thread_is_answered_about_its_own_file(parsers: Parsers, tmp_path: Path) -> None:
    seen: list[object] = []

    def work(number: int) -> None:
        file = tmp_path / f"{number}.png"
        Image.new("RGB", (8, 8), (number, 0, 0)).save(file)
        for _ in range(5):
            parsers.picture(file)
            time.sleep(0.01)
            seen.append(parsers.upright(file, longest=THUMBNAIL).getpixel((0, 0)) == (number, 0, 0))

    threads = [threading.Thread(target=work, args=(one,)) for one in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert seen == [True] * 20


def test_what_fails_along_with_a_picture_takes_nothing_from_it(tmp_path: Path) -> None:
    """There is memory for the picture as it is stored, not for its four colours on white."""
    Image.new("LA", (6000, 6000)).save(tmp_path / "x.png", compress_level=1)
    small = Parsers(read_settings().model_copy(update={"limits": Limits(picture_memory_bytes=450_000_000)}))
    assert small.picture(tmp_path / "x.png").rows == 6000
    with pytest.raises(Refused) as caught:
        small.upright(tmp_path / "x.png", longest=THUMBNAIL)
    assert caught.value.code == "E-MEDIA-004"
    assert small.exif(tmp_path / "x.png") == {}
    small.close()
