"""Tesseract: the words in a picture, each with its place and the reader's own confidence."""

import hashlib
import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.core.ports import Pixels, ReadWord, Sought
from pipeline.core.reading import MODELS
from pipeline.core.script import ARABIC
from pipeline.core.text import printable
from pipeline.errors import Misconfigured, Refused
from pipeline.settings import Settings
from pipeline.tools.sandbox import MEDIA, Bounds, Call, run

if TYPE_CHECKING:
    from PIL.Image import Image

LONGEST, ENOUGH, MOST_GROWN = 2400, 1600, 3.0
"""Pixels of the longest side that is read; that a smaller picture is grown to; by how much at most."""

_TURNS = "osd"
_PACKAGES = {"Arabic": "tesseract-ocr-script-arab", "Latin": "tesseract-ocr-script-latn", _TURNS: "tesseract-ocr-osd"}
_PAGE, _SCATTERED, _TURN_ONLY = "3", "11", "0"
_FEWEST_CHARACTERS = 12
_SURE_TURN = 1.0
_BRIGHT = 150
"""Shade of grey from which something is ink where bright letters are looked for: white and yellow captions are."""

_WORD = "5"
_COLUMNS = 12
_NON_JOINER = "\u200c"


def read(pixels: Pixels, sought: Sought, scratch: Path, settings: Settings) -> tuple[ReadWord, ...]:
    """Return the words of a picture in reading order.

    Raises ``Refused`` when it takes too long or more memory than allowed.
    """
    picture, size = _prepared(pixels, sought, scratch)
    call = ["tesseract", MEDIA, "stdout", "-l", _model(MODELS[sought.script], settings)]
    done = run(_call([*call, "--psm", _SCATTERED if sought.scattered else _PAGE, "tsv"], settings, picture))
    if done.status:
        raise Refused(f"tesseract ended with {done.status}", code="E-MEDIA-006")
    rows = (row.split("\t") for row in done.stdout.decode(errors="replace").split("\n")[1:])
    return tuple(word for row in rows if (word := _word(row, size)))


def turn_of(pixels: Pixels, scratch: Path, settings: Settings) -> int | None:
    """Tell by how many degrees, clockwise, to turn a picture so that its text stands upright; ``None``: not told."""
    picture, _ = _prepared(pixels, Sought(script=ARABIC), scratch)
    call = ["tesseract", MEDIA, "stdout", "-l", _model(_TURNS, settings), "--psm", _TURN_ONLY]
    done = run(_call([*call, "-c", f"min_characters_to_try={_FEWEST_CHARACTERS}"], settings, picture))
    told = dict(
        re.findall(r"^(Rotate|Orientation confidence): ([\d.]+)$", done.stdout.decode(errors="replace"), re.MULTILINE)
    )
    if float(told.get("Orientation confidence", 0)) < _SURE_TURN:
        return None
    return int(told["Rotate"])


def version(settings: Settings) -> str:
    """Return the versions of Tesseract and of the library that decodes, and the digests of the models it reads with."""
    said = run(_call(["tesseract", "--version"], settings, None)).stdout.decode(errors="replace").split()
    folder, _ = _installed(settings)
    models = [_model(name, settings) for name in (*MODELS.values(), _TURNS)]
    digests = (f"{name} sha256:{_digest(folder / f'{name}.traineddata')}" for name in models)
    return "; ".join((printable(" ".join(said[1:3])), *digests))


def _prepared(pixels: Pixels, sought: Sought, scratch: Path) -> tuple[Path, tuple[int, int]]:
    """Write the picture as the program gets it: grey, turned, of a size in which letters are neither tiny nor huge."""
    import PIL.Image

    image: Image = PIL.Image.fromarray(pixels).convert("L")
    longest = max(image.size)
    share = LONGEST / longest if longest > LONGEST else min(MOST_GROWN, max(1.0, ENOUGH / longest))
    share *= sought.grown
    if share != 1:
        size = (max(1, round(image.width * share)), max(1, round(image.height * share)))
        image = image.resize(size, PIL.Image.Resampling.BICUBIC, reducing_gap=3.0)
    if sought.light:
        image = image.point(
            [255 - min(255, max(0, (shade - _BRIGHT) * 255 // (255 - _BRIGHT))) for shade in range(256)]
        )
    if sought.turn:
        image = image.rotate(-sought.turn, expand=True)
    path = scratch / "read.pgm"
    image.save(path, format="PPM")
    return path, image.size


def _word(row: list[str], size: tuple[int, int]) -> ReadWord | None:
    """Read one row of the answer; ``None`` for what is no word: blocks, lines, blanks."""
    if len(row) < _COLUMNS or row[0] != _WORD:
        return None
    text = "".join(char for char in row[11] if char == _NON_JOINER or unicodedata.category(char)[0] != "C").strip()
    if not text.strip(_NON_JOINER):
        return None
    left, top, width, height = (int(value) for value in row[6:10])
    box = (left / size[0], top / size[1], width / size[0], height / size[1])
    confidence = min(1.0, max(0.0, float(row[10]) / 100))
    return ReadWord(text=text, confidence=confidence, box=box, line=(int(row[2]), int(row[3]), int(row[4])))


def _model(name: str, settings: Settings) -> str:
    """Return what a model is called on this machine; ``Misconfigured`` names the package that carries it."""
    _, names = _installed(settings)
    for known in (name, f"script/{name}"):
        if known in names:
            return known
    package = _PACKAGES.get(name, "tesseract-ocr-all")
    raise Misconfigured(
        f"tesseract has no model {name}", code="E-CONF-002", next_step=f"install the Debian package {package}"
    )


def _installed(settings: Settings) -> tuple[Path, frozenset[str]]:
    return _listed(settings.isolation)


@cache
def _listed(policy: str) -> tuple[Path, frozenset[str]]:
    """Return the folder of the models, and their names."""
    bounds = Bounds(seconds=10, memory=1 << 30, file_bytes=0, answer_bytes=1 << 16)
    said = run(Call(argv=["tesseract", "--list-langs"], bounds=bounds, policy=policy)).stdout.decode(errors="replace")
    folder = re.search(r'"([^"\n]+)"', said)
    if not folder:
        raise Misconfigured("tesseract does not say where its models lie", code="E-CONF-002")
    return Path(folder[1]), frozenset(said.split("\n")[1:])


@cache
def _digest(file: Path) -> str:
    with file.open("rb") as model:
        return hashlib.file_digest(model, "sha256").hexdigest()


def _call(argv: list[str], settings: Settings, picture: Path | None) -> Call:
    limits = settings.limits
    bounds = Bounds(
        seconds=limits.tool_seconds, memory=limits.memory_bytes, file_bytes=0, answer_bytes=limits.answer_bytes
    )
    return Call(argv=argv, bounds=bounds, policy=settings.isolation, media=picture)
