"""Films: made from photographs, with cuts where we put them, and all that is mistaken for a cut."""

import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Frame = NDArray[np.uint8]

RATE = 25

Moves = Literal["still", "pan", "zoom", "shake"]
MOVES: tuple[Moves, ...] = get_args(Moves)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """So many frames of one photograph: how the camera moves, and how the next scene comes.

    ``to_next`` frames are shared with the next scene in a dissolve, or go to black and come back in a fade.
    """

    photograph: int
    frames: int
    moves: Moves = "still"
    light: Literal["steady", "flash", "dim"] = "steady"
    next: Literal["cut", "dissolve", "fade"] = "cut"
    to_next: int = 20


def frames_of(scenes: Sequence[Scene], photographs: Sequence[Path], size: tuple[int, int]) -> Iterator["Frame"]:
    """Yield the frames of a film, RGB, with the grain of a small camera."""
    import numpy as np

    grain = np.random.default_rng(7)
    before: list[Frame] = []
    for scene in scenes:
        shown = list(_scene(scene, photographs[scene.photograph], size))
        for place, frame in enumerate(before):
            share = (place + 1) / (len(before) + 1)
            shown[place] = (frame * (1 - share) + shown[place] * share).astype(np.uint8)
        before = []
        if scene.next == "dissolve":
            shown, before = shown[: -scene.to_next], shown[-scene.to_next :]
        for frame in shown:
            noisy = frame + grain.normal(0, 3, frame.shape)
            yield np.clip(noisy, 0, 255).astype(np.uint8)


def cuts_of(scenes: Sequence[Scene]) -> list[int]:
    """Return the first frames of the scenes after the first: the middle of a dissolve, where a fade comes back."""
    found, at = [], 0
    for scene in scenes[:-1]:
        at += scene.frames - (scene.to_next if scene.next == "dissolve" else 0)
        found.append(at + (scene.to_next // 2 if scene.next == "dissolve" else 0))
    return found


def write(
    file: Path, scenes: Sequence[Scene], photographs: Sequence[Path], size: tuple[int, int], *options: str
) -> None:
    """Encode a film as H.264, without a hint to the encoder where the cuts are; ``options`` are ffmpeg's."""
    command = [
        "ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{size[0]}x{size[1]}",
        "-r", str(RATE), "-i", "pipe:0", "-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-pix_fmt", "yuv420p",
        *options, "-bitexact", str(file),
    ]  # fmt: skip
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.stdin
        for frame in frames_of(scenes, photographs, size):
            process.stdin.write(frame.tobytes())
    assert process.returncode == 0


def _scene(scene: Scene, photograph: Path, size: tuple[int, int]) -> Iterator["Frame"]:
    import numpy as np
    import PIL.Image

    width, height = size
    with PIL.Image.open(photograph) as image:
        large = image.convert("RGB").resize((width * 2, height * 2))
    shake = np.random.default_rng(scene.photograph)
    for place in range(scene.frames):
        share = place / max(1, scene.frames - 1)
        left, top, wide = width // 2, height // 2, width
        if scene.moves == "pan":
            left = round(share * width)
        elif scene.moves == "zoom":
            wide = round(width * (2 - share))
            left, top = width - wide // 2, height - wide * height // width // 2
        elif scene.moves == "shake":
            left += int(shake.integers(-width // 40, width // 40 + 1))
            top += int(shake.integers(-height // 40, height // 40 + 1))
        high = wide * height // width
        frame = np.asarray(large.crop((left, top, left + wide, top + high)).resize(size)).astype(np.float32)
        yield np.clip(frame * _light(scene, place) + _flash(scene, place), 0, 255).astype(np.uint8)


def _light(scene: Scene, place: int) -> float:
    if scene.light == "dim":
        return 1.0 - 0.6 * place / scene.frames
    if scene.next == "fade" and place >= scene.frames - scene.to_next:
        return max(0.0, (scene.frames - 3 - place) / (scene.to_next - 3))
    return 1.0


def _flash(scene: Scene, place: int) -> float:
    return 150.0 if scene.light == "flash" and scene.frames // 2 <= place < scene.frames // 2 + 3 else 0.0
