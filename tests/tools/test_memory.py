"""Memory: the largest pictures and films stay below 2.5 GB, each worked on in a process of its own."""

import struct
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from pipeline.settings import Limits

pytestmark = pytest.mark.slow

BOUND = 2_500_000_000

OURS_BESIDE_A_TOOL = BOUND - Limits().memory_bytes
"""A tool's address space is limited, so it cannot take more: what is left of the bound is ours."""

# Not what getrusage says: that begins with what the process that started this one held.
PEAK = """
lines = open("/proc/self/status").read().splitlines()
print(next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024)
"""


def peak(program: str, *words: str) -> int:
    """Run a program and return the most memory that it ever held."""
    command = [sys.executable, "-c", textwrap.dedent(program) + PEAK, *words]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return int(done.stdout.split()[-1])


def tiff(path: Path, width: int, height: int, depth: int) -> None:
    """An uncompressed colour TIFF of one strip; what is not written is black and takes no space on the disk."""
    samples = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 3, 0), (259, 3, 1, 1), (262, 3, 1, 2)]
    samples += [(273, 4, 1, 4096), (277, 3, 1, 3), (278, 4, 1, height), (279, 4, 1, width * height * 3 * depth // 8)]
    at = 8 + 2 + 12 * len(samples) + 4
    entries = b"".join(
        struct.pack("<HHI", tag, kind, count) + (struct.pack("<I", at) if count == 3 else struct.pack("<I", value))
        for tag, kind, count, value in samples
    )
    head = struct.pack("<2sHIH", b"II", 42, 8, len(samples)) + entries + struct.pack("<I3H", 0, depth, depth, depth)
    with path.open("wb") as file:
        file.write(head)
        file.seek(4096)
        file.write(b"\xc0" * (width * 3 * depth // 8 * 100))  # a hundred rows of light grey at the top
        file.truncate(4096 + width * height * 3 * depth // 8)


@pytest.mark.parametrize("depth", [8, 16])
def test_a_tiff_of_300_megapixels(tmp_path: Path, depth: int) -> None:
    file = tmp_path / "x.tif"
    tiff(file, 20_000, 15_000, depth)
    own = peak(
        """
        import sys
        from pathlib import Path
        from pipeline.settings import read_settings
        from pipeline.tools import open_tools
        tools, file = open_tools(read_settings()), Path(sys.argv[1])
        seen = tools.picture(file)
        assert (seen.width, seen.height, seen.rows) == (20_000, 15_000, 15_000), seen
        still = tools.stills(file, None, (), lambda role: file)[0]
        assert still.small.shape == (600, 800, 3)
        assert still.small[1, 400].tolist() == [192, 192, 192] and still.small[300, 400].tolist() == [0, 0, 0]
        assert tools.reduce(file, Path(sys.argv[2]), 320) == (320, 240)
        """,
        str(file), str(tmp_path / "small.jpg"),
    )  # fmt: skip
    assert own < BOUND, f"{own / 1e9:.2f} GB"


def test_a_transparent_picture_of_300_megapixels() -> None:
    """Laid on white without a second copy of all of it."""
    own = peak(
        """
        import sys
        from PIL import Image
        from pipeline.parsing.colours import shown
        small = shown(Image.new("RGBA", (20_000, 15_000), (200, 0, 0, 128)), 800)
        assert small.size == (800, 600) and small.mode == "RGB"
        """
    )
    assert own < BOUND, f"{own / 1e9:.2f} GB"


def test_a_film_of_8k(tmp_path: Path) -> None:
    file = tmp_path / "x.mp4"
    make = ["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=7680x4320:r=25:d=0.32"]
    coder = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "4", str(file)]
    subprocess.run([*make, *coder], check=True)
    own = peak(
        """
        import sys
        from fractions import Fraction
        from pathlib import Path
        from pipeline.core.glances import Glances
        from pipeline.core.ports.moving import Wanted
        from pipeline.core.shots import divide
        from pipeline.settings import read_settings
        from pipeline.tools import open_tools
        tools, file, into = open_tools(read_settings()), Path(sys.argv[1]), Path(sys.argv[2])
        stream, glances = tools.probe(file)["streams"][0], Glances()
        tools.glance(file, 0, glances.take, damaged=False)
        seen = glances.finish()
        assert len(seen) == 8
        wanted = [Wanted(index=one, at=seen.instant(one), after_key=seen.after_key(one), luma=seen.luma[one],
                         spread=seen.spread[one]) for one in (0, 4, 6)]
        found = tools.fetch(file, stream, wanted, into, damaged=False)
        assert [(one.width, one.height) for one in found.frames] == [(7680, 4320)] * 3
        assert tools.proxy(file, [stream], into) == (1280, 720)
        """,
        str(file), str(tmp_path),
    )  # fmt: skip
    assert own < OURS_BESIDE_A_TOOL, f"{own / 1e9:.2f} GB"
