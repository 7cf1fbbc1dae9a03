"""Chromaprint: the fingerprint of sound, as ffmpeg computes it from PCM."""

from pathlib import Path

from pipeline.core.ports.media import RATE
from pipeline.errors import Refused
from pipeline.settings import Settings
from pipeline.tools.sandbox import MEDIA, Bounds, Call, run

_WORD = 4


def chromaprint(pcm: Path, settings: Settings) -> tuple[int, ...]:
    """Return the raw fingerprint of 16 kHz mono s16le PCM: 32 bits for every 1365 / 11025 seconds.

    The first value stands for the first 2.6 seconds; shorter sound gives none. Raises as every tool does.
    """
    if not pcm.stat().st_size:
        return ()
    argv = [
        "ffmpeg", "-nostdin", "-hide_banner", "-nostats", "-loglevel", "error", "-f", "s16le", "-ar", str(RATE),
        "-ch_layout", "mono", "-protocol_whitelist", "file,pipe", "-i", f"file:{MEDIA}",
        # Processors differ in how they round: plain C gives every host the same samples.
        "-cpuflags", "0", "-f", "chromaprint", "-algorithm", "1", "-silence_threshold", "-1",
        "-fp_format", "raw", "pipe:1",
    ]  # fmt: skip
    limits = settings.limits
    bounds = Bounds(
        seconds=limits.decode_seconds, memory=limits.memory_bytes, file_bytes=limits.output_bytes,
        answer_bytes=limits.answer_bytes,
    )  # fmt: skip
    done = run(Call(argv=argv, bounds=bounds, policy=settings.isolation, media=pcm))
    if done.status or len(done.stdout) % _WORD:
        raise Refused("no fingerprint could be made of the sound", code="E-MEDIA-006")
    words = range(0, len(done.stdout), _WORD)
    return tuple(int.from_bytes(done.stdout[at : at + _WORD], "little") for at in words)
