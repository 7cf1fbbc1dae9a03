"""Sandbox: the one door through which this package starts another program."""

import errno
import json
import os
import signal
import stat
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import IO

from pipeline.core.halt import check
from pipeline.core.text import printable
from pipeline.errors import Misconfigured, PipelineError, Refused, Unavailable
from pipeline.tools import seccomp, walls
from pipeline.tools.walls import MEDIA, OUTPUT, Bounds
from pipeline.tools.watch import Watch

__all__ = ["MEDIA", "OUTPUT", "Bounds", "Call", "Completed", "isolation", "our_own", "run", "stay"]

_BY_SIGNAL = 128
_TURNS = threading.BoundedSemaphore(max(2, len(os.sched_getaffinity(0))))
_LISTEN_SECONDS = 0.5
# As the C library words them; programs run with LC_ALL=C.UTF-8.
_NO_SPACE = "No space left on device"
_NOT_NOW = ("Resource temporarily unavailable", "Cannot allocate memory")
_CRASHES = frozenset({
    signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGSYS, signal.SIGTRAP,
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One program to run on one file.

    ``argv`` names the material as ``MEDIA`` and the writable folder as ``OUTPUT``. ``answer``
    receives stdout as a file instead of in memory, ``on_data`` piece by piece as it comes, so that it may be
    endless; ``on_line`` sees each line of stderr, cut to a few kilobytes. ``policy`` is the setting ``isolation``.
    ``reads`` are folders of programs that it may read besides the system's, ``fds`` descriptors that it inherits.
    """

    argv: Sequence[str]
    bounds: Bounds
    policy: str
    media: Path | None = None
    output: Path | None = None
    answer: Path | None = None
    on_line: Callable[[str], None] | None = None
    on_data: Callable[[bytes], None] | None = None
    reads: Sequence[Path] = ()
    fds: Sequence[int] = ()

    @property
    def program(self) -> str:
        """What is run."""
        return self.argv[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """How a program ended: its status, its answer, and the end of its complaints."""

    status: int
    stdout: bytes
    stderr: str


@cache
def isolation(policy: str) -> str:
    """Name the isolation in force, ``bwrap``, ``landlock`` or ``none``; tried once per process.

    Where bubblewrap is missing or may not make namespaces, the kernel's Landlock takes its place: no file but
    those that are needed, no network, yet the host's other processes in sight. ``required`` raises
    ``Misconfigured`` (E-CONF-003) where there is neither; ``accepted-missing`` then gives ``none``: limits and the
    killing of the process group remain, network and files are open to the program.
    """
    bounds = Bounds(seconds=10, memory=1 << 30, file_bytes=0, answer_bytes=1 << 10)
    reasons = []
    for level in ("bwrap", "landlock"):
        try:
            done = _run(Call(argv=["true"], bounds=bounds, policy=policy), level=level)
        except (Misconfigured, Refused) as err:
            reasons.append(f"{level}: {err.reason}")
            continue
        if done.status == 0:
            return level
        reasons.append(f"{level}: {printable(done.stderr.strip())}")
    if policy == "accepted-missing":
        return "none"
    raise Misconfigured(f"programs cannot be isolated: {'; '.join(reasons)}", code="E-CONF-003")


def run(call: Call) -> Completed:
    """Run a program of the system and return how it ended, whatever its exit status.

    Raises ``Refused`` when it took too long (E-MEDIA-005), crashed (E-MEDIA-006), or said or
    wrote more than allowed (E-MEDIA-004); ``Unavailable`` when the host lacks memory,
    processes (E-HOST-005) or space (E-HOST-003); ``Misconfigured`` when the program
    (E-CONF-002) or its isolation (E-CONF-003) is missing. Nothing of it runs on afterwards.
    """
    level = isolation(call.policy)
    with _turn():
        done = _run(call, level=level)
    if call.output:
        _only_files(call)
    return done


@contextmanager
def _turn() -> Iterator[None]:
    """Wait until a processor is ours: more programs at once would be no faster, and each takes its memory."""
    while not _TURNS.acquire(timeout=_LISTEN_SECONDS):
        check()
    try:
        yield
    finally:
        _TURNS.release()


def stay(call: Call) -> "subprocess.Popen[bytes]":
    """Start a program that stays in its room: it is asked on its stdin and answers on its stdout.

    It ends with the thread that starts it at the latest; its complaints go nowhere. Whoever starts it
    watches the time, and ends its process group. The bounds hold for its whole stay.
    """
    with _command(call, isolation(call.policy), None) as (command, fds):
        return _start(command, subprocess.PIPE, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, fds=fds)


def our_own(argv: Sequence[str]) -> "subprocess.Popen[bytes]":
    """Start a program of ours that reads what we may read and answers on its stdout; no material comes near it.

    It learns nothing of our environment, and ends with the thread that starts it at the latest.
    """
    return _start(list(argv), subprocess.PIPE, stderr=subprocess.DEVNULL)


def _run(call: Call, *, level: str) -> Completed:
    with ExitStack() as stack:
        report = stack.enter_context(_report())
        command, fds = stack.enter_context(_command(call, level, report[1].fileno()))
        sink = stack.enter_context(call.answer.open("wb")) if call.answer else subprocess.PIPE
        process = _start(command, sink, fds=fds)
        watch = Watch(
            program=call.program,
            bounds=call.bounds,
            on_line=call.on_line,
            process=process,
            on_data=call.on_data,
            written=partial(_written, call),
        )
        try:
            report[1].close()
            watch.until_the_end()
        finally:
            watch.kill()
        complaints = watch.kept.decode(errors="backslashreplace")
        status = _status(process.returncode, report[0].read() if level == "bwrap" else None, complaints)
    _judge(call, status, complaints)
    return Completed(status=status, stdout=bytes(watch.answer), stderr=complaints)


def _written(call: Call) -> int:
    """Return how many bytes lie where the program may write."""
    places = [*([call.answer] if call.answer else []), *(call.output.iterdir() if call.output else [])]
    return sum(place.lstat().st_size for place in places if not place.is_symlink())


@contextmanager
def _report() -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """A pipe on which the walls tell whether the program was reached, and how it ended."""
    read, write = os.pipe()
    with open(read, "rb") as reader, open(write, "wb") as writer:  # noqa: PTH123 - descriptors, not paths
        yield reader, writer


@contextmanager
def _command(call: Call, level: str, report: int | None) -> Iterator[tuple[list[str], tuple[int, ...]]]:
    """Lend the command with its walls, and the descriptors that it inherits."""
    program = call.program if call.reads else walls.find(call.program)
    tool = [*walls.limits(call.bounds, level=level), program, *call.argv[1:]]
    media = call.media.resolve(strict=True) if call.media else None
    output = call.output.resolve(strict=True) if call.output else None
    with ExitStack() as stack:
        fds = list(call.fds)
        if level != "none":
            fds.append(calls := seccomp.opened())
            stack.callback(os.close, calls)
        if level == "bwrap":
            fds += () if report is None else (report,)
            room = walls.room(media=media, output=output, report=report, reads=call.reads, calls=calls)
            yield [*room, *tool], tuple(fds)
            return
        # No room, yet the same neutral names.
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        for name, target in ((MEDIA, media), (OUTPUT, output)):
            if target:
                link = Path(folder) / Path(name).name
                link.symlink_to(target)
                tool = [word.replace(name, str(link)) for word in tool]
        if level == "landlock":
            reads = [*call.reads, Path(folder), *([media] if media else [])]
            writes = [one for one in (output,) if one]
            tool = walls.landlocked(tool, reads=reads, writes=writes, calls=calls)
        yield tool, tuple(fds)


def _start(
    command: list[str], sink: int | IO[bytes], *, stdin: int = subprocess.DEVNULL, stderr: int = subprocess.PIPE,
    fds: Sequence[int] = (),
) -> "subprocess.Popen[bytes]":  # fmt: skip
    try:
        # A session of its own: Ctrl-C reaches this process alone, which then ends the whole group.
        return subprocess.Popen(
            [*walls.leash(os.getpid()), *command], stdin=stdin, stdout=sink, stderr=stderr,
            pass_fds=fds, start_new_session=True, env=walls.environment(), cwd="/",
        )  # fmt: skip
    except OSError as err:
        if err.errno in {errno.ENOMEM, errno.EAGAIN, errno.EMFILE, errno.ENFILE}:
            raise Unavailable(f"a program could not be started: {err.strerror}", code="E-HOST-005") from err
        raise


def _status(returncode: int, report: bytes | None, complaints: str) -> int:
    """Return the program's own exit status, 128 + n for a signal; raise when it was never reached."""
    if report is None:
        return returncode if returncode >= 0 else _BY_SIGNAL - returncode
    for line in report.splitlines():
        if b"exit-code" in line:
            return int(json.loads(line)["exit-code"])
    if returncode == -signal.SIGKILL:
        raise Unavailable("a program was killed by the system while it started", code="E-HOST-005")
    reason = printable(complaints.strip().rpartition("\n")[2]) or f"bwrap ended with {returncode}"
    if any(words in complaints for words in _NOT_NOW):
        raise Unavailable(reason, code="E-HOST-005")
    raise Misconfigured(reason, code="E-CONF-003")


def _judge(call: Call, status: int, complaints: str) -> None:
    """Raise for an end that is not the program's own."""
    program = call.program
    if status and (call.answer or call.output) and _NO_SPACE in complaints:
        raise Unavailable(f"no space left for {program}", code="E-HOST-003")
    ends: dict[int, PipelineError] = {
        signal.SIGXFSZ: Refused(f"{program} wrote more than allowed", code="E-MEDIA-004"),
        signal.SIGXCPU: Refused(f"{program} used more processor time than allowed", code="E-MEDIA-005"),
        # Not by us: the system's memory was short.
        signal.SIGKILL: Unavailable(f"{program} was killed by the system", code="E-HOST-005"),
    }
    ends |= {one: Refused(f"{program} crashed with {one.name}", code="E-MEDIA-006") for one in _CRASHES}
    if error := ends.get(status - _BY_SIGNAL):
        raise error


def _only_files(call: Call) -> None:
    """Refuse what a subverted program could leave as a trap: links, sockets, devices."""
    assert call.output
    for folder, folders, files in os.walk(call.output):
        for name in (*folders, *files):
            mode = (Path(folder) / name).lstat().st_mode
            if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
                raise Refused(f"{call.program} left something that is no file", code="E-MEDIA-006")
