"""Tesseract in its room: words, places, turns, models that are missing, pictures that are too much."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
import pytest

from pipeline.core.ports import Pixels, Sought
from pipeline.errors import Misconfigured, Refused
from pipeline.settings import Settings
from pipeline.tools import Tools, tesseract
from pipeline.tools.tesseract import read

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"


def picture(text: str, *, size: int = 40, ink: Any = "black", paper: Any = "white", turn: int = 0) -> Pixels:
    if not Path(FONT).is_file():
        pytest.skip("no font that has Arabic letters (fonts-dejavu-core)")
    font = PIL.ImageFont.truetype(FONT, size, layout_engine=PIL.ImageFont.Layout.RAQM)
    image = PIL.Image.new("RGB", (900, 200), paper)
    PIL.ImageDraw.Draw(image).text((450, 100), text, font=font, fill=ink, anchor="mm")
    return np.asarray(image.rotate(turn, expand=True))


@pytest.mark.parametrize(
    ("script", "text"),
    [("Arab", "شارع النصر"), ("Arab", "Danger: mines"), ("Latn", "Xetereya mînan"), ("Latn", "Größere Schäden")],
)
def test_words_in_reading_order(tools: Tools, tmp_path: Path, script: str, text: str) -> None:
    words = tools.read_text(picture(text), Sought(script=script), tmp_path)
    assert [word.text for word in words] == text.split()
    assert min(word.confidence for word in words) > 0.5
    assert len({word.line for word in words}) == 1


def test_a_word_is_where_it_was_drawn(tools: Tools, tmp_path: Path) -> None:
    pixels = picture("Damascus")
    (word,) = tools.read_text(pixels, Sought(script="Latn"), tmp_path)
    rows, columns = np.nonzero(pixels[:, :, 0] < 128)
    left, top, width, height = word.box
    assert left == pytest.approx(columns.min() / 900, abs=0.005)
    assert left + width == pytest.approx(columns.max() / 900, abs=0.005)
    assert top == pytest.approx(rows.min() / 200, abs=0.02)
    assert top + height == pytest.approx(rows.max() / 200, abs=0.02)


def test_letters_on_dark_ground_and_small_ones(tools: Tools, tmp_path: Path) -> None:
    for pixels in (picture("Danger mines", ink="white", paper="navy"), picture("Danger mines", size=13)):
        words = tools.read_text(pixels, Sought(script="Latn"), tmp_path)
        assert [word.text for word in words] == ["Danger", "mines"]


def test_bright_letters_on_a_busy_ground(tools: Tools, tmp_path: Path) -> None:
    pixels = picture("سقطت القذيفة على المدينة", ink="white", paper="black").copy()
    dark = pixels[:, :, 0] < 8
    pixels[dark] = np.random.default_rng(7).integers(0, 120, (int(dark.sum()), 3), dtype=np.uint8)
    words = tools.read_text(pixels, Sought(script="Arab", light=True), tmp_path)
    assert [word.text for word in words] == ["سقطت", "القذيفة", "على", "المدينة"]


def test_upside_down_is_told_and_turned(tools: Tools, testdata: Path, tmp_path: Path) -> None:
    page = np.asarray(PIL.Image.open(testdata / "ocr/tess_phototest-rotated-180.png").convert("RGB"))
    assert tools.text_turn(page, tmp_path) == 180
    words = tools.read_text(page, Sought(script="Arab", turn=180), tmp_path)
    assert [word.text for word in words[:6]] == ["This", "is", "a", "lot", "of", "12"]


def test_a_photograph_without_text_tells_no_turn_and_gives_no_page(
    tools: Tools, testdata: Path, tmp_path: Path
) -> None:
    photo = np.asarray(PIL.Image.open(testdata / "photo_objects/skimage_coffee.png").convert("RGB"))
    assert tools.text_turn(photo, tmp_path) is None
    assert tools.read_text(photo, Sought(script="Arab"), tmp_path) == ()


def test_one_pixel_and_a_thin_line_are_read_without_complaint(tools: Tools, tmp_path: Path) -> None:
    for shape in ((1, 1, 3), (1, 3000, 3), (2, 2, 3)):
        assert tools.read_text(np.zeros(shape, dtype=np.uint8), Sought(script="Arab"), tmp_path) == ()


def test_the_same_picture_gives_the_same_words(tools: Tools, tmp_path: Path) -> None:
    pixels = picture("Qamişlo 27")
    assert len({tools.read_text(pixels, Sought(script="Arab", scattered=True), tmp_path) for _ in range(3)}) == 1


def test_the_maker_names_program_and_models(tools: Tools) -> None:
    said = tools.environment("tesseract")["tesseract"]
    assert re.match(r"\d+\.\d+\.\d+ leptonica-", said)
    assert re.findall(r"(\w+) sha256:[0-9a-f]{64}", said) == ["Arabic", "Latin", "osd"]


def test_a_model_that_is_missing_is_named(settings: Settings) -> None:
    with pytest.raises(Misconfigured, match="Klingon") as caught:
        tesseract._model("Klingon", settings)
    assert caught.value.code == "E-CONF-002"


def test_what_takes_too_long_is_refused(settings: Settings, tmp_path: Path) -> None:
    hurried = settings.model_copy(update={"limits": settings.limits.model_copy(update={"tool_seconds": 0.05})})
    with pytest.raises(Refused) as caught:
        read(picture("Danger mines"), Sought(script="Latn"), tmp_path, hurried)
    assert caught.value.code == "E-MEDIA-005"
