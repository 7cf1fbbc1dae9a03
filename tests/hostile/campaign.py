"""Campaign: puts harmful and damaged files through the line among sound ones, and adds up what became of them."""

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.core.model import AssetId
from pipeline.service import App, open_app
from pipeline.settings import Settings, read_settings
from pipeline.tools.containers import ALLOWED
from tests.hostile.canaries import SECRETS, found_in, laid_out, shows

CHECKOUT = Path(__file__).resolve().parents[2]
STAGES = ("identify", "probe", "extract_audio", "keyframes", "fingerprint", "previews")
NEIGHBOURS = (
    "speech/en/azure_whatstheweatherlike.wav", "neardup/chaplin_240p.mp4", "photo_exif/exifr_img_1771.jpg",
    "ocr/pytess_test.gif", "audio_formats/bear.opus",
)  # fmt: skip
FINAL = frozenset({"done", "empty", "refused", "unsupported", "not_applicable"})
MOST_SECONDS = 90
"""No file may take longer, on a machine that is busy with others."""

_LIMITS = "[limits]\ntool_seconds = 25\ndecode_seconds = 60\nstall_seconds = 25\n"
_PICTURES = frozenset({"image/jpeg", "image/png", "image/webp"})

Json = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Tally:
    """What became of the files of a campaign."""

    files: int = 0
    outcomes: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    unsettled: list[str] = field(default_factory=list)
    escapes: list[str] = field(default_factory=list)
    deaths: list[str] = field(default_factory=list)
    slow: list[str] = field(default_factory=list)
    slowest_ms: int = 0
    strangers: list[str] = field(default_factory=list)
    """Sound files whose results were not those that they have alone."""
    damaged: list[str] = field(default_factory=list)
    decodable: int = 0
    refused_all_the_same: list[str] = field(default_factory=list)
    pictures: int = 0

    @property
    def kept(self) -> float:
        """The share of files that bare ffmpeg decodes and that gave results here."""
        return 1 - len(self.refused_all_the_same) / self.decodable if self.decodable else 1.0

    def report(self) -> Json:
        """Return the counts, for a table."""
        return {
            "files": self.files, "escapes": len(self.escapes), "worker deaths": len(self.deaths),
            "unsettled": len(self.unsettled), "over the time": len(self.slow), "slowest ms": self.slowest_ms,
            "neighbours changed": len(self.strangers), "originals damaged": len(self.damaged),
            "decodable": self.decodable, "decodable with results": round(self.kept, 4),
            "pictures looked at": self.pictures,
            "outcomes": {" ".join(name).strip(): n for name, n in sorted(self.outcomes.items())},
        }  # fmt: skip


@contextmanager
def installation(folder: Path) -> Iterator[tuple[App, dict[str, str]]]:
    """Open a home of its own, and give the environment in which the command line finds it."""
    folder.mkdir(parents=True)
    (folder / "settings.toml").write_text(_LIMITS, encoding="utf-8")
    env = {
        "EVIDENCE_HOME": str(folder / "home"), "EVIDENCE_KEYS": str(folder / "keys"), "EVIDENCE_ACTOR": "custodian",
        "EVIDENCE_SETTINGS": str(folder / "settings.toml"), "CANARY": SECRETS["environment"].decode(),
    }  # fmt: skip
    app = open_app(_settings(env))
    try:
        yield app, {**os.environ, **env}
    finally:
        app.close()


def _settings(env: dict[str, str]) -> Settings:
    before = {name: os.environ.get(name) for name in env}
    os.environ.update(env)
    try:
        return read_settings()
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def alone(folder: Path, files: Sequence[Path]) -> dict[str, list[str]]:
    """Return the ids of what is said about each file when it is alone in its batch."""
    with installation(folder) as (app, _):
        for number, file in enumerate(files):
            app.line.submit([file], batch=f"alone{number}")
            app.line.process(f"alone{number}", stages=STAGES)
        return {digest: _ids(app, digest) for digest in map(_digest, files)}


def _ids(app: App, asset: str) -> list[str]:
    return sorted(one["id"] for one in app.home.vault.records(AssetId(asset)))


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def run(tally: Tally, folder: Path, files: Sequence[Path], neighbours: Sequence[Path], known: dict[str, list[str]], *,
        changed: bool = False, stages: Sequence[str] = STAGES) -> None:  # fmt: skip
    """Put files through the line, with neighbours and canaries; add up in ``tally``.

    ``changed``: they are mutants of real media, so that what bare ffmpeg decodes of them must give results; else
    files that point to the canaries go with them.
    """
    with installation(folder) as (app, env):
        (media := folder / "media").mkdir()
        (folder / "home/secret.txt").write_bytes(SECRETS["home"])
        with laid_out(media) as canaries:
            app.line.submit([canaries.film], batch="other")
            other = _digest(canaries.film)
            with app.home.vault.original(AssetId(other)) as kept:
                targets = [kept, canaries.film, folder / "home/secret.txt", media / "secret.txt", Path("/etc/passwd")]
            everything = [*files, *([] if changed else canaries.pointers(*targets)), *neighbours]
            app.line.submit(everything, batch="b")
            said = _process(tally, env, stages)
            _settle(tally, app, everything, said, stages)
            _look(tally, app, folder, other, said)
            tally.escapes += ["the address was called"] if canaries.called() else []
        for digest, ids in known.items():
            tally.strangers += [digest] if _ids(app, digest) != ids else []
        tally.damaged += [one["what"] for one in app.auditing.audit(both=True)["findings"]]
        if changed:
            for file in files:
                _compare(tally, app, file)
        tally.files += len(everything)


def _process(tally: Tally, env: dict[str, str], stages: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
    """Run the line as a worker does: in a process of its own, whose death would be seen."""
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.cli", "process", "b", "--stages", ",".join(stages), "--json"],
        env=env, cwd=CHECKOUT, capture_output=True, check=False,
    )  # fmt: skip
    if done.returncode not in {0, 1}:
        tally.deaths.append(f"{done.returncode}: {done.stderr[-500:].decode(errors='replace')}")
    return done


def _settle(
    tally: Tally, app: App, files: Sequence[Path], said: subprocess.CompletedProcess[bytes], stages: Sequence[str]
) -> None:
    """Count outcomes; whatever has none, failed, or took too long is named."""
    status = json.loads(said.stdout or b"{}")
    late = {name: n for name, n in status.get("pending", {}).items() if n and name in stages}
    tally.unsettled += [f"{name}: {n} pending" for name, n in late.items()]
    for file in files:
        asset = AssetId(_digest(file))
        records = list(app.home.vault.records(asset))
        if len({one["kind"] for one in records}) != len(stages):
            tally.unsettled.append(f"{file.name}: {sorted(one['kind'] for one in records)}")
        for one in records:
            tally.outcomes[one["maker"]["stage"], one["outcome"], one["code"] or ""] += 1
            if one["outcome"] not in FINAL or (one["outcome"] != "done" and not one["code"]):
                tally.unsettled.append(f"{file.name}: {one['outcome']} {one['code']} {one['reason']}")
        times = sorted(datetime.fromisoformat(one["made_at"]) for one in records)
        took = (times[-1] - times[0]).total_seconds() if times else 0.0
        tally.slowest_ms = max(tally.slowest_ms, round(took * 1000))
        tally.slow += [f"{file.name}: {took:.1f} s"] if took > MOST_SECONDS else []


def _look(tally: Tally, app: App, folder: Path, other: str, said: subprocess.CompletedProcess[bytes]) -> None:
    """Look for what escaped: texts anywhere, the other case's picture in any derivative."""
    written = [one for one in (folder / "home").rglob("*") if one.name != "secret.txt"]
    tally.escapes += found_in(written, said.stdout, said.stderr)
    for asset in app.home.vault.assets():
        if asset == other:
            continue
        for record in app.home.vault.records(asset):
            for one in record["derivatives"]:
                if one["media_type"] in _PICTURES and (file := app.home.vault.kept(asset, one["sha256"])):
                    tally.pictures += 1
                    tally.escapes += [f"the other case in {asset[:12]} {one['role']}"] if shows(file) else []


def _compare(tally: Tally, app: App, file: Path) -> None:
    """Hold the line to what bare ffmpeg decodes under the same limits: a second of sound, or of moving picture."""
    if not decodes(file):
        return
    tally.decodable += 1
    said = {one["kind"]: one for one in app.home.vault.records(AssetId(_digest(file)))}
    ended = [said[kind] for kind in ("probe", "audio", "keyframes") if kind in said]
    results = [one for one in ended if one["outcome"] in {"done", "empty"} and one["coverage"]]
    if said["probe"]["outcome"] not in {"done", "empty"} or not [one for one in results if one["kind"] != "probe"]:
        told = ", ".join(f"{one['kind']} {one['outcome']} {one['code']} {one['reason']}" for one in ended)
        tally.refused_all_the_same.append(f"{file.name}: {told}")


def decodes(file: Path) -> bool:
    """Whether ffmpeg, with the same containers, memory and time, decodes a second of sound or of picture."""
    limit = [
        "prlimit", f"--as={2_000_000_000}", "ffmpeg", "-nostdin", "-v", "quiet", "-format_whitelist", ALLOWED,
        "-protocol_whitelist", "file,pipe", "-max_pixels", "400000000", "-threads", "1", "-i", f"file:{file}",
    ]  # fmt: skip
    sound = ["-map", "0:a:0", "-t", "3", "-f", "s16le", "-ac", "1", "-ar", "16000", "pipe:1"]
    picture = ["-map", "0:v:0", "-t", "3", "-f", "null", "-progress", "pipe:1", "-"]
    return len(_bare([*limit, *sound])) >= 2 * 16_000 or _moved(_bare([*limit, *picture]))


def _bare(command: Sequence[str]) -> bytes:
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=60).stdout
    except subprocess.TimeoutExpired:
        return b""


def _moved(progress: bytes) -> bool:
    told = dict(line.split("=", 1) for line in progress.decode(errors="replace").splitlines() if "=" in line)
    if not told.get("out_time_us", "N/A").lstrip("-").isdigit():
        return False
    return int(told["out_time_us"]) >= 1_000_000 and int(told.get("frame", "0")) > 1


def written(folder: Path, mutants: Sequence[Any]) -> list[Path]:
    """Write mutants into a folder; those with the same bytes as an earlier one only once."""
    folder.mkdir(parents=True)
    seen: dict[str, Path] = {}
    for one in mutants:
        if (digest := hashlib.sha256(one.data).hexdigest()) not in seen:
            seen[digest] = folder / one.name
            seen[digest].write_bytes(one.data)
    return list(seen.values())
