"""Pictures: objects found and tags given through their stages, beside the same models called bare."""

import os
import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

from bench.figure import Figure, NotMeasured
from bench.places import home_at, testdata
from pipeline.core.model import Asset, AssetId, Enrichment, Kind, Maker, Outcome
from pipeline.core.ports import LOOK, Detector, Pixels, Tagger
from pipeline.engines import mobilenet, nanodet
from pipeline.engines.looking import batches
from pipeline.stages import all_stages
from pipeline.stages.base import Job
from pipeline.tools import open_tools
from pipeline.weights import Installed, cards, require

ASKED = 0.85
ROUNDS = 4
COUNTS = {"detect": 30, "tag": 60}
_NAMES = {"detect": "pictures searched for objects", "tag": "pictures tagged"}
_PORTS: dict[str, Any] = {"detect": Detector, "tag": Tagger}

Bare = Callable[[Pixels], Any]


def measure(place: Path) -> list[Figure]:
    """Look at distinct photographs through the stage and bare, in turns, reading files both times."""
    sources = sorted((testdata() / "photo_objects").iterdir())
    figures = []
    with home_at(place / "home") as home:
        tools, hands = open_tools(home.settings), home.settings.items_at_once
        for name, count in COUNTS.items():
            if not home.engines.has(_PORTS[name]):
                raise NotMeasured("the models that look at pictures are not here (evidence models fetch)")
            engine = home.engines.load(_PORTS[name])
            model = require(home.settings.models, cards(home.settings)[engine.model], memory=home.settings.scratch)
            bare, ours, theirs = _bare(name, model), [], []
            for turn in range(ROUNDS):
                files = _distinct(sources, place / f"{name}{turn}", count)
                theirs.append(count / min(_alone(bare, files, threads) for threads in {1, _cores()}))
                began = time.perf_counter()
                _through(name, files, engine, tools, hands)
                ours.append(count / (time.perf_counter() - began))
                shutil.rmtree(place / f"{name}{turn}")
            figures.append(_figure(name, engine, ours[1:], theirs[1:]))  # the first turn warms both up
    return figures


def _figure(name: str, engine: Any, ours: Sequence[float], theirs: Sequence[float]) -> Figure:
    return Figure(
        name=_NAMES[name],
        peer_is=f"{engine.model} called from a loop: Pillow, the same preparation, the same one picture a call, "
        "on one thread or on all cores, whichever is faster",
        ours=median(ours), peer=median(theirs), unit="pictures/s", bar=ASKED,
        notes=f"{COUNTS[name]} distinct files, median of {len(ours)} turns, reading and decoding included in both",
    )  # fmt: skip


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _alone(bare: Bare, files: Sequence[Path], threads: int) -> float:
    """Return the seconds of a plain loop, torch using so many threads."""
    import torch

    torch.set_num_threads(threads)
    began = time.perf_counter()
    for one in files:
        bare(_read(one))
    return time.perf_counter() - began


def _distinct(sources: Sequence[Path], folder: Path, count: int) -> list[Path]:
    folder.mkdir(parents=True)
    return [
        Path(shutil.copy(source, folder / f"{n:04}{source.suffix}"))
        for n, source in ((n, sources[n % len(sources)]) for n in range(count))
    ]


def _through(name: str, files: Sequence[Path], engine: Any, tools: Any, hands: int) -> None:
    """Put files through one stage, as many at a time as a task does."""
    stage = next(one for one in all_stages() if one.name == name)

    def work(file: Path) -> Any:
        return stage.work(_job(file, tools), engine)

    with ThreadPoolExecutor(hands) as pool:
        assert all(one.outcome in {Outcome.DONE, Outcome.EMPTY} for one in pool.map(work, files))


def _job(file: Path, tools: Any) -> Job:
    asset = AssetId("0" * 64)
    known = {
        kind: Enrichment(
            asset=asset, kind=kind, maker=Maker(stage="bench", version=1), basis=(), outcome=Outcome.DONE, made_at="",
            body={"media": "image"} if kind == Kind.FORMAT else {},
        )
        for kind in (Kind.FORMAT, Kind.PROBE)
    }  # fmt: skip
    return Job(
        asset=Asset(id=asset, sha512="", bytes=file.stat().st_size), path=file, known=known,
        tools=tools, scratch=file.parent, limits={}, put=_never, derivative=_never,
    )  # fmt: skip


def _never(*_: Any, **__: Any) -> Any:
    raise AssertionError("a stage that looks at a photograph makes no file")


def _read(file: Path) -> Pixels:
    """Read a photograph as a plain script does, to the size that the engines look at."""
    import numpy as np
    import PIL.Image
    import PIL.ImageOps

    with PIL.Image.open(file) as image:
        upright = PIL.ImageOps.exif_transpose(image).convert("RGB")
    upright.thumbnail((LOOK, LOOK), PIL.Image.Resampling.BILINEAR)
    found: Pixels = np.asarray(upright)
    return found


def _bare(name: str, model: Installed) -> Bare:
    """Return the model alone: preparation and the call, without boxes, labels, terms or bodies."""
    import torch

    run: Any = nanodet.bare(model) if name == "detect" else mobilenet.bare(model)
    prepare = nanodet.prepared if name == "detect" else mobilenet.prepared

    def work(picture: Pixels) -> Any:
        with torch.inference_mode():
            return [run(pictures) for pictures, _ in batches([prepare(picture)], "cpu", most=1)]

    return work
