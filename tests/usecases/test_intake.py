"""Every path named is one item, and what has no bytes to read says why."""

import os
import socket
from pathlib import Path

import pytest

from pipeline.errors import Refused
from pipeline.usecases.intake import find, path_facts, read_manifest


def codes(*paths: Path, recursive: bool = False, follow: bool = False) -> list[str | None]:
    return [one.code for one in find(paths, recursive=recursive, follow=follow)]


def test_odd_things_each_have_their_code(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "dangling").symlink_to("nowhere")
    os.mkfifo(tmp_path / "fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        names = ("file", "missing", "folder", "link", "dangling", "fifo", "socket", "file/below")

        found = codes(*(tmp_path / name for name in names))

    assert found == [
        None, "E-SUBMIT-001", "E-SUBMIT-004", "E-SUBMIT-005", "E-SUBMIT-005", "E-SUBMIT-003", "E-SUBMIT-003",
        "E-SUBMIT-001",
    ]  # fmt: skip
    assert codes(Path("/dev/null")) == ["E-SUBMIT-003"]


def test_links_are_followed_only_when_asked(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "dangling").symlink_to("nowhere")

    assert codes(tmp_path / "link", tmp_path / "dangling", follow=True) == [None, "E-SUBMIT-001"]


def test_a_circle_of_links_ends(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "file").write_bytes(b"x")
    (tmp_path / "a" / "up").symlink_to("..")
    (tmp_path / "loop").symlink_to("loop")

    assert codes(tmp_path, recursive=True, follow=True) == [None, "E-SUBMIT-005", "E-SUBMIT-002"]


def test_a_tree_is_walked_in_order_with_hidden_and_odd_names(tmp_path: Path) -> None:
    for name in (b"b", b".hidden", b"\xff\xfe", b"a\nb", "نص".encode()):
        (tmp_path / os.fsdecode(name)).write_bytes(b"x")

    found = [os.fsencode(one.path.name) for one in find([tmp_path], recursive=True, follow=False)]

    assert found == [b".hidden", b"a\nb", b"b", "نص".encode(), b"\xff\xfe"]


def test_a_name_that_is_not_utf8_keeps_its_bytes() -> None:
    facts = path_facts(Path(os.fsdecode(b"/x/\xff.jpg")))

    assert facts["filename"] == "\\xff.jpg"
    assert facts["path_bytes"] == "L3gv/y5qcGc="
    assert "path_bytes" not in path_facts(Path("/x/نص.jpg"))


def test_a_path_is_told_with_its_folder_resolved_and_its_last_name_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "real" / "below").mkdir(parents=True)
    (tmp_path / "link").symlink_to("real/below")
    (tmp_path / "real" / "photo.jpg").symlink_to("below")

    facts = path_facts(tmp_path / "link" / ".." / "photo.jpg")

    assert (facts["path"], facts["filename"]) == (str(tmp_path.resolve() / "real" / "photo.jpg"), "photo.jpg")
    assert path_facts(tmp_path / "link" / "..")["path"] == f"{tmp_path.resolve()}/real/below/.."


def test_a_manifest_names_all_its_faults_at_once(tmp_path: Path) -> None:
    file = tmp_path / "m.csv"
    file.write_text("path,provider,colour\na.jpg,X,red\n,Y,blue\nb.jpg\n", encoding="utf-8")

    with pytest.raises(Refused) as caught:
        read_manifest(file)

    assert caught.value.code == "E-SUBMIT-008"
    for fault in ("column 'colour' is unknown", "row 3: 'path' is empty", "row 4: 3 cells are expected"):
        assert fault in caught.value.reason


def test_a_manifest_gives_each_item_its_facts(tmp_path: Path) -> None:
    file = tmp_path / "m.csv"
    file.write_text("\ufeffpath,provider,url\na.jpg,X,\nsub/b.jpg,,https://e.example/b\n", encoding="utf-8")

    assert read_manifest(file) == [
        (tmp_path / "a.jpg", {"provider": "X"}),
        (tmp_path / "sub" / "b.jpg", {"url": "https://e.example/b"}),
    ]
