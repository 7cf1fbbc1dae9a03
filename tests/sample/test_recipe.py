"""The recipe builds what its manifest says, checks what it fetches, and does nothing twice."""

import gzip
import io
import struct
import subprocess
import wave
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sample_media.build import build, main
from sample_media.exif import geotagged
from sample_media.sources import Member, RecipeError, Source, obtain, sha256_of

NOTHING: dict[str, Any] = {"what": "a test", "licence": "CC0-1.0", "facts": [], "expect": {}}
LOCAL: dict[str, Any] = {
    "item": [
        {**NOTHING, "file": "silence.wav", "recipe": {"make": "silence", "seconds": 2, "rate": 8000}},
        {**NOTHING, "file": "cut.wav", "recipe": {"make": "cut", "of": "silence.wav", "bytes": 16044}},
        {**NOTHING, "file": "again.wav", "recipe": {"make": "duplicate", "of": "silence.wav"}},
        {**NOTHING, "file": "note.txt", "recipe": {"make": "text", "text": "written down"}},
    ]
}


def _source(**change: Any) -> Source:
    member = Member(path="a/word.wav", sha256=sha256_of(b"sound"))
    fields = {"id": "tiny", "fetch": "debian", "package": "tiny", "licence": "CC0-1.0", "credit": "nobody"}
    return Source(**{**fields, "root": "usr", "members": (member,), **change})


def _program(file: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a program of our own before the machine's."""
    file.parent.mkdir()
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    monkeypatch.setenv("PATH", str(file.parent), prepend=":")


# --- what is made ---------------------------------------------------------------------------------


def test_a_second_build_does_nothing(tmp_path: Path) -> None:
    out = tmp_path / "media"
    assert build(LOCAL, out, tmp_path / "cache") == 4
    before = {file.name: (file.stat().st_mtime_ns, file.stat().st_ino) for file in out.iterdir()}
    assert build(LOCAL, out, tmp_path / "cache") == 0
    assert {file.name: (file.stat().st_mtime_ns, file.stat().st_ino) for file in out.iterdir()} == before
    assert set(before) == {"silence.wav", "cut.wav", "again.wav", "note.txt"}


def test_an_interrupted_build_goes_on_where_it_stopped(tmp_path: Path) -> None:
    out = tmp_path / "media"
    build({"item": LOCAL["item"][:2]}, out, tmp_path / "cache")
    (out / ".partial-left").write_bytes(b"half")
    assert build(LOCAL, out, tmp_path / "cache") == 2
    assert sorted(file.name for file in out.iterdir()) == ["again.wav", "cut.wav", "note.txt", "silence.wav"]


def test_a_changed_or_missing_file_is_made_again(tmp_path: Path) -> None:
    out = tmp_path / "media"
    build(LOCAL, out, tmp_path / "cache")
    whole = (out / "silence.wav").read_bytes()
    (out / "silence.wav").write_bytes(whole[:-1])
    (out / "note.txt").unlink()
    assert build(LOCAL, out, tmp_path / "cache") == 2
    assert (out / "silence.wav").read_bytes() == whole


def test_an_item_that_left_the_manifest_is_removed_and_a_strangers_file_stays(tmp_path: Path) -> None:
    out = tmp_path / "media"
    build(LOCAL, out, tmp_path / "cache")
    (out / "mine.txt").write_text("not yours")
    build({"item": LOCAL["item"][:3]}, out, tmp_path / "cache")
    assert sorted(file.name for file in out.iterdir()) == ["again.wav", "cut.wav", "mine.txt", "silence.wav"]


def test_a_wrong_digest_names_file_expected_and_found(tmp_path: Path) -> None:
    fact = {"kind": "sha256", "value": "0" * 64, "from": "recipe"}
    wrong = {"item": [{**LOCAL["item"][3], "facts": [fact]}]}
    with pytest.raises(RecipeError) as raised:
        build(wrong, tmp_path / "media", tmp_path / "cache")
    for named in ("note.txt", "0" * 64, sha256_of(b"written down")):
        assert named in str(raised.value)
    assert not (tmp_path / "media" / "note.txt").exists()


def test_a_cut_recording_still_promises_the_whole(tmp_path: Path) -> None:
    build(LOCAL, tmp_path / "media", tmp_path / "cache")
    data = (tmp_path / "media" / "cut.wav").read_bytes()
    assert struct.unpack("<I", data[40:44]) == (2 * 2 * 8000,)
    assert len(data) - 44 == 2 * 8000


def test_a_position_is_added_and_the_picture_stays() -> None:
    plain = io.BytesIO()
    Image.new("RGB", (32, 16), (10, 120, 200)).save(plain, "JPEG")
    tagged = geotagged(
        plain.getvalue(), lat=-33.5, lon=-70.25, taken="2011:08:15 18:24:59", zone="+03:00", note="invented"
    )
    assert tagged.endswith(plain.getvalue()[2:])
    with Image.open(io.BytesIO(tagged)) as picture, Image.open(plain) as before:
        assert picture.tobytes() == before.tobytes()
        exif = picture.getexif()
        gps = exif.get_ifd(0x8825)
        assert (gps[1], gps[2], gps[3], gps[4]) == ("S", (33, 30, 0), "W", (70, 15, 0))
        assert exif.get_ifd(0x8769) == {0x9003: "2011:08:15 18:24:59", 0x9011: "+03:00"}


def _voice(cache: Path, listed: str) -> dict[str, Any]:
    """Make a cache of two prompts with their list of texts, and the manifest of one recording of them."""
    samples = {"one.wav": b"\x01\x00" * 8000, "two.wav": b"\x02\x00" * 4000}
    (cache / "voice").mkdir(parents=True)
    (cache / "texts").mkdir()
    members = []
    for name, sound in samples.items():
        with wave.open(str(cache / "voice" / name), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(sound)
        members.append({"path": name, "sha256": sha256_of((cache / "voice" / name).read_bytes()), "text": name})
    (cache / "texts" / "list.txt").write_text(listed)
    texts = {"path": "list.txt.gz", "sha256": sha256_of(listed.encode())}
    common = {"fetch": "debian", "package": "tiny", "licence": "CC0-1.0", "credit": "nobody", "root": "usr"}
    recipe = {"make": "speech", "source": "voice", "gap_ms": 250, "prompts": list(samples)}
    return {
        "source": [
            {**common, "id": "voice", "texts": "texts", "member": members},
            {**common, "id": "texts", "member": [texts]},
        ],
        "item": [{**NOTHING, "file": "a.wav", "recipe": recipe}],
    }


def test_prompts_are_joined_with_silence_between(tmp_path: Path) -> None:
    build(_voice(tmp_path / "cache", "one: one.wav\ntwo: two.wav\n"), tmp_path / "media", tmp_path / "cache")
    with wave.open(str(tmp_path / "media" / "a.wav")) as sound:
        assert sound.readframes(99_999) == b"\x01\x00" * 8000 + bytes(2 * 2000) + b"\x02\x00" * 4000


def test_a_prompt_with_another_text_in_its_package_is_an_error(tmp_path: Path) -> None:
    whole = _voice(tmp_path / "cache", "one: one.wav\ntwo: something else\n")
    with pytest.raises(RecipeError, match=r"tiny does not list 'two: two\.wav'"):
        build(whole, tmp_path / "media", tmp_path / "cache")


# --- what is fetched ------------------------------------------------------------------------------


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """A package on disk instead of one on the network: its members, path → bytes."""
    held: dict[str, bytes] = {}
    monkeypatch.setattr("sample_media.sources._MEMBERS", {"debian": lambda *_: iter(held.items())})
    return held


def test_members_are_kept_and_not_fetched_again(tmp_path: Path, package: dict[str, bytes]) -> None:
    package["usr/a/word.wav"] = b"sound"
    home = obtain(_source(), tmp_path)
    package.clear()
    assert obtain(_source(), tmp_path) == home
    assert (home / "a/word.wav").read_bytes() == b"sound"
    assert [one.name for one in tmp_path.iterdir()] == ["tiny"]


def test_a_packed_member_is_checked_and_kept_unpacked(tmp_path: Path, package: dict[str, bytes]) -> None:
    package["usr/list.txt.gz"] = gzip.compress(b"hello", mtime=7)
    listed = _source(members=(Member(path="list.txt.gz", sha256=sha256_of(b"hello")),))
    assert (obtain(listed, tmp_path) / "list.txt").read_bytes() == b"hello"


def test_another_member_than_expected_is_an_error(tmp_path: Path, package: dict[str, bytes]) -> None:
    package["usr/a/word.wav"] = b"noise"
    with pytest.raises(RecipeError) as raised:
        obtain(_source(), tmp_path)
    for named in ("tiny", "usr/a/word.wav", sha256_of(b"sound"), sha256_of(b"noise")):
        assert named in str(raised.value)
    assert not list(tmp_path.rglob("*.wav"))


@pytest.mark.usefixtures("package")
def test_a_package_without_the_member_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"tiny does not hold usr/a/word\.wav"):
        obtain(_source(), tmp_path)


def test_a_debian_package_is_read_without_installing_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "root"
    (root / "usr" / "a").mkdir(parents=True)
    (root / "usr" / "a" / "word.wav").write_bytes(b"sound")
    (root / "DEBIAN").mkdir()
    (root / "DEBIAN" / "control").write_text(
        "Package: tiny\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@example.org>\nDescription: tiny\n"
    )
    subprocess.run(["dpkg-deb", "--build", str(root), str(tmp_path / "tiny.deb")], check=True, capture_output=True)
    _program(tmp_path / "bin" / "apt-get", f'cp "{tmp_path}/tiny.deb" tiny_1_all.deb', monkeypatch)
    home = obtain(_source(), tmp_path / "cache")
    assert (home / "a/word.wav").read_bytes() == b"sound"
    assert [one.name for one in (tmp_path / "cache").iterdir()] == ["tiny"]


def test_without_package_lists_the_message_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _program(tmp_path / "bin" / "apt-get", "echo 'E: Unable to locate package' >&2; exit 100", monkeypatch)
    assert main(["--out", str(tmp_path / "media"), "--cache", str(tmp_path / "cache")]) == 2
    said = capsys.readouterr().err
    assert "run 'apt-get update' as root" in said
    assert "Unable to locate package" in said
