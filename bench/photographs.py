"""Photographs: how many a second are identified, probed and previewed, beside exiftool and Pillow on their own."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from bench.figure import Figure
from bench.places import home_at, testdata
from pipeline.usecases.crew import each
from pipeline.usecases.line import Line
from pipeline.usecases.process import process
from pipeline.usecases.submit import submission_of, submit

STAGES = ("identify", "probe", "previews")
ASKED = 50.0
"""Photographs a second that are asked for, on two cores."""
COUNT = 300
ROUNDS = 3
_THUMBNAIL = 512


def measure(place: Path) -> list[Figure]:
    """Put distinct photographs through the first stages, and through the whole line; and bare, in turns."""
    sources = sorted(one for one in (testdata() / "photo_exif").iterdir() if one.suffix.lower() in {".jpg", ".png"})
    ours, bare, stages, sizes = [], [], tuple[str, ...](), ""
    for turn in range(ROUNDS):
        folder = place / f"turn{turn}"
        files = _distinct(sources, folder / "media", COUNT, turn)
        sizes = _sizes(files)
        bare.append(len(files) / _bare(files, folder))
        seconds, stages = _stages(files, folder)
        ours.append(len(files) / seconds)
        shutil.rmtree(folder)
    whole = _whole(_distinct(sources, place / "whole" / "media", 100, ROUNDS), place / "whole")
    notes = f"{sizes}; {COUNT} distinct files, median of {ROUNDS}, {_cores()} cores; stages {', '.join(stages)}"
    if set(stages) != set(STAGES):
        notes += "; the others of " + ", ".join(STAGES) + " are not there"
    return [
        Figure(
            name="photographs a second", peer_is=f"{ASKED:g} a second, as asked for on two cores", ours=median(ours),
            peer=ASKED, unit="photographs/s", bar=1.0, notes=notes,
        ),
        Figure(
            name="photographs beside bare tools", peer_is="exiftool -stay_open and a Pillow thumbnail, nothing kept",
            ours=median(ours), peer=median(bare), unit="photographs/s", notes=sizes,
        ),
        Figure(
            name="photographs through the whole line", peer_is="the same, as far as previews", ours=whole,
            peer=median(ours), unit="photographs/s",
            notes="submit, every stage whose models are here, write-back with its waits for the disk, index; 100 files",
        ),
    ]  # fmt: skip


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _distinct(sources: Sequence[Path], folder: Path, count: int, turn: int) -> list[Path]:
    """Write the photographs again and again, each time with other bytes, so that each is an asset of its own."""
    folder.mkdir(parents=True)
    files = []
    for n in range(count):
        source = sources[n % len(sources)]
        data, mark = source.read_bytes(), f"{turn} {n}".encode()
        if data[:2] == b"\xff\xd8":  # a comment after the start of a JPEG
            data = data[:2] + b"\xff\xfe" + (len(mark) + 2).to_bytes(2, "big") + mark + data[2:]
        else:
            data += mark
        files.append(folder / f"{n:04}{source.suffix}")
        files[-1].write_bytes(data)
    return files


def _sizes(files: Sequence[Path]) -> str:
    import PIL.Image

    pixels = []
    for one in files:
        with PIL.Image.open(one) as image:
            pixels.append(image.width * image.height / 1e6)
    kilobytes = [one.stat().st_size / 1000 for one in files]
    return (
        f"{median(kilobytes):.0f} kB and {median(pixels):.2f} megapixels in the middle, "
        f"{sum(pixels) / len(pixels):.2f} on average, {max(pixels):.1f} at most"
    )


def _bare(files: Sequence[Path], folder: Path) -> float:
    """Read tags with one exiftool for each core and make a thumbnail; return the seconds."""
    out = folder / "bare"
    out.mkdir()
    began = time.perf_counter()
    with ThreadPoolExecutor(_cores()) as pool:
        list(pool.map(lambda part: _bare_part(files[part :: _cores()], out), range(_cores())))
    return time.perf_counter() - began


def _bare_part(files: Sequence[Path], out: Path) -> None:
    import PIL.Image

    with _exiftool() as exiftool:
        assert exiftool.stdin
        assert exiftool.stdout
        for one in files:
            exiftool.stdin.write(f"-json\n-G1\n-a\n-n\n{one}\n-execute\n".encode())
            exiftool.stdin.flush()
            while exiftool.stdout.readline() != b"{ready}\n":
                pass
            with PIL.Image.open(one) as image:
                image.thumbnail((_THUMBNAIL, _THUMBNAIL))
                image.convert("RGB").save(out / f"{one.stem}.jpg", quality=80)


@contextmanager
def _exiftool() -> Iterator["subprocess.Popen[bytes]"]:
    command = ["exiftool", "-config", "", "-stay_open", "True", "-@", "-"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:  # fmt: skip
        assert process.stdin
        try:
            yield process
        finally:
            process.stdin.write(b"-stay_open\nFalse\n")
            process.stdin.flush()


def _stages(files: Sequence[Path], folder: Path) -> tuple[float, tuple[str, ...]]:
    """Put files through the first stages as a task does; return the seconds and the stages that are there."""
    with home_at(folder / "home") as home:
        submit(home, submission_of(home, "b", list(files)))
        line, steps = Line(home), [one for one in home.steps if one.stage.name in STAGES]
        assets = home.catalogue.batch_assets("b")
        began = time.perf_counter()
        each(home, assets, lambda asset: [line.stage(asset, step) for step in steps])
        seconds = time.perf_counter() - began
        counted = home.catalogue.counts.count("b")
        assert all(sum(counted[one.stage.name].values()) == len(files) for one in steps)
        return seconds, tuple(one.stage.name for one in steps)


def _whole(files: Sequence[Path], folder: Path) -> float:
    with home_at(folder / "home") as home:
        began = time.perf_counter()
        submit(home, submission_of(home, "b", list(files)))
        process(home, "b")
        home.log.checkpoint()
        return len(files) / (time.perf_counter() - began)
