"""Local derivatives over two disks and several processes."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import Unavailable
from pipeline.vault import LocalDerivatives


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """A folder on another file system than the tests' own."""
    place = Path(f"/dev/shm/derivatives-{os.getpid()}")
    place.mkdir()
    yield place
    shutil.rmtree(place)


def test_scratch_may_be_another_disk(tmp_path: Path, elsewhere: Path) -> None:
    store = LocalDerivatives(keep_root=tmp_path / "kept", scratch_root=elsewhere)
    with store.workspace() as place:
        assert elsewhere in place.parents
        (place / "thumb").write_bytes(b"small")
        made = store.put(place / "thumb", role="thumbnail", media_type="image/jpeg", keep=True)
        assert list(place.iterdir()) == []
    path = store.get(made.sha256)
    assert path is not None
    assert tmp_path / "kept" in path.parents
    assert [one.name for one in path.parent.iterdir()] == [made.sha256]


def test_what_is_made_again_as_kept_is_kept(tmp_path: Path) -> None:
    store = LocalDerivatives(keep_root=tmp_path / "kept", scratch_root=tmp_path / "scratch")
    for keep in (False, True):
        (tmp_path / "x").write_bytes(b"same")
        made = store.put(tmp_path / "x", role="a", media_type="b/c", keep=keep)
    store.drop(made.sha256)
    assert store.get(made.sha256) is not None


def test_another_process_finds_it(tmp_path: Path) -> None:
    def store() -> LocalDerivatives:
        return LocalDerivatives(keep_root=tmp_path / "kept", scratch_root=tmp_path / "scratch")

    (tmp_path / "x").write_bytes(b"pcm")
    made = store().put(tmp_path / "x", role="a", media_type="b/c", keep=False)
    assert store().get(made.sha256) == store().get(hashlib.sha256(b"pcm").hexdigest())


def test_a_second_name_cannot_change_it(tmp_path: Path) -> None:
    store = LocalDerivatives(keep_root=tmp_path / "kept", scratch_root=tmp_path / "scratch")
    (tmp_path / "x").write_bytes(b"first")
    os.link(tmp_path / "x", tmp_path / "y")
    made = store.put(tmp_path / "x", role="a", media_type="b/c", keep=True)
    (tmp_path / "y").chmod(0o644)
    (tmp_path / "y").write_bytes(b"other")
    path = store.get(made.sha256)
    assert path is not None
    assert path.read_bytes() == b"first"


def test_a_file_on_another_disk_is_lent_as_a_copy(tmp_path: Path, elsewhere: Path) -> None:
    store = LocalDerivatives(keep_root=tmp_path / "kept", scratch_root=elsewhere)
    data = os.urandom(3_000_000)
    (tmp_path / "x").write_bytes(data)
    made = store.put(tmp_path / "x", role="a", media_type="b/c", keep=True)
    with store.workspace() as place:
        lent = store.lend(made.sha256, place)
        assert lent is not None
        assert lent.read_bytes() == data
        assert [one.name for one in place.iterdir()] == [lent.name]


def test_a_lent_file_on_the_same_disk_takes_no_space(tmp_path: Path) -> None:
    store = LocalDerivatives(keep_root=tmp_path / "kept", scratch_root=tmp_path / "scratch")
    (tmp_path / "x").write_bytes(b"pcm")
    made = store.put(tmp_path / "x", role="a", media_type="b/c", keep=False)
    with store.workspace() as place:
        lent, own = store.lend(made.sha256, place), store.get(made.sha256)
        assert lent is not None
        assert own is not None
        assert lent.samefile(own)


def test_lending_into_no_folder_is_said(tmp_path: Path) -> None:
    store = LocalDerivatives(keep_root=tmp_path / "kept", scratch_root=tmp_path / "scratch")
    (tmp_path / "x").write_bytes(b"pcm")
    made = store.put(tmp_path / "x", role="a", media_type="b/c", keep=False)
    with pytest.raises(Unavailable):
        store.lend(made.sha256, tmp_path / "nowhere")


def test_sweeping_clears_folders_of_dead_processes(tmp_path: Path) -> None:
    store = LocalDerivatives(keep_root=tmp_path / "kept", scratch_root=tmp_path / "scratch")
    with store.workspace() as place:
        dead = place.parent.parent / "20200101T000000Z-0123456789ab-0123456789ab"
        (dead / "place").mkdir(parents=True)
        (dead / "place" / "half").write_bytes(b"x")
        (dead / "journal").touch()
        assert store.sweep(3600) == 1
        assert not dead.exists()
        assert place.exists()


def test_folders_of_dead_processes_are_cleared(tmp_path: Path) -> None:
    if (child := os.fork()) == 0:
        code = 1
        try:
            store = LocalDerivatives(keep_root=tmp_path / "kept", scratch_root=tmp_path / "scratch")
            workspace = store.workspace()  # entered and never left
            (workspace.__enter__() / "half").write_bytes(b"x")
            code = 0
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    assert len(list((tmp_path / "scratch/work").iterdir())) == 1
    store = LocalDerivatives(keep_root=tmp_path / "kept", scratch_root=tmp_path / "scratch")
    with store.workspace():
        assert not list((tmp_path / "scratch").rglob("half"))
        assert len(list((tmp_path / "scratch/work").iterdir())) == 1
