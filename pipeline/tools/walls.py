"""Walls: the command line that shuts a program in a room with one read-only file and no network."""

import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import Misconfigured

MEDIA = "/in/media"
"""Where the material lies inside, whatever it is called outside: no name can be an option, a pattern or a URL."""

OUTPUT = "/out"
"""Where a program may leave files, if it was given a folder."""

SEARCH = "/usr/local/bin:/usr/bin:/bin"
"""Only programs of the system: the room holds nothing but ``/usr``."""

PACKAGES = {
    "bwrap": "bubblewrap",
    "exiftool": "libimage-exiftool-perl",
    "ffmpeg": "ffmpeg",
    "ffprobe": "ffmpeg",
    "prlimit": "util-linux",
    "setpriv": "util-linux",
    "tesseract": "tesseract-ocr",
}

_TMP_BYTES = 64 << 20
_OPEN_FILES = 64
_PROCESSES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much one call may take: wall-clock seconds, bytes of address space, of one file, of its answer.

    ``stall`` is how many seconds it may go on without a further decoded second; ``None`` where nobody can tell.
    """

    seconds: float
    memory: int
    file_bytes: int
    answer_bytes: int
    stall: float | None = None


def find(program: str) -> str:
    """Return the program's path; ``Misconfigured`` names the Debian package that carries it."""
    if path := shutil.which(program, path=SEARCH):
        return path
    package = PACKAGES.get(program, program)
    raise Misconfigured(
        f"the program {program} is missing", code="E-CONF-002", next_step=f"install the Debian package {package}"
    )


def room(
    *, media: Path | None, output: Path | None, report: int | None, calls: int, reads: Sequence[Path] = ()
) -> list[str]:
    """Return the bubblewrap command that runs what follows it in a room of its own.

    It sees ``/usr``, the material read-only at ``MEDIA``, one writable folder at ``OUTPUT`` if
    given, and a small ``/tmp``. It has no network, no environment, no capability, no other
    process in sight, and dies with its parent. ``calls`` is a descriptor with the filter of system calls.
    """
    command = [
        find("bwrap"), "--unshare-all", "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL",
        "--hostname", "room", "--seccomp", str(calls), "--ro-bind", "/usr", "/usr",
    ]  # fmt: skip
    for name, value in environment().items():
        command += ["--setenv", name, value]
    command += _system()
    if media:
        command += ["--ro-bind", str(media), MEDIA]
    if output:
        command += ["--bind", str(output), OUTPUT]
    command += ["--size", str(_TMP_BYTES), "--tmpfs", "/tmp"]  # noqa: S108 - the room's own
    for folder in reads:
        if not folder.is_relative_to("/usr"):
            command += ["--ro-bind", str(folder), str(folder)]
    command += ["--remount-ro", "/", "--chdir", "/tmp"]  # noqa: S108 - the room's own
    return [*command, *(() if report is None else ("--json-status-fd", str(report))), "--"]


def landlocked(tool: Sequence[str], *, reads: Sequence[Path], writes: Sequence[Path], calls: int) -> list[str]:
    """Return the command that runs ``tool`` where no namespace can be made: see ``landlocked``."""
    system = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc/alternatives", "/etc/ld.so.cache")
    words = {
        "argv": list(tool), "read": [*system, "/dev/urandom", *map(str, reads)],
        "write": ["/dev/null", *map(str, writes)],
    }  # fmt: skip
    launcher = Path(__file__).with_name("landlocked.py")
    # The system's own Python, which every user may run; it needs nothing but the standard library.
    python = shutil.which("python3", path=SEARCH) or os.path.realpath(sys.executable)
    return [python, "-I", "-S", str(launcher), str(calls), json.dumps(words)]


def limits(bounds: Bounds, *, level: str) -> list[str]:
    """Return the command that bounds what follows it.

    The processor time is a second net under the wall clock, which is watched from outside.
    Processes are only bounded in a room: outside, a person's other programs would count too.
    """
    command = [
        find("prlimit"), f"--as={bounds.memory}", f"--cpu={int(bounds.seconds) + 5}", f"--fsize={bounds.file_bytes}",
        f"--nofile={_OPEN_FILES}", "--core=0",
    ]  # fmt: skip
    return [*command, *([f"--nproc={_PROCESSES}"] if level == "bwrap" else []), "--"]


def leash(parent: int) -> list[str]:
    """Return the command that ends what follows it when ``parent`` ends, however early.

    The kernel is told first and the parent looked at second: one that was killed in between is seen. What
    is not seen is a kill in the milliseconds in which bubblewrap has begun its room and not yet told the
    kernel to end it with the outside: then an idle process, or at worst the program within its bounds, stays.
    """
    told = [find("setpriv"), "--pdeathsig", "KILL", "--"]
    return [*told, "/bin/sh", "-c", '[ "$PPID" = "$0" ] || exit 1; exec "$@"', str(parent)]


def environment() -> dict[str, str]:
    """Return all that a program learns of its surroundings."""
    return {"PATH": SEARCH, "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": "/nonexistent", "OMP_THREAD_LIMIT": "1"}


def _system() -> Iterator[str]:
    """Yield what a dynamically linked program needs besides ``/usr``, laid out as on this host."""
    for name in ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"):
        path = Path(name)
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), name)
        elif path.is_dir():
            yield from ("--ro-bind", name, name)
    for name in ("/etc/alternatives", "/etc/ld.so.cache"):
        yield from ("--ro-bind-try", name, name)
    for name in ("/dev/null", "/dev/urandom"):
        yield from ("--dev-bind", name, name)
