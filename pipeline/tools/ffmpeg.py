"""ffmpeg: what a container says it holds, and how much of it can be decoded."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.core.extent import LEAST_BYTES_A_SECOND, promised
from pipeline.core.ports import Decoded, Frames
from pipeline.core.ports.media import RATE
from pipeline.core.text import printable
from pipeline.errors import Refused
from pipeline.settings import Settings
from pipeline.tools.answers import read_json
from pipeline.tools.containers import ALLOWED
from pipeline.tools.leaps import leaps
from pipeline.tools.sandbox import MEDIA, Bounds, Call, Completed, run
from pipeline.tools.timeline import AudioLog, VideoLog, place

_INPUT = f"file:{MEDIA}"

# The resampler's defaults, written down: another default of another version must not pass unnoticed.
_RESAMPLER = {"resampler": "swr", "filter_size": 32, "phase_shift": 10, "linear_interp": 1, "exact_rational": 1,
              "cutoff": 0.97, "dither_method": "none", "rematrix_maxval": 1.0}  # fmt: skip

_SHORT = 3600.0
"""Seconds that the smallest file may sound. Of larger ones no more is believed than their bytes can hold: a kilobyte
that says it was sampled once a second would fill a disk."""

_ADDRESS = re.compile(r"^\[([^\]@]*) @ 0x[0-9a-f]+\] ")


def probe(media: Path, settings: Settings) -> dict[str, Any]:
    """Return ffprobe's ``format``, ``streams`` and ``chapters``, tags and side data included."""
    argv = ["ffprobe", "-hide_banner", "-loglevel", "error"]
    for name, value in _input(settings).items():
        argv += [f"-{name}", str(value)]
    argv += ["-show_format", "-show_streams", "-show_chapters", "-print_format", "json", _INPUT]
    done = run(_call(argv, media, settings, seconds=settings.limits.tool_seconds))
    answer = read_json(done.stdout, "ffprobe") if done.stdout.strip() else {}
    if not isinstance(answer, dict) or not answer.get("format"):
        raise _refusal(done)
    answer["format"].pop("filename", None)  # ours, not the material's
    return {"format": answer["format"], "streams": answer.get("streams", []), "chapters": answer.get("chapters", [])}


def decode_audio(media: Path, stream: int, out: Path, settings: Settings) -> Decoded:
    """Decode one stream to 16 kHz mono s16le PCM; its first sample is the stream's start.

    Whatever decodes is kept, errors are counted. Where the container's clock leaves a hole, or bytes
    without a clock gave nothing, there is silence, so that a word after it stands at its time.
    """
    import ffmpeg

    found = probe(media, settings)
    start, length = (_figure(found, stream, name) for name in ("start_time", "duration"))
    container = str(found["format"].get("format_name"))
    sound = (
        ffmpeg.input(_INPUT, **_input(settings))[str(stream)]
        .filter("aresample", RATE, **_RESAMPLER)
        .filter("aformat", sample_fmts="s16", channel_layouts="mono", sample_rates=RATE)
        .filter("ashowinfo")
        .output("pipe:1", format="s16le", acodec="pcm_s16le", **{"flags:a": "+bitexact"})
    )
    with media.open("rb") as file:
        most = min(settings.limits.max_seconds, max(_SHORT, media.stat().st_size / LEAST_BYTES_A_SECOND))
        log = AudioLog(start=start, leaps=leaps(container, file), most=most)
        done = run(_call(_compiled(sound), media, settings, answer=out, on_line=log.take))
        # A coder's delay at the start is promised, and cut off by the decoder.
        log.finish(length - max(start or 0.0, 0.0) if length and promised(container) else None)
    samples = place(out, log.holes)
    return Decoded(
        samples=samples,
        errors=log.errors,
        clean=done.status == 0 and log.clean,
        holes=log.lost,
        estimated=log.estimated,
    )


def decode_video(media: Path, stream: int, settings: Settings) -> Frames:
    """Decode one stream to nothing, counting the frames that a viewer would be shown."""
    import ffmpeg

    # ``select=0`` drops every frame once it was counted: nothing is encoded, repeated or compared.
    pictures = (
        ffmpeg.input(_INPUT, **_input(settings))[str(stream)]
        .filter("showinfo", checksum=0)
        .filter("select", "0")
        .output("pipe:1", format="null")
    )
    log = VideoLog(most=settings.limits.max_frames)
    done = run(_call(_compiled(pictures), media, settings, on_line=log.take))
    return Frames(frames=log.frames, seconds=log.seconds, errors=log.errors, clean=done.status == 0 and log.clean)


def version(settings: Settings) -> str:
    """Return the version of ffmpeg, as it names itself."""
    done = run(Call(argv=["ffmpeg", "-version"], bounds=_bounds(settings, settings.limits.tool_seconds),
                    policy=settings.isolation))  # fmt: skip
    return printable(done.stdout.decode(errors="replace").partition("\n")[0].split(" Copyright")[0])


def _input(settings: Settings) -> Mapping[str, Any]:
    """Options that stand before the input of every call."""
    return {
        "format_whitelist": ALLOWED,
        "protocol_whitelist": "file,pipe",
        "max_pixels": settings.limits.max_pixels,
        "max_streams": settings.limits.max_streams,
        "threads": 1,  # concealment of damage depends on how frames are shared out
        "probesize": 50_000_000,
        "analyzeduration": 20_000_000,  # microseconds; sound may begin late in a broadcast
    }


def _compiled(stream: Any) -> list[str]:
    # The log tells frames and errors apart, each line by itself. Without copied time stamps, holes would
    # be closed. Processors differ in how they round: plain C gives every host the same samples.
    argv: list[str] = stream.global_args(
        "-nostdin", "-hide_banner", "-nostats", "-loglevel", "repeat+level+info", "-copyts", "-cpuflags", "0",
        "-filter_complex_threads", "1", "-max_error_rate", "1",
    ).compile()  # fmt: skip
    return argv


def inputs(settings: Settings, *, threads: int, **other: Any) -> list[str]:
    """Return the options that stand before the input, as words; ``None`` leaves one out."""
    named = {**_input(settings), "threads": threads, **other}
    return [word for name, value in named.items() if value is not None for word in (f"-{name}", str(value))]


def call(argv: list[str], media: Path, settings: Settings, **more: Any) -> Call:
    """Return a call that decodes, within its limits."""
    return _call(argv, media, settings, **more)


def _call(argv: list[str], media: Path, settings: Settings, *, seconds: float | None = None, **more: Any) -> Call:
    bounds = _bounds(settings, seconds or settings.limits.decode_seconds)
    return Call(argv=argv, bounds=bounds, policy=settings.isolation, media=media, **more)


def _bounds(settings: Settings, seconds: float) -> Bounds:
    limits = settings.limits
    return Bounds(
        seconds=seconds, memory=limits.memory_bytes, file_bytes=limits.output_bytes, answer_bytes=limits.answer_bytes,
        stall=limits.stall_seconds,
    )  # fmt: skip


def _figure(found: Mapping[str, Any], stream: int, name: str) -> float | None:
    """Return a stream's ``start_time`` or ``duration``, where ffprobe states it."""
    for one in found["streams"]:
        if one.get("index") == stream and name in one:
            return float(one[name])
    return None


def _refusal(done: Completed) -> Refused:
    last = _ADDRESS.sub(r"\1: ", done.stderr.strip().rpartition("\n")[2])
    if "max_streams" in done.stderr:
        return Refused("more streams than allowed", code="E-MEDIA-004")
    if "whitelist" in done.stderr:
        return Refused("no container that is read here")
    return Refused(printable(last) or "ffprobe found nothing")
