"""Whatever is submitted is one item with the right outcome; nothing ends in a traceback."""

import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.service.conftest import Evidence

pytestmark = pytest.mark.slow

NAMES = (
    b"-y", b"--help", b"%03d.png", b"a b.mp4", b"a\nb.mp4", b"a\tb.wav", b"\xff\xfe.jpg", "\u202egpj.exe".encode(),
    b"http:x.mp4", b"'; DROP TABLE items; --", b"$(id).mp4", "نص عربي.mp4".encode(), b".hidden", b"a" * 250,
)  # fmt: skip


def test_every_odd_thing_is_one_item(evidence: Evidence, tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    (folder / "empty").touch()
    (folder / "folder").mkdir()
    (folder / "link").symlink_to("empty")
    os.mkfifo(folder / "fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "socket"))
        paths = [folder / name for name in ("missing", "fifo", "socket", "folder", "link", "empty")]

        said = evidence("submit", *paths, "--batch", "b")
        status = evidence("process", "b")

    assert [one["code"] for one in said.json["items"]] == [
        "E-SUBMIT-001", "E-SUBMIT-003", "E-SUBMIT-003", "E-SUBMIT-004", "E-SUBMIT-005", None,
    ]  # fmt: skip
    assert said.code == 1
    assert said.json["totals"] == {"refused": 5, "preserved": 1}
    assert status.json["accounted"] == status.json["items"] == 6
    assert status.json["outcomes"]["transcribe"] == {"refused": 6}


def test_odd_names_are_kept_and_never_obeyed(evidence: Evidence, tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    for n, name in enumerate(NAMES):
        (folder / os.fsdecode(name)).write_bytes(b"text %d" % n)

    said = evidence("submit", folder, "--recursive", "--batch", "b")
    plain = evidence("status", "b", plain=True)
    process = evidence("process", "b")

    assert len(said.json["items"]) == len(NAMES)
    assert said.json["totals"] == {"preserved": len(NAMES)}
    assert process.json["accounted"] == len(NAMES)
    assert "Traceback" not in said.complaint + plain.complaint + process.complaint
    again = evidence("submit", folder, "--recursive", "--batch", "b", plain=True)
    assert all(one == "\n" or one >= " " for one in again.text)  # nothing steers the terminal
    assert "\u202e" not in again.text


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give its rights up for this")
def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    file = tmp_path / "secret"
    file.write_bytes(b"x")
    file.chmod(0)
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom pipeline.usecases.intake import find\n"
        "os.setuid(65534)\n"
        "print([one.code for one in find([Path(sys.argv[1])], recursive=False, follow=False)])"
    )
    for folder in tmp_path.parents:
        if folder.stat().st_uid == os.geteuid() and folder not in (Path("/"), Path("/tmp")):
            folder.chmod(folder.stat().st_mode | 0o011)

    said = subprocess.run([sys.executable, "-c", code, file], capture_output=True, text=True, check=False)

    assert said.stdout.strip() == "['E-SUBMIT-002']", said.stderr


def test_a_file_that_grows_while_it_is_read_is_refused(evidence: Evidence, tmp_path: Path) -> None:
    file = tmp_path / "growing.bin"
    file.write_bytes(b"\0" * 50_000_000)
    stop = threading.Event()

    def grow() -> None:
        with file.open("ab") as out:
            while not stop.is_set():
                out.write(b"x" * 1000)
                out.flush()
                time.sleep(0.001)

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        item = evidence("submit", file, "--batch", "b").json["items"][0]
    finally:
        stop.set()
        writer.join()

    assert (item["outcome"], item["code"], item["asset"]) == ("refused", "E-SUBMIT-006", None)
    later = evidence("submit", file, "--batch", "b").json["items"][0]
    assert (later["n"], later["outcome"]) == (2, "preserved")


def test_simultaneous_first_commands_agree(tmp_path: Path) -> None:
    first = [
        subprocess.Popen(
            [sys.executable, "-m", "pipeline.cli", "people", "--json"], stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]  # fmt: skip

    said = {one.communicate(timeout=120)[0] for one in first}

    assert [one.returncode for one in first] == [0] * 4
    assert len(said) == 1  # one founder, one id
    assert len(list((tmp_path / "keys").iterdir())) == 1
