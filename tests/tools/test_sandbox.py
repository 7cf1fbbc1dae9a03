import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import Misconfigured, Refused, Unavailable
from pipeline.tools import walls
from pipeline.tools.sandbox import MEDIA, OUTPUT, Bounds, Call, Completed, run

SHORT = Bounds(seconds=20, memory=1 << 30, file_bytes=1 << 20, answer_bytes=1 << 20)
CHECKOUT = Path(__file__).resolve().parents[2]


def shell(script: str, *, bounds: Bounds = SHORT, **more: Any) -> Completed:
    return run(Call(argv=["sh", "-c", script], bounds=bounds, policy="required", **more))


def python(script: str, *, bounds: Bounds = SHORT, **more: Any) -> Completed:
    return run(Call(argv=["python3", "-c", script], bounds=bounds, policy="required", **more))


def processes_with(mark: str) -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if mark in (entry / "cmdline").read_text(errors="replace"):
                    found.append(entry.name)
    return found


def running(command: str) -> bool:
    """Tell whether a program itself runs, not only what is to start it."""
    lines = []
    for one in processes_with(command):
        with contextlib.suppress(OSError):
            lines.append(Path("/proc", one, "cmdline").read_text(errors="replace"))
    return any(line.partition("\0")[0].endswith("sleep") for line in lines)


def soon(true: Any) -> bool:
    until = time.monotonic() + 5
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.02)
    return False


@pytest.fixture
def mark() -> Iterator[str]:
    """A number of seconds that only this test sleeps."""
    number = f"{100000 + os.getpid() % 10000}.{time.monotonic_ns() % 100000}"
    yield number
    assert processes_with(number) == []


class TestWhatAProgramSees:
    def test_nothing_but_the_system_and_its_one_file(self, tmp_path: Path) -> None:
        media = tmp_path / "x"
        media.write_bytes(b"evidence")
        (tmp_path / "neighbour").write_bytes(b"another case")
        done = shell(f"ls /; ls /in; cat {MEDIA}; ls {tmp_path} /home /root /proc /var", media=media)
        names = done.stdout.decode().split()
        assert set(names) <= {
            "bin",
            "dev",
            "etc",
            "in",
            "lib",
            "lib32",
            "lib64",
            "libx32",
            "sbin",
            "tmp",
            "usr",
            "media",
            "evidence",
        }
        assert "evidence" in names
        assert "neighbour" not in done.stderr

    def test_it_can_change_nothing(self, tmp_path: Path) -> None:
        media = tmp_path / "x"
        media.write_bytes(b"evidence")
        shell(f"echo y > {MEDIA}; rm -f {MEDIA}; touch /usr/y /y /etc/y /dev/y; chmod 777 {MEDIA}", media=media)
        assert media.read_bytes() == b"evidence"
        assert media.stat().st_mode & 0o777 != 0o777
        assert not Path("/usr/y").exists()

    def test_no_secret_of_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-4711")
        seen = shell("env; cat /proc/1/environ /proc/self/environ").stdout
        assert b"PATH=" in seen
        assert b"canary-4711" not in seen

    def test_no_descriptor_of_ours(self, tmp_path: Path) -> None:
        with (tmp_path / "open").open("w") as file:
            os.set_inheritable(file.fileno(), True)
            seen = python("import os\nfor n in range(64):\n try:\n  os.fstat(n); print(n)\n except OSError: pass")
        assert seen.stdout.split() == [b"0", b"1", b"2"]

    def test_no_network(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(1)
            port = server.getsockname()[1]
            done = python(f"import socket; socket.create_connection(('127.0.0.1', {port}), timeout=2)")
            assert done.status != 0
            with pytest.raises(TimeoutError):
                server.accept()

    def test_no_power(self) -> None:
        done = shell("mount -t tmpfs x /tmp; mknod /tmp/n b 8 0; kill -9 -1; chroot /usr")
        assert done.status != 0

    @pytest.mark.parametrize("name", ["-y", "http:x.mp4", "%03d.png", "a\nb", "x; touch PWNED", "\u202egpj", "--help"])
    def test_the_name_of_the_file_does_not_matter(self, tmp_path: Path, name: str) -> None:
        (tmp_path / name).write_bytes(b"evidence")
        assert shell(f"cat {MEDIA}", media=tmp_path / name).stdout == b"evidence"

    def test_a_folder_to_write_into_when_it_is_given_one(self, tmp_path: Path) -> None:
        shell(f"mkdir {OUTPUT}/a; echo y > {OUTPUT}/a/b", output=tmp_path)
        assert (tmp_path / "a/b").read_text() == "y\n"

    def test_a_trap_left_in_that_folder_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(Refused) as caught:
            shell(f"ln -s /etc/passwd {OUTPUT}/frame.png", output=tmp_path)
        assert caught.value.code == "E-MEDIA-006"


class TestItsEnd:
    def test_its_status_answer_and_complaints_come_back(self, tmp_path: Path) -> None:
        lines: list[str] = []
        done = shell("echo out; echo err >&2; printf last >&2; exit 3", on_line=lines.append)
        assert (done.status, done.stdout, done.stderr) == (3, b"out\n", "err\nlast")
        assert lines == ["err", "last"]
        assert shell("echo filed", answer=tmp_path / "answer").stdout == b""
        assert (tmp_path / "answer").read_bytes() == b"filed\n"

    @pytest.mark.parametrize("name", ["SEGV", "ABRT", "BUS", "FPE", "ILL", "SYS"])
    def test_a_crash_is_the_materials_fault(self, name: str) -> None:
        with pytest.raises(Refused, match=name) as caught:
            shell(f"kill -{name} $$")
        assert caught.value.code == "E-MEDIA-006"

    def test_a_kill_by_the_system_is_not(self) -> None:
        with pytest.raises(Unavailable) as caught:
            shell("kill -KILL $$")
        assert caught.value.code == "E-HOST-005"

    def test_time_out_ends_every_process_of_it(self, mark: str) -> None:
        start = time.monotonic()
        with pytest.raises(Refused) as caught:
            shell(f"sleep {mark} & (setsid sleep {mark} &) ; exec >&- 2>&-; sleep {mark}", bounds=_bounds(seconds=0.5))
        assert caught.value.code == "E-MEDIA-005"
        assert time.monotonic() - start < 5
        assert soon(lambda: not processes_with(mark))

    def test_what_it_leaves_running_ends_with_it(self, mark: str) -> None:
        done = shell(f"(setsid sleep {mark} &) ; sleep {mark} & echo done")
        assert done.stdout == b"done\n"
        assert soon(lambda: not processes_with(mark))

    def test_ctrl_c_ends_it_and_goes_on(self, mark: str) -> None:
        threading.Timer(0.5, lambda: signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            shell(f"sleep {mark}")
        assert soon(lambda: not processes_with(mark))

    @pytest.mark.parametrize("policy", ["required", "none"])
    def test_it_does_not_outlive_a_killed_parent(self, mark: str, policy: str) -> None:
        script = (
            "from pipeline.tools import sandbox as s\n"
            f"if {policy!r} == 'none': s.isolation = lambda policy: 'none'\n"
            "b = s.Bounds(seconds=60, memory=1 << 30, file_bytes=1, answer_bytes=1)\n"
            f"s.run(s.Call(argv=['sleep', '{mark}'], bounds=b, policy='required'))"
        )
        parent = subprocess.Popen([sys.executable, "-c", script], cwd=CHECKOUT)
        try:
            # As soon as the program itself runs; while its room is built, bubblewrap is not yet on the leash.
            assert soon(lambda: running(f"sleep\0{mark}"))
        finally:
            parent.kill()
            parent.wait()
        assert soon(lambda: not processes_with(mark))


def _bounds(**other: Any) -> Bounds:
    return Bounds(**{"seconds": 20, "memory": 1 << 30, "file_bytes": 1 << 20, "answer_bytes": 1 << 20, **other})


class TestItsBounds:
    def test_memory(self) -> None:
        done = python("x = bytearray(2 << 30)")
        assert "MemoryError" in done.stderr

    def test_the_size_of_a_file(self, tmp_path: Path) -> None:
        with pytest.raises(Refused) as caught:
            run(Call(argv=["cat", "/dev/urandom"], bounds=SHORT, policy="required", answer=tmp_path / "answer"))
        assert caught.value.code == "E-MEDIA-004"
        assert (tmp_path / "answer").stat().st_size == 1 << 20

    def test_an_endless_answer(self) -> None:
        with pytest.raises(Refused) as caught:
            shell("yes")
        assert caught.value.code == "E-MEDIA-004"

    def test_endless_complaints_are_read_on_but_not_kept(self) -> None:
        lines = 0

        def count(_: str) -> None:
            nonlocal lines
            lines += 1

        done = shell("yes 'a complaint' | head -n 200000 >&2; yes | tr -d '\\n' | head -c 3000000 >&2", on_line=count)
        assert lines == 200_001
        assert len(done.stderr) < 20_000

    def test_the_number_of_processes(self) -> None:
        done = shell("for i in $(seq 500); do sleep 5 & done; echo all", bounds=_bounds(seconds=10))
        if os.getuid():  # the system exempts root
            assert "fork" in done.stderr

    def test_its_own_disk_is_small(self) -> None:
        done = python(
            "import os\nfor n in range(999): open(f'/tmp/{n}', 'wb').write(bytes(1 << 19))", bounds=_bounds(seconds=30)
        )
        assert done.status != 0

    def test_processor_time(self) -> None:
        assert walls.limits(_bounds(seconds=7), level="bwrap").count("--cpu=12") == 1


class TestItsStart:
    def test_a_missing_program_names_its_package(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        found = walls.find
        monkeypatch.setattr(walls, "SEARCH", str(tmp_path))
        with pytest.raises(Misconfigured) as caught:
            found("exiftool")
        assert caught.value.code == "E-CONF-002"
        assert "libimage-exiftool-perl" in caught.value.next

    def test_no_processes_left_is_worth_another_try(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise BlockingIOError(11, "Resource temporarily unavailable")

        monkeypatch.setattr(subprocess, "Popen", refuse)
        with pytest.raises(Unavailable) as caught:
            shell("true")
        assert caught.value.code == "E-HOST-005"

    def test_no_space_left_is_the_hosts_fault(self, tmp_path: Path) -> None:
        """On a disk of 64 KiB, made by the same means as the sandbox."""
        (tmp_path / "disk").mkdir()
        script = (
            "from pathlib import Path\n"
            "from pipeline.tools import sandbox as s\n"
            "b = s.Bounds(seconds=9, memory=1 << 30, file_bytes=1 << 30, answer_bytes=99)\n"
            f"to = Path({str(tmp_path / 'disk/answer')!r})\n"
            "call = s.Call(argv=['head', '-c', '999999', '/dev/urandom'], bounds=b, policy='required', answer=to)\n"
            "try: s.run(call)\n"
            "except Exception as err: print(type(err).__name__, err.code)"
        )
        disk = ["bwrap", "--dev-bind", "/", "/", "--size", "65536", "--tmpfs", str(tmp_path / "disk")]
        done = subprocess.run(
            [*disk, sys.executable, "-c", script], cwd=CHECKOUT, capture_output=True, text=True, check=False
        )
        assert done.stdout.split() == ["Unavailable", "E-HOST-003"], done.stderr

    def test_an_ordinary_person_can_use_it(self) -> None:
        if os.getuid():
            pytest.skip("every other test shows it: this is an ordinary person")
        script = (
            "import sys; sys.path[:0] = [sys.argv[1]]\n"
            "from pipeline.tools import sandbox as s\n"
            "b = s.Bounds(seconds=9, memory=1 << 30, file_bytes=1, answer_bytes=99)\n"
            "print(s.run(s.Call(argv=['id', '-u'], bounds=b, policy='required')).stdout)"
        )
        command = [
            "setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            sys.executable,
            "-c",
            script,
            str(CHECKOUT),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
        if "ermission" in done.stderr:
            pytest.skip("the checkout cannot be read by others here")
        assert done.stdout.strip() == r"b'65534\n'", done.stderr


class TestProgress:
    """Whoever decodes no further is ended; whoever is only slow is not."""

    BOUNDS = Bounds(seconds=30, memory=1 << 30, file_bytes=1 << 20, answer_bytes=1 << 20, stall=1.5)

    @pytest.mark.parametrize("script", ["sleep 20", "while :; do echo broken >&2; sleep 0.2; done"])
    def test_complaints_are_no_progress(self, script: str) -> None:
        began = time.monotonic()
        with pytest.raises(Refused, match="got no further") as caught:
            shell(script, bounds=self.BOUNDS)
        assert caught.value.code == "E-MEDIA-005"
        assert time.monotonic() - began < 8

    @pytest.mark.parametrize("script", ["echo more", f"echo more >> {OUTPUT}/x", "echo 'n:1 pts:2 pts_time:3' >&2"])
    def test_the_slow_one_goes_on(self, script: str, tmp_path: Path) -> None:
        done = shell(f"for i in 1 2 3 4 5 6; do {script}; sleep 0.6; done", bounds=self.BOUNDS, output=tmp_path)
        assert done.status == 0
