"""Naming: the registry's signatures, tried in a room, agree with ours and add to them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.core.signatures import HEAD, recognise
from pipeline.settings import read_settings
from pipeline.tools.naming import Naming

GENERAL = {
    "fmt/6": {"fmt/141", "fmt/142", "fmt/143", "fmt/703", "fmt/704"},  # WAVE, of one sort of samples or another
    "fmt/11": {"fmt/12", "fmt/13"},  # PNG, of a later version
}
"""What ours calls by the family's name, and the registry by that of a member."""


@pytest.fixture(scope="module")
def naming(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Naming]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVIDENCE_HOME", str(tmp_path_factory.mktemp("home")))
        found = Naming(read_settings())
    yield found
    found.close()


@pytest.mark.parametrize(("data", "named"), [
    (b"!<arch>\ndebian-binary   1342943816  0     0     100644  4         `\n2.0\n", ("fmt/1835", None)),
    (b"\x89HDF\r\n\x1a\n" + bytes(100), ("fmt/807", None)),
    (b"%PDF-1.7\n1 0 obj<<>>endobj\n%%EOF", ("fmt/276", "application/pdf")),
    (b"BZh91AY&SY" + bytes(50), ("x-fmt/268", "application/x-bzip2")),
    (b"SQLite format 3\x00" + bytes(100), ("fmt/729", "application/x-sqlite3")),
    (bytes(400), None),
    (b"only words", None),
])  # fmt: skip
def test_what_is_not_ours_is_named(
    naming: Naming, tmp_path: Path, data: bytes, named: tuple[str, str | None] | None
) -> None:
    file = tmp_path / "evil.exe.jpg"  # the name says nothing
    file.write_bytes(data)
    found = naming.name(file)
    assert (found and (found.puid, found.media_type)) == named


_WITHOUT_NAMESPACES = """
import ctypes, errno, sys
from pathlib import Path
from pipeline.settings import read_settings
from pipeline.tools import sandbox, seccomp
from pipeline.tools.naming import Naming
rules = [seccomp.Rule(call="unshare"), seccomp.Rule(call="clone3", error=errno.ENOSYS)]
rules += [seccomp.Rule(call="clone", argument=0, mask=one, bits=one) for one in (0x00020000, 0x10000000)]
seccomp.program()
data = seccomp.compiled(rules)
held = ctypes.create_string_buffer(data, len(data))
class Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.byref(Program(len(data) // 8, ctypes.cast(held, ctypes.c_void_p))), 0, 0) == 0
naming = Naming(read_settings())
found = naming.name(Path(sys.argv[1]))
print(sandbox.isolation("required"), found and found.puid)
naming.close()
"""


@pytest.mark.slow
def test_where_namespaces_are_banned_it_names_them_too(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(b"SQLite format 3\x00" + bytes(100))
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT_NAMESPACES, str(file)], capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    )  # fmt: skip
    assert done.stdout.split() == ["landlock", "fmt/729"], done.stderr[-800:]


def test_nothing_has_no_name(naming: Naming, tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    assert naming.name(tmp_path / "x") is None


def test_of_a_large_file_both_ends_are_read(naming: Naming, testdata: Path, tmp_path: Path) -> None:
    head = (testdata / "photo_objects" / "bus.jpg").read_bytes()
    file = tmp_path / "x"
    with file.open("wb") as out:
        out.write(head)
        out.truncate(64 << 20)
        out.seek(0, 2)
        out.write(b"\xff\xd9")
    found = naming.name(file)
    assert found
    assert found.media_type == "image/jpeg"


@pytest.mark.slow
def test_ours_and_the_registrys_never_contradict_each_other(naming: Naming, testdata: Path) -> None:
    apart, both = [], 0
    for file in sorted(testdata.rglob("*")):
        if not file.is_file() or not file.stat().st_size:
            continue
        with file.open("rb") as opened:
            mine = recognise(opened.read(HEAD))
        theirs = naming.name(file)
        if mine and mine.puid and theirs:
            both += 1
            if theirs.puid not in {mine.puid, *GENERAL.get(mine.puid, ())}:
                apart.append((file.name, mine.puid, theirs.puid))
    assert apart == []
    assert both > 100
