"""Encrypted storage as the kernel shows it: dm-crypt, alone or below other devices, stacked file systems, nothing."""

from pathlib import Path

import pytest

from pipeline.vault.encryption import Seen, encryption_of


class Machine:
    """A kernel's account of mounts and block devices, in folders."""

    def __init__(self, place: Path) -> None:
        self.proc, self.sys = place / "proc", place / "sys"
        (self.proc / "self").mkdir(parents=True)
        (self.sys / "dev" / "block").mkdir(parents=True)
        self._lines: list[str] = []
        self._numbers = 0

    def mount(self, place: Path, kind: str, device: str = "0:50", source: str = "none") -> None:
        self._lines.append(f"{len(self._lines)} 1 {device} / {place} rw,relatime shared:1 - {kind} {source} rw")
        (self.proc / "self" / "mountinfo").write_text("\n".join(self._lines) + "\n")

    def device(self, name: str, *below: str, uuid: str = "") -> str:
        folder = self.sys / "devices" / name
        (folder / "slaves").mkdir(parents=True)
        for one in below:
            (folder / "slaves" / one).symlink_to(self.sys / "devices" / one)
        if uuid:
            (folder / "dm").mkdir()
            (folder / "dm" / "uuid").write_text(uuid + "\n")
        self._numbers += 1
        number = f"253:{self._numbers}"
        (self.sys / "dev" / "block" / number).symlink_to(folder)
        return number

    def says(self, folder: Path) -> Seen:
        return encryption_of(folder, proc=self.proc, sys=self.sys).seen


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    folder = tmp_path / "vault"
    folder.mkdir()
    return folder


def test_luks(machine: Machine, vault: Path) -> None:
    machine.device("sda1")
    machine.mount(Path("/"), "ext4", machine.device("dm-0", "sda1", uuid="CRYPT-LUKS2-aa-home"))
    assert machine.says(vault) is Seen.ENCRYPTED


def test_a_volume_on_luks_and_one_on_half_of_it(machine: Machine, vault: Path, tmp_path: Path) -> None:
    machine.device("sda1")
    machine.device("dm-0", "sda1", uuid="CRYPT-LUKS2-aa-x")
    machine.mount(Path("/"), "xfs", machine.device("dm-1", "dm-0", uuid="LVM-bb"))
    assert machine.says(vault) is Seen.ENCRYPTED
    machine.device("sdb1")
    machine.mount(tmp_path, "xfs", machine.device("dm-2", "dm-0", "sdb1", uuid="LVM-cc"))
    assert machine.says(vault) is Seen.NOT_SEEN


def test_a_plain_disk(machine: Machine, vault: Path) -> None:
    machine.mount(Path("/"), "ext4", machine.device("vda"))
    assert machine.says(vault) is Seen.NOT_SEEN


@pytest.mark.parametrize("kind", ["ecryptfs", "fuse.gocryptfs"])
def test_a_stacked_file_system(machine: Machine, vault: Path, kind: str) -> None:
    machine.mount(Path("/"), "ext4", machine.device("vda"))
    machine.mount(vault, kind)
    assert machine.says(vault) is Seen.ENCRYPTED


@pytest.mark.parametrize("kind", ["zfs", "nfs4", "tmpfs", "overlay"])
def test_what_shows_no_device_cannot_be_told(machine: Machine, vault: Path, kind: str) -> None:
    machine.mount(Path("/"), "ext4", machine.device("dm-0", uuid="CRYPT-LUKS2-aa-x"))
    machine.mount(vault, kind)
    assert machine.says(vault) is Seen.CANNOT_TELL


def test_a_file_that_serves_as_a_disk_is_where_it_lies(machine: Machine, vault: Path, tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    number = machine.device("loop0")
    (machine.sys / "devices" / "loop0" / "loop").mkdir()
    (machine.sys / "devices" / "loop0" / "loop" / "backing_file").write_text(f"{tmp_path}/inner/image\n")
    machine.mount(Path("/"), "ext4", machine.device("dm-0", uuid="CRYPT-PLAIN-x"))
    machine.mount(vault, "ext4", number)
    assert machine.says(vault) is Seen.ENCRYPTED


def test_the_deepest_mount_decides_and_of_two_the_last(machine: Machine, vault: Path) -> None:
    machine.mount(vault, "ext4", machine.device("dm-0", uuid="CRYPT-LUKS2-aa-x"))
    machine.mount(Path("/"), "ext4", machine.device("vda"))
    assert machine.says(vault) is Seen.ENCRYPTED
    machine.mount(vault, "ext4", machine.device("vdb"))
    assert machine.says(vault) is Seen.NOT_SEEN


def test_names_with_blanks(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "my vault").mkdir()
    machine.mount(Path("/"), "ext4", machine.device("vda"))
    machine.mount(Path(str(tmp_path / "my vault").replace(" ", "\\040")), "ecryptfs")
    assert machine.says(tmp_path / "my vault") is Seen.ENCRYPTED


def test_a_machine_that_shows_nothing(machine: Machine, vault: Path) -> None:
    assert machine.says(vault) is Seen.CANNOT_TELL


def test_this_machine_gives_some_answer(vault: Path) -> None:
    assert encryption_of(vault).why
