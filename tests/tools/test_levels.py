"""Levels of isolation: what each keeps out, as root, as an ordinary user, with and without namespaces."""

import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]

_RUN = """
import json, os, sys
from pathlib import Path
given = json.loads(sys.argv[1])
import ctypes, errno
from pipeline.errors import PipelineError
from pipeline.tools import Tools, sandbox, seccomp
from pipeline.tools.sandbox import Bounds, Call
rules = []
if "namespaces" in given["forbid"]:
    rules += [seccomp.Rule(call="unshare"), seccomp.Rule(call="clone3", error=errno.ENOSYS)]
    rules += [seccomp.Rule(call="clone", argument=0, mask=one, bits=one) for one in (0x00020000, 0x10000000)]
if "landlock" in given["forbid"]:
    rules += [seccomp.Rule(call=number, error=errno.ENOSYS) for number in (444, 445, 446)]
seccomp.program()
import encodings.idna, selectors, tempfile
if given["user"]:
    os.setgroups([]); os.setgid(given["user"]); os.setuid(given["user"])
if rules:
    data = seccomp.compiled(rules)
    libc = ctypes.CDLL(None, use_errno=True)
    held = ctypes.create_string_buffer(data, len(data))
    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))
    assert libc.prctl(38, 1, 0, 0, 0) == 0
    assert libc.prctl(22, 2, ctypes.byref(Program(len(data) // 8, ctypes.cast(held, ctypes.c_void_p))), 0, 0) == 0
bounds = Bounds(seconds=20, memory=1 << 30, file_bytes=1 << 20, answer_bytes=1 << 20)
try:
    level = sandbox.isolation(given["policy"])
    said = {"level": level}
    for name, script in given["scripts"].items():
        out = Path(given["out"])
        done = sandbox.run(Call(argv=["python3", "-I", "-c", script], bounds=bounds, policy=given["policy"],
                                media=Path(given["media"]), output=out))
        said[name] = [done.status, done.stdout.decode(), done.stderr[-200:]]
except PipelineError as err:
    said = {"code": err.code, "reason": err.reason}
print(json.dumps(said))
"""
FORBIDDEN = {"bwrap": (), "landlock": ("namespaces",), "none": ("namespaces", "landlock")}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder that everybody may look through, with material, a secret beside it, and room for output."""
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(folder.stat().st_mode | 0o055)
    (tmp_path / "media.mp4").write_bytes(b"evidence")
    (tmp_path / "secret").write_bytes(b"quillfeather")
    (tmp_path / "media.mp4").chmod(0o444)
    (tmp_path / "secret").chmod(0o444)
    (tmp_path / "out").mkdir()
    (tmp_path / "out").chmod(0o777)
    return tmp_path


def run(place: Path, *, level: str, user: int, policy: str = "required", **scripts: str) -> dict[str, Any]:
    given = {
        "forbid": FORBIDDEN[level], "user": user, "policy": policy, "scripts": scripts,
        "media": str(place / "media.mp4"), "out": str(place / "out"),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", _RUN, json.dumps(given)], capture_output=True, text=True, check=False, cwd="/",
        env={**os.environ, "PYTHONPATH": str(CHECKOUT), "SECRET": "quillfeather", "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    if user and "ermission" in done.stderr and "Traceback" in done.stderr:
        pytest.skip("the checkout cannot be read by others here")
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("user", [0, 65534], ids=["root", "nobody"])
@pytest.mark.parametrize("level", ["bwrap", "landlock"])
def test_nothing_gets_out_and_the_work_is_done(place: Path, level: str, user: int) -> None:
    if user == 0 and os.geteuid():
        pytest.skip("only root can be both")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(1)
        reached: list[bool] = []

        def listen() -> None:
            try:
                listener.accept()[0].close()
                reached.append(True)
            except TimeoutError:
                return

        waiting = threading.Thread(target=listen)
        waiting.start()
        said = run(
            place, level=level, user=user,
            work="print(open('/in/media').read())",
            keep="open('/out/kept', 'w').write('kept')",
            leak=f"print(open({str(place / 'secret')!r}).read())",
            passwd="print(open('/etc/passwd').read())",
            call=f"import socket; socket.create_connection(('127.0.0.1', {listener.getsockname()[1]}), 1)",
            spoil="open('/in/media', 'r+').write('x')",
            elsewhere=f"open({str(place / 'made')!r}, 'w')",
            room="import ctypes; print(ctypes.CDLL(None).unshare(0x10000000))",
            environment="import os; print(sorted(os.environ))",
        )  # fmt: skip
        waiting.join()
    assert said["level"] == level
    assert said["work"][1] == "evidence\n", said["work"]
    assert said["keep"][0] == 0, said["keep"]
    assert (place / "out/kept").read_text() == "kept"
    for name in ("leak", "passwd", "call", "spoil", "elsewhere"):
        assert said[name][0] == 1, (name, said[name])
        assert "quillfeather" not in said[name][1]
        assert "root:" not in said[name][1]
    assert not reached
    assert not (place / "made").exists()
    assert (place / "media.mp4").read_bytes() == b"evidence"
    assert said["room"][1].split()[0] == "-1"
    assert "SECRET" not in said["environment"][1]


def test_without_either_nothing_runs(place: Path) -> None:
    said = run(place, level="none", user=0, work="print('ran')")
    assert said["code"] == "E-CONF-003"
    assert "bwrap" in said["reason"]
    assert "landlock" in said["reason"]


def test_unless_the_settings_say_so(place: Path) -> None:
    said = run(place, level="none", user=0, policy="accepted-missing", work="print('ran')")
    assert said["level"] == "none"
    assert said["work"][1] == "ran\n"
