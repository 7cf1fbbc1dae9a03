"""Read text: pictures with known words in seven languages, captions over time, and no text where none is."""

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
import pytest

from pipeline.core.error_rates import cer, normalised
from pipeline.core.model import Enrichment, Outcome
from tests.stages.conftest import Line

pytestmark = pytest.mark.slow

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
PAGES = {
    "ar": (
        "سقطت القذيفة على مدينة حلب في الصباح\n"
        "وقتل عدد من المدنيين بينهم ثلاثة أطفال\n"
        "المشفى الميداني رقم 27 شارع النصر"
    ),
    "ckb": (
        "لە بەیانیدا تۆپێک کەوتە سەر شاری هەولێر\n"
        "چەند کەسێک بریندار بوون و ماڵەکان ڕووخان\n"
        "بەڕێوەبەرایەتی گشتی تەندروستی"
    ),
    "kmr": (
        "Di sibehê de topek li bajarê Helebê ket\n"
        "û hin kes hatin kuştin, pênc zarok jî\n"
        "Nexweşxaneya Qamişlo, kolana Azadî 12"
    ),
    "tr": "Sabah saatlerinde Halep kentine top mermisi düştü\nÇocuklar ağır yaralandı, hastaneye götürüldü",
    "fr": "Un obus est tombé sur la ville d'Alep ce matin\nPlusieurs élèves ont été blessés à l'école",
    "de": "Am Morgen schlug eine Granate in der Stadt ein\nGrößere Schäden an Häusern und Straßen",
    "en": "A shell fell on the city of Aleppo this morning\nSeveral civilians were wounded, three of them children",
}
MOST_ERRORS = {"ckb": 0.15}
WITHOUT_TEXT = (
    "photo_objects/coral_face.jpg", "photo_objects/skimage_chelsea.png", "photo_objects/skimage_coffee.png",
    "photo_objects/darknet_dog.jpg", "photo_exif/pp_gopro_hd2.jpg", "photo_exif/immich_portrait.jpg",
)  # fmt: skip

Draw = Callable[..., Path]


@pytest.fixture
def draw(tmp_path: Path) -> Draw:
    """Draw lines of text into a picture."""
    if not Path(FONT).is_file():
        pytest.skip("no font that has Arabic letters (fonts-dejavu-core)")

    def make(
        name: str, text: str, *, size: int = 34, ink: str = "black", paper: str = "white", width: int = 1100
    ) -> Path:
        font = PIL.ImageFont.truetype(FONT, size, layout_engine=PIL.ImageFont.Layout.RAQM)
        lines = text.split("\n")
        image = PIL.Image.new("RGB", (width, 2 * size * len(lines) + 60), paper)
        pen = PIL.ImageDraw.Draw(image)
        for n, line in enumerate(lines):
            pen.text((width / 2, 50 + 2 * size * n), line, font=font, fill=ink, anchor="mm")
        image.save(tmp_path / name)
        return tmp_path / name

    return make


def read(line: Line, file: Path) -> Enrichment:
    return line.run(file, "read_text")["read_text"]


def regions(found: Enrichment) -> list[Mapping[str, Any]]:
    return list(found.body["regions"])


def text(found: Enrichment) -> str:
    return "\n".join(one["text"] for one in regions(found))


@pytest.mark.parametrize("language", PAGES)
def test_a_page_in_each_language(line: Line, draw: Draw, language: str) -> None:
    found = read(line, draw("page.png", PAGES[language]))
    assert found.outcome is Outcome.DONE
    rate = cer([(PAGES[language], text(found))])
    assert rate is not None
    assert rate.rate <= MOST_ERRORS.get(language, 0.03)
    assert {one["language"] for one in regions(found)} == {language}
    assert {one["script"] for one in regions(found)} == {"Arab" if language in {"ar", "ckb"} else "Latn"}


@pytest.mark.parametrize("language", ["ckb", "kmr"])
def test_kurdish_is_never_passed_off(line: Line, draw: Draw, language: str) -> None:
    for n, words in enumerate(PAGES[language].split("\n")):
        found = read(line, draw(f"line{n}.png", words, size=26))
        assert {one["language"] for one in regions(found)} <= {language, "und"}


def test_two_alphabets_in_one_picture_and_the_digits_right(line: Line, draw: Draw) -> None:
    found = read(line, draw("sign.png", "المشفى الميداني رقم 27\nFIELD HOSPITAL 27\nشارع النصر 12", width=800))
    assert normalised(text(found)) == normalised("المشفى الميداني رقم 27 FIELD HOSPITAL 27 شارع النصر 12")
    assert [one["script"] for one in regions(found)] == ["Arab", "Latn", "Arab"]
    assert all(one["language"] in {"ar", "en"} for one in regions(found))


def test_known_pictures(line: Line, testdata: Path) -> None:
    entries = json.loads((testdata / "MANIFEST.json").read_text())
    items = next(value for value in entries.values() if isinstance(value, list))
    pairs, missing, wanted = [], [], 0
    for item in (one for one in items if one["category"] == "ocr" and "arabic" not in one["path"]):
        found, truth = read(line, testdata / item["path"]), item["ground_truth"]
        assert found.outcome is Outcome.DONE, item["path"]
        if "ocr_text" in truth:
            pairs.append((truth["ocr_text"], text(found)))
        for words in truth.get("contains_text", ()):
            wanted += 1
            if normalised(words) not in normalised(text(found)):
                missing.append((item["path"], words))
    rate = cer(pairs)
    assert rate is not None
    assert rate.rate < 0.01
    # All that is missing stands small and slanting on the walls of one street.
    assert {path for path, _ in missing} <= {"ocr/easyocr_french.jpg"}
    assert len(missing) <= 2


def test_an_arabic_newspaper(line: Line, testdata: Path) -> None:
    entries = json.loads((testdata / "MANIFEST.json").read_text())
    items = next(value for value in entries.values() if isinstance(value, list))
    truth = next(one for one in items if one["path"] == "ocr/arabic_capr14.jpg")["ground_truth"]["ocr_text"]
    found = read(line, testdata / "ocr/arabic_capr14.jpg")
    rate = cer([(truth, text(found))])
    assert rate is not None
    assert rate.rate < 0.05
    assert {one["language"] for one in regions(found)} == {"ar"}


def test_what_stands_upside_down_is_read_and_lies_where_it_is(line: Line, testdata: Path) -> None:
    upright = read(line, testdata / "ocr/tess_phototest.tif")
    turned = read(line, testdata / "ocr/tess_phototest-rotated-180.png")
    assert normalised(text(turned)) == normalised(text(upright))
    assert {one["turn"] for one in regions(turned)} == {180}
    for one, other in zip(regions(upright), regions(turned), strict=True):
        left, top, width, height = one["box"]
        assert other["box"] == pytest.approx([1 - left - width, 1 - top - height, width, height], abs=0.02)


@pytest.mark.parametrize("name", WITHOUT_TEXT)
def test_a_photograph_without_text_has_none(line: Line, testdata: Path, name: str) -> None:
    found = read(line, testdata / name)
    assert (found.outcome, found.code) == (Outcome.EMPTY, "N-TEXT-001")
    assert regions(found) == []
    assert {one["code"] for one in found.body["rejected"]} <= {"N-TEXT-002"}
    assert found.coverage is not None
    assert (found.coverage.of, found.coverage.read) == (1, 1)


def test_sound_has_nothing_to_read(line: Line, testdata: Path) -> None:
    found = read(line, testdata / "audio_formats/bear.opus")
    assert (found.outcome, found.code) == (Outcome.NOT_APPLICABLE, "N-MEDIA-001")


def test_what_cannot_be_decoded_is_refused(line: Line, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    assert read(line, broken).outcome is Outcome.REFUSED


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Eight seconds, four views of two seconds: an Arabic caption over two of them, a Kurmanji one, none."""
    if not Path(FONT).is_file():
        pytest.skip("no font that has Arabic letters (fonts-dejavu-core)")
    captions = ("سقطت القذيفة على مدينة حلب", "سقطت القذيفة على مدينة حلب", "Komek ji kesan birîndar bûn", None)
    grounds = ((90, 120, 60), (60, 70, 130), (140, 80, 60), (40, 40, 40))
    font = PIL.ImageFont.truetype(FONT, 28, layout_engine=PIL.ImageFont.Layout.RAQM)
    inputs: list[str] = []
    for n, (caption, ground) in enumerate(zip(captions, grounds, strict=True)):
        image = PIL.Image.radial_gradient("L").rotate(20 * n).resize((640, 360)).convert("RGB")
        image = PIL.Image.blend(image, PIL.Image.new("RGB", image.size, ground), 0.6)
        if caption:
            pen = PIL.ImageDraw.Draw(image)
            pen.text((320, 325), caption, font=font, fill="white", stroke_width=2, stroke_fill="black", anchor="mm")
        image.save(tmp_path / f"view{n}.png")
        inputs += ["-loop", "1", "-t", "2", "-i", str(tmp_path / f"view{n}.png")]
    path = tmp_path / "film.mp4"
    joined = "[0][1][2][3]concat=n=4:v=1,fps=25,format=yuv420p"
    command = ["ffmpeg", "-nostdin", "-v", "error", *inputs, "-filter_complex", joined, "-c:v", "libx264", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    return path


def test_captions_are_merged_over_time(line: Line, film: Path) -> None:
    found = read(line, film)
    arabic, kurmanji = regions(found)
    assert (arabic["text"], arabic["language"]) == ("سقطت القذيفة على مدينة حلب", "ar")
    assert len(arabic["seen"]) == 2
    assert 0 <= arabic["t"] < 2 <= arabic["end"] < 4
    assert (kurmanji["text"], kurmanji["language"]) == ("Komek ji kesan birîndar bûn", "kmr")
    assert 4 <= kurmanji["t"] == kurmanji["end"] < 6
    for one in (arabic, kurmanji):
        top, height = one["box"][1], one["box"][3]
        assert 0.85 < top + height / 2 < 0.95
        assert one["pts"] is not None
        assert one["time_base"]
    assert found.coverage is not None
    assert found.coverage.unit == "frames"
    assert found.coverage.read == found.coverage.of
