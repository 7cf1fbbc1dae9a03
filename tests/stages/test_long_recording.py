"""A recording of hours (EVIDENCE_TEST_HOURS): memory does not grow with it, and what is said late keeps its time."""

import json
import os
import struct
import subprocess
import sys
import wave
from pathlib import Path

import pytest

HOURS = float(os.environ.get("EVIDENCE_TEST_HOURS", "2"))
RATE = 16_000
SPEECH_AT = (0.02, 0.5, 0.98)
"""Where in it somebody speaks, as shares of its length."""

LIMIT = 2_500_000_000

_RUN = """
import json, sys
from pathlib import Path
from pipeline.core.model import Asset, AssetId, Derivative, Enrichment, Kind, Maker, Outcome
from pipeline.core.ports import SecondTranscriber, SpeechFinder, TextLanguage, Transcriber
from pipeline.engines.registry import open_engine, port_name
from pipeline.settings import read_settings
from pipeline.stages.base import Job
from pipeline.stages.extract_audio import extract_audio
from pipeline.stages.speech import speech
from pipeline.stages.transcribe import transcribe
from pipeline.tools import open_tools
from pipeline.weights import ensure_lock

file, folder, seconds = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
settings = read_settings()
lock = ensure_lock(settings)
known, files = {}, {}

def engine(port):
    return open_engine(port, settings, lock) if port_name(port) in lock.ports else None

def put(made, *, role, media_type, keep):
    files[role] = made.rename(folder / role.replace("/", "-"))
    return Derivative(role=role, sha256="0" * 64, bytes=0, media_type=media_type, keep=keep)

def note(kind, outcome, body, coverage=None):
    known[kind] = Enrichment(asset=AssetId("0" * 64), kind=kind, maker=Maker(stage="t", version=1), basis=(),
                             outcome=outcome, made_at="", body=body, coverage=coverage)

def run(work, kind, *engines):
    job = Job(asset=Asset(id=AssetId("0" * 64), sha512="", bytes=file.stat().st_size), path=file, known=known,
              tools=open_tools(settings), scratch=folder, limits={}, put=put, derivative=lambda _, role: files[role])
    made = work(job, *engines)
    note(kind, made.outcome, made.body.model_dump(mode="json"), made.coverage)

note(Kind.PROBE, Outcome.DONE, {
    "streams": [{"type": "audio", "index": 0, "start": 0.0, "duration": seconds, "channels": 1}],
    "duration_declared": seconds, "tags": {"raw": {"ffprobe:format:format_name": "wav"}},
})
run(extract_audio, Kind.AUDIO)
run(speech, Kind.SPEECH, engine(SpeechFinder))
run(transcribe, Kind.TRANSCRIPT, *(engine(port) for port in (Transcriber, SecondTranscriber, TextLanguage)))
# Not what getrusage says: that begins with what the process that started this one held.
lines = open("/proc/self/status").read().splitlines()
peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024
said = [(one["start"], one["text"] or "") for one in known[Kind.TRANSCRIPT].body["segments"]]
print(json.dumps({"said": said, "peak": peak}))
"""


def _long(file: Path, speech: bytes, seconds: float) -> None:
    """Write a WAVE file that is silence but for speech here and there; silence is a hole and costs no disk."""
    size = 2 * int(seconds * RATE)
    with file.open("wb") as out:
        out.write(struct.pack("<4sI4s4sI", b"RIFF", 36 + size, b"WAVE", b"fmt ", 16))
        out.write(struct.pack("<HHIIHH4sI", 1, 1, RATE, 2 * RATE, 2, 16, b"data", size))
        out.truncate(44 + size)
        for share in SPEECH_AT:
            out.seek(44 + 2 * int(share * seconds * RATE))
            out.write(speech)


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_hours_of_sound_stay_below_the_limit(testdata: Path, tmp_path: Path) -> None:
    with wave.open(str(testdata / "speech/en/jfk_16k.wav")) as source:
        speech = source.readframes(source.getnframes())
    file, folder, seconds = tmp_path / "long.wav", tmp_path / "derivatives", HOURS * 3600
    _long(file, speech, seconds)
    folder.mkdir()
    checkout = Path(__file__).parents[2]
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _RUN, str(file), str(folder), str(seconds)], capture_output=True,
        text=True, check=False, cwd=checkout,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-2000:]
    told = json.loads(run.stdout.splitlines()[-1])
    print(f"peak {told['peak'] / 1e9:.2f} GB over {HOURS} hours, beside a decoder whose address space is limited")
    assert told["peak"] < LIMIT
    for share in SPEECH_AT:
        near = " ".join(text for start, text in told["said"] if abs(start - share * seconds) < 15)
        assert "what you can do for your country" in near.lower()
