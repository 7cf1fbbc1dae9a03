"""Keyframes: finding them against bare decoding of the same film by as many threads, and against PySceneDetect."""

import subprocess
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from bench.figure import Figure
from bench.films import MOVES, Scene, cuts_of, write
from pipeline.core.glances import Glances, Seen
from pipeline.core.ports.moving import Wanted
from pipeline.core.shots import Parts, divide
from pipeline.settings import read_settings
from pipeline.tools import Tools, open_tools
from pipeline.tools.frames import THREADS

_TIMES = 3
_SCENES, _FRAMES, _REPEATED = 8, 75, 3
_MOST = 400


def measure(place: Path) -> list[Figure]:
    """Measure in turns, a few times each; the quickest of each counts, for others use the machine too."""
    film, true = _film(place)
    tools = open_tools(read_settings())
    stream = next(one for one in tools.probe(film)["streams"] if one["codec_type"] == "video")
    base = Fraction(stream["time_base"])
    found: list[int] = []
    theirs: list[int] = []

    def find() -> None:
        _, parts = _find(tools, film, base)
        found[:] = [one.first for one in parts.kept if one.begins not in {"start", "continues"}]

    def whole() -> None:
        seen, parts = _find(tools, film, base)
        wanted = [
            Wanted(
                index=one, at=seen.instant(one), after_key=seen.after_key(one), luma=seen.luma[one],
                spread=seen.spread[one],
            )
            for one in parts.frames
        ]  # fmt: skip
        into = place / "frames"
        into.mkdir(exist_ok=True)
        tools.fetch(film, stream, wanted, into, damaged=False)

    def peer() -> None:
        theirs[:] = _scenedetect(film)

    ours, everything, bare, detector = _in_turns(find, whole, lambda: _bare(film), peer)
    count = _SCENES * _FRAMES * (_REPEATED + 1)
    said = f"cuts exact to the frame: ours {_exact(found, true)} and {len(set(found) - set(true))} false, "
    said += f"PySceneDetect {_exact(theirs, true)} and {len(set(theirs) - set(true))} false, of {len(true)}"
    film_is = f"{count} frames of 1280x720 H.264"
    return [
        Figure(
            name="keyframes found", peer_is=f"ffmpeg -f null, {THREADS} threads", ours=count / ours, peer=count / bare,
            unit="frames/s", bar=0.9, notes=f"{film_is}; {said}",
        ),
        Figure(
            name="keyframes found and written in full", peer_is=f"ffmpeg -f null, {THREADS} threads",
            ours=count / everything, peer=count / bare, unit="frames/s", notes=film_is,
        ),
        Figure(
            name="keyframes found", peer_is="PySceneDetect ContentDetector", ours=count / ours, peer=count / detector,
            unit="frames/s", notes=film_is,
        ),
    ]  # fmt: skip


def _film(place: Path) -> tuple[Path, list[int]]:
    import numpy as np
    import PIL.Image

    once, film = place / "once.mp4", place / "film.mp4"
    random = np.random.default_rng(11)
    pictures = [place / f"{number}.png" for number in range(_SCENES)]
    for path in pictures:
        # Coarse and fine patches of colour, as a landscape or a room has them.
        layers = [random.uniform(0, 255, (rows, rows * 2, 3)) for rows in (4, 20, 90)]
        grown = [
            np.asarray(PIL.Image.fromarray(one.astype(np.uint8)).resize((640, 360)), dtype=np.float32) for one in layers
        ]
        mixed = 0.55 * grown[0] + 0.3 * grown[1] + 0.15 * grown[2]
        PIL.Image.fromarray(mixed.astype(np.uint8)).save(path)
    scenes = [Scene(photograph=number, frames=_FRAMES, moves=MOVES[number % 4]) for number in range(_SCENES)]
    write(once, scenes, pictures, (640, 360), "-vf", "scale=1280:720,noise=alls=6:allf=t")
    command = ["ffmpeg", "-nostdin", "-v", "error", "-y", "-stream_loop", str(_REPEATED), "-i", str(once)]
    subprocess.run([*command, "-c", "copy", str(film)], check=True)
    cuts = [0, *cuts_of(scenes)]
    true = [turn * _SCENES * _FRAMES + cut for turn in range(_REPEATED + 1) for cut in cuts][1:]
    return film, true


def _find(tools: Tools, film: Path, base: Fraction) -> tuple[Seen, Parts]:
    glances = Glances()
    tools.glance(film, 0, glances.take, damaged=False)
    seen = glances.finish()
    return seen, divide(seen, base, _MOST)


def _bare(film: Path) -> None:
    command = ["ffmpeg", "-nostdin", "-v", "error", "-threads", str(THREADS), "-i", str(film), "-map", "0:v"]
    subprocess.run([*command, "-f", "null", "-"], check=True)


def _scenedetect(film: Path) -> list[int]:
    from scenedetect import ContentDetector, detect

    return [int(start.frame_num) for start, _ in detect(str(film), ContentDetector())][1:]


def _exact(found: list[int], true: list[int]) -> int:
    return len(set(found) & set(true))


def _in_turns(*works: Callable[[], None]) -> list[float]:
    best = [float("inf")] * len(works)
    for _ in range(_TIMES):
        for number, work in enumerate(works):
            start = time.perf_counter()
            work()
            best[number] = min(best[number], time.perf_counter() - start)
    return best
