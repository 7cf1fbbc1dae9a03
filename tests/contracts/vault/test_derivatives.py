"""What every store of derivatives promises."""

import hashlib
import os
from pathlib import Path

import pytest

from pipeline.errors import PipelineError, Refused
from tests.contracts.vault.ports import Ports


class TestEveryDerivatives:
    def test_a_file_is_taken_over(self, ports: Ports, tmp_path: Path) -> None:
        (tmp_path / "x").write_bytes(b"pcm")
        made = ports.derivatives.put(tmp_path / "x", role="pcm", media_type="audio/L16", keep=False)
        assert made.sha256 == hashlib.sha256(b"pcm").hexdigest()
        assert (made.role, made.bytes, made.media_type, made.keep) == ("pcm", 3, "audio/L16", False)
        assert not (tmp_path / "x").exists()
        path = ports.derivatives.get(made.sha256)
        assert path is not None
        assert path.read_bytes() == b"pcm"
        assert path.stat().st_mode & 0o222 == 0

    def test_the_same_content_twice_is_one_file(self, ports: Ports, tmp_path: Path) -> None:
        for name in ("x", "y"):
            (tmp_path / name).write_bytes(b"same")
        first = ports.derivatives.put(tmp_path / "x", role="a", media_type="b/c", keep=True)
        second = ports.derivatives.put(tmp_path / "y", role="a", media_type="b/c", keep=True)
        assert first == second
        assert not (tmp_path / "y").exists()

    def test_scratch_may_be_dropped_and_kept_stays(self, ports: Ports, tmp_path: Path) -> None:
        made = []
        for keep in (False, True):
            (tmp_path / "x").write_bytes(b"%d" % keep)
            made.append(ports.derivatives.put(tmp_path / "x", role="a", media_type="b/c", keep=keep).sha256)
        for sha256 in (*made, *made, "0" * 64, "../../x"):
            ports.derivatives.drop(sha256)
        assert ports.derivatives.get(made[0]) is None
        assert ports.derivatives.get(made[1]) is not None

    def test_a_workspace_is_empty_and_gone_afterwards(self, ports: Ports) -> None:
        with ports.derivatives.workspace() as one, ports.derivatives.workspace() as two:
            assert one != two
            assert list(one.iterdir()) == []
            (one / "left").write_bytes(b"x")
        assert not one.exists()
        assert not two.exists()

    def test_a_link_is_not_taken(self, ports: Ports, source: Path, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(source)
        with pytest.raises(PipelineError) as caught:
            ports.derivatives.put(tmp_path / "link", role="a", media_type="b/c", keep=True)
        assert not isinstance(caught.value, Refused)
        assert source.exists()

    def test_a_file_that_a_stage_did_not_write_is_our_fault(self, ports: Ports, tmp_path: Path) -> None:
        for name in ("gone", "."):
            with pytest.raises(PipelineError) as caught:
                ports.derivatives.put(tmp_path / name, role="a", media_type="b/c", keep=False)
            assert not isinstance(caught.value, Refused)
            assert caught.value.code == "E-STAGE-001"

    @pytest.mark.parametrize("keep", [False, True])
    def test_a_lent_file_outlives_its_being_dropped(self, ports: Ports, tmp_path: Path, keep: bool) -> None:
        (tmp_path / "x").write_bytes(b"pcm")
        made = ports.derivatives.put(tmp_path / "x", role="pcm", media_type="audio/L16", keep=keep)
        with ports.derivatives.workspace() as place:
            lent = ports.derivatives.lend(made.sha256, place)
            assert lent is not None
            assert lent.parent == place
            assert ports.derivatives.lend(made.sha256, place) == lent
            ports.derivatives.drop(made.sha256)
            ports.derivatives.sweep(-1)
            assert lent.read_bytes() == b"pcm"
            assert lent.stat().st_mode & 0o222 == 0
        assert (ports.derivatives.get(made.sha256) is not None) is keep

    def test_what_is_not_here_is_not_lent(self, ports: Ports) -> None:
        with ports.derivatives.workspace() as place:
            for name in ("0" * 64, "../../etc/passwd"):
                assert ports.derivatives.lend(name, place) is None
            assert list(place.iterdir()) == []

    def test_a_lent_file_may_be_handed_in_again(self, ports: Ports, tmp_path: Path) -> None:
        (tmp_path / "x").write_bytes(b"pcm")
        made = ports.derivatives.put(tmp_path / "x", role="pcm", media_type="audio/L16", keep=False)
        with ports.derivatives.workspace() as place:
            lent = ports.derivatives.lend(made.sha256, place)
            assert lent is not None
            assert ports.derivatives.put(lent, role="pcm", media_type="audio/L16", keep=False) == made
        assert ports.derivatives.get(made.sha256) is not None

    def test_sweeping_takes_scratch_that_is_old_and_nothing_else(self, ports: Ports, tmp_path: Path) -> None:
        made = {}
        for name, keep in (("old", False), ("used", False), ("new", False), ("lasting", True)):
            (tmp_path / name).write_bytes(name.encode())
            made[name] = ports.derivatives.put(tmp_path / name, role="a", media_type="b/c", keep=keep).sha256
        for name in ("old", "used", "lasting"):
            path = ports.derivatives.get(made[name])
            assert path is not None
            os.utime(path, (1e9, 1e9))
        with ports.derivatives.workspace() as place:
            assert ports.derivatives.lend(made["used"], place)
            (place / "mine").write_bytes(b"x")
            os.utime(place / "mine", (1e9, 1e9))
            assert ports.derivatives.sweep(3600) == 1
            assert ports.derivatives.sweep(3600) == 0
            assert (place / "mine").exists()
        assert {name for name, sha256 in made.items() if ports.derivatives.get(sha256)} == {"used", "new", "lasting"}
