"""Files made to harm go through every tool: typed errors only, nothing leaks, nothing is contacted."""

import socket
import struct
import subprocess
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.canonical import canonical
from pipeline.errors import PipelineError, Refused
from pipeline.settings import read_settings
from pipeline.tools import Tools, open_tools

CODES = {"E-MEDIA-001", "E-MEDIA-002", "E-MEDIA-003", "E-MEDIA-004", "E-MEDIA-006", "U-CODEC-001"}


@pytest.fixture
def tools() -> Tools:
    return open_tools(read_settings())


def look(tools: Tools, media: Path, out: Path) -> dict[str, Any]:
    """Put one file through everything and return what was said; any error but a typed refusal escapes."""
    said: dict[str, Any] = {}
    refusals: list[Refused] = []
    steps: dict[str, Callable[[Path], Any]] = {
        "probe": tools.probe, "metadata": tools.metadata, "exif": tools.exif, "picture": tools.picture,
    }  # fmt: skip
    for name, step in steps.items():
        try:
            said[name] = step(media)
        except Refused as err:
            refusals.append(err)
            said[name] = err.code
    assert {err.code for err in refusals} <= CODES
    assert not [err.reason for err in refusals if media.name in err.reason]
    for stream in said["probe"]["streams"] if isinstance(said["probe"], dict) else ():
        if stream.get("codec_type") == "audio":
            said[f"audio {stream['index']}"] = tools.decode_audio(media, stream["index"], out)
        elif stream.get("codec_type") == "video":
            said[f"video {stream['index']}"] = tools.decode_video(media, stream["index"])
    return said


@pytest.mark.slow
def test_every_hostile_file_is_read_or_refused(tools: Tools, testdata: Path, tmp_path: Path) -> None:
    files = sorted(one for one in (testdata / "hostile").rglob("*") if one.is_file())
    assert len(files) > 30
    for file in files:
        said = look(tools, file, tmp_path / "pcm")
        for part in ("probe", "metadata", "exif"):
            canonical(said[part])
        assert "root:x:0" not in repr(said), file.name
        assert str(file) not in repr(said), file.name
    assert not list(Path.cwd().glob("PWNED"))


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """Another case's film: 77 frames of sound and picture, which no other file may bring in."""
    film = tmp_path / "other.ts"
    subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc=s=64x64:r=7:d=11", "-c:v", "mpeg2video",
         "-r", "25", str(film)], check=True,
    )  # fmt: skip
    return film


SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="{0}" width="9" height="9"/></svg>'
POINTERS = {
    "hls.mp4": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile://{0}\n#EXT-X-ENDLIST\n",
    "hls_relative.mp4": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nother.ts\n#EXT-X-ENDLIST\n",
    "concat.mp4": "ffconcat version 1.0\nfile '{0}'\n",
    "sdp.mp4": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9999 RTP/AVP 96\n",
    "dash.mpd": '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT9S"><Period>'
    '<AdaptationSet mimeType="video/mp2t"><Representation id="1" bandwidth="1"><BaseURL>file://{0}</BaseURL>'
    "</Representation></AdaptationSet></Period></MPD>",
    "x.svg": SVG,
}


@pytest.mark.parametrize("name", POINTERS)
def test_a_file_that_points_to_another_case_does_not_bring_it_in(
    tools: Tools, canary: Path, tmp_path: Path, name: str
) -> None:
    assert tools.probe(canary)["streams"], "the canary itself is readable"
    (tmp_path / name).write_text(POINTERS[name].format(canary))
    with pytest.raises(PipelineError) as caught:
        tools.probe(tmp_path / name)
    assert caught.value.code == "E-MEDIA-002"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.5)
        yield server


@pytest.mark.parametrize("form", ["#EXTM3U\n#EXTINF:9,\n{0}\n", SVG, "{0}"])
def test_no_address_is_contacted(tools: Tools, listener: socket.socket, tmp_path: Path, form: str) -> None:
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/beacon.ts"
    (tmp_path / "x.mp4").write_text(form.format(url))
    look(tools, tmp_path / "x.mp4", tmp_path / "pcm")
    with pytest.raises(TimeoutError):
        listener.accept()


def test_a_small_file_of_too_many_pixels_costs_nothing(tools: Tools, tmp_path: Path) -> None:
    (tmp_path / "bomb.png").write_bytes(_bomb(50_000, 50_000))
    said = look(tools, tmp_path / "bomb.png", tmp_path / "pcm")
    assert said["picture"] == "E-MEDIA-004"
    assert said.get("video 0") is None or said["video 0"].frames == 0


def _bomb(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row = bytes(1 + (width + 7) // 8)
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
