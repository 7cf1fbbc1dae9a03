"""The stage of a repair: nobody clears it while the repair runs, and whoever comes next does when it was killed."""

import os
import signal

from pipeline.vault.replica.folder import Folder
from tests.vault.replicas import Pair


def test_who_settles_leaves_that_of_a_running_repair_alone(pair: Pair) -> None:
    with Folder(pair.vault).staged() as place:
        (place / "file").write_bytes(b"on its way")
        assert pair.open().vault.settle() == 0
        assert (place / "file").read_bytes() == b"on its way"
    assert not place.exists()


def test_that_of_one_that_was_killed_is_swept(pair: Pair) -> None:
    if (child := os.fork()) == 0:
        with Folder(pair.vault).staged() as place:
            (place / "file").write_bytes(b"on its way")
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert [one.name for one in (pair.vault / "staging").glob("copy-*/file")] == ["file"]
    pair.open().vault.settle()
    assert list((pair.vault / "staging").glob("copy-*")) == []
