"""Run: puts the sample media, or a folder of one's own, through the line in Airflow, and reports.

    python -m docker.run_sample [--media DIR] [--offline] [--prepare]

It can be repeated and interrupted at any point: what is kept is found again, and no process stays.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from rich.console import Console

from docker import processes
from docker.airflow_local import running
from docker.airflow_settings import CHECKOUT
from docker.follow import Run, follow, give_up, left_over
from docker.report import Told, report
from pipeline.core.text import printable
from pipeline.errors import PipelineError
from pipeline.queue import DAG, Airflow, Queued
from pipeline.service import models, open_app
from pipeline.settings import Settings, settings

SAMPLE = CHECKOUT / "sample_media" / "built" / "media"
SAMPLE_LIST = SAMPLE.with_name(f"{SAMPLE.name}.csv")
DONE, FINDINGS, COULD_NOT, INTERRUPTED = 0, 1, 2, 130

Note = Callable[[str], None]


def prepare(note: Note, *, sample: bool) -> None:
    """Bring what a run needs: verified weights, and the sample media."""
    note("fetching and verifying the models")
    told: dict[str, int] = {}

    def progress(what: str, done: int, of: int) -> None:
        half = 2 * done // of if of else 2
        if told.get(what) != half:
            told[what] = half
            note(f"  {what}: {50 * half} %")

    models("fetch", progress=progress)
    if sample:
        note("building the sample media")
        subprocess.run(
            [sys.executable, str(CHECKOUT / "sample_media" / "build.py"), "--out", str(SAMPLE)],
            check=True, cwd=CHECKOUT, stdin=subprocess.DEVNULL, stdout=sys.stderr,
        )  # fmt: skip


def through_airflow(
    conf: Settings, batch: str, ledger: Callable[[], dict[str, Any]], console: Console, note: Note
) -> tuple[Queued, Run]:
    """Have the line run over a batch as a scheduled run, and follow it to its end."""
    with running(conf, note) as airflow:
        _clear(airflow, batch, note)
        queued = airflow.queue(batch)
        note(f"run {queued.run_id}")
        try:
            return queued, follow(airflow, queued, ledger, console)
        except BaseException:  # an interruption: the next Airflow must not take up half a run
            with suppress(PipelineError):
                give_up(airflow, queued)
            raise
        finally:
            airflow.close()


def _clear(airflow: Airflow, batch: str, note: Note) -> None:
    airflow.ask("PATCH", f"/dags/{DAG}", {"is_paused": False})
    for old in left_over(airflow, batch):
        note(f"ending {old.run_id}, which was interrupted")
        give_up(airflow, old)


def batch_of(folder: Path) -> str:
    """Name the batch of a folder, the same every time."""
    return f"media-{hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:8]}"


def run(conf: Settings, media: Path | None, console: Console, note: Note) -> int:
    """Submit, run, report."""
    began = time.monotonic()
    prepare(note, sample=media is None)
    folder, batch = (SAMPLE, "sample") if media is None else (media.resolve(), batch_of(media))
    app = open_app()
    note(f"preserving {printable(str(folder))} as batch {batch}")
    if media is None:
        submitted = app.line.submit([], batch=batch, manifest=SAMPLE_LIST)
    else:
        submitted = app.line.submit([folder], batch=batch, recursive=True)
    ready = time.monotonic()
    _, done = through_airflow(conf, batch, lambda: app.line.status(batch), console, note)
    status = app.line.status(batch)
    told = Told(
        folder=folder, submitted=submitted, status=status, run=done, before_s=ready - began,
        wall_s=time.monotonic() - began,
    )  # fmt: skip
    page = conf.home / f"report-{batch}.html"
    app.finding.report(batch, to=page)
    report(told, app.finding.show, console, page)
    return DONE if done.state == "success" and status["accounted"] == status["items"] else FINDINGS


def main() -> int:
    """Do what the command line says; leave no process behind, whatever happens."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--media", type=Path, metavar="DIR", help="a folder of one's own instead of the sample")
    parser.add_argument("--offline", action="store_true", help="never ask a model hub")
    parser.add_argument("--prepare", action="store_true", help="models and sample media only")
    args = parser.parse_args()
    if args.offline:
        os.environ["EVIDENCE_OFFLINE"] = "1"
    if args.media is not None and not args.media.is_dir():
        print(f"{printable(str(args.media))} is no folder", file=sys.stderr)
        return COULD_NOT
    processes.end_on_signals()
    processes.end_with_parent(os.getppid())
    processes.adopt_orphans()
    began = time.monotonic()
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 110)

    def note(text: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {text}", file=sys.stderr, flush=True)

    try:
        if args.prepare:
            prepare(note, sample=True)
            return DONE
        return run(settings(), args.media, console, note)
    except PipelineError as err:
        print(f"{err.code}: {printable(err.reason, limit=500)}\n  {err.who}: {err.next}", file=sys.stderr)
        return COULD_NOT
    except subprocess.CalledProcessError as err:
        print(f"the sample media could not be built (exit {err.returncode})", file=sys.stderr)
        return COULD_NOT
    except KeyboardInterrupt:
        print("interrupted; the same command goes on where it stopped", file=sys.stderr)
        return INTERRUPTED
    finally:
        processes.ignore_signals()
        processes.end_family(patience_s=2)


if __name__ == "__main__":
    sys.exit(main())
