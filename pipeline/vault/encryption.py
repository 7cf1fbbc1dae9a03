"""Encryption: whether what a folder lies on is seen to be encrypted, as far as the kernel tells.

Nothing here proves a good key or a locked screen; and what lies beneath this host (a cloud volume, a drive
that encrypts itself, a file server) cannot be seen from it at all.
"""

import array
import errno
import fcntl
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

PROC, SYS = Path("/proc"), Path("/sys")
_GET_POLICY = 0xC0096616  # linux/fscrypt.h: FS_IOC_GET_ENCRYPTION_POLICY_EX
_STACKED = frozenset({"ecryptfs", "fuse.cryfs", "fuse.encfs", "fuse.gocryptfs", "fuse.securefs"})
_DEEPEST = 16
_OCTAL = re.compile(r"\\([0-7]{3})")


class Seen(StrEnum):
    """What can be seen of a storage's encryption."""

    ENCRYPTED = "encrypted"
    NOT_SEEN = "not seen"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class Encryption:
    """What was seen, and where it was looked for."""

    seen: Seen
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mount:
    device: str
    place: Path
    kind: str
    source: str


def encryption_of(folder: Path, *, proc: Path = PROC, sys: Path = SYS) -> Encryption:
    """Look at the file system and the devices below a folder, which exists."""
    if _has_policy(folder):
        return Encryption(seen=Seen.ENCRYPTED, why="the folder has a policy of fscrypt")
    try:
        mount = _mount_of(folder.resolve(), proc)
    except OSError as err:
        return Encryption(seen=Seen.CANNOT_TELL, why=f"the mounts cannot be read: {err.strerror}")
    if mount is None:
        return Encryption(seen=Seen.CANNOT_TELL, why="no mount is known for the folder")
    if mount.kind in _STACKED:
        return Encryption(seen=Seen.ENCRYPTED, why=f"the file system is {mount.kind}")
    if (device := _device(mount, sys)) is None:
        return Encryption(seen=Seen.CANNOT_TELL, why=_unseen(mount.kind))
    return _of_device(device, proc, sys, 0)


def _unseen(kind: str) -> str:
    if kind == "zfs":
        return "ZFS does not show it here: see zfs get encryption"
    if kind in {"tmpfs", "ramfs"}:
        return "it lies in memory, which may be swapped out"
    return f"a file system of the kind {kind} shows no device"


def _has_policy(folder: Path) -> bool:
    answer = array.array("B", (24).to_bytes(8, "little") + bytes(24))
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.ioctl(fd, _GET_POLICY, answer, True)
    except OSError as err:
        if err.errno in {errno.ENODATA, errno.ENOTTY, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS, errno.EPERM}:
            return False
        raise
    finally:
        os.close(fd)
    return True


def _mounts(proc: Path) -> Iterator[_Mount]:
    for line in (proc / "self" / "mountinfo").read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        before, dash, after = line.partition(" - ")
        fields, rest = before.split(" "), after.split(" ")
        if dash and len(fields) > 4 and len(rest) > 1:  # noqa: PLR2004 (proc(5): the mount point is the fifth)
            place = _OCTAL.sub(lambda hit: chr(int(hit[1], 8)), fields[4])
            yield _Mount(device=fields[2], place=Path(place), kind=rest[0], source=rest[1])


def _mount_of(folder: Path, proc: Path) -> _Mount | None:
    """Return the mount that a path lies in: the deepest, of equal ones the last."""
    found = None
    for one in _mounts(proc):
        if folder.is_relative_to(one.place) and (found is None or len(one.place.parts) >= len(found.place.parts)):
            found = one
    return found


def _device(mount: _Mount, sys: Path) -> Path | None:
    """Return a mount's block device in sysfs; some file systems have a number of their own, and name it."""
    for number in (mount.device, _number(mount.source)):
        if number and (place := sys / "dev" / "block" / number).exists():
            return place
    return None


def _number(source: str) -> str | None:
    if not source.startswith("/"):
        return None
    try:
        number = Path(source).stat().st_rdev
    except OSError:
        return None
    return f"{os.major(number)}:{os.minor(number)}" if number else None


def _of_device(device: Path, proc: Path, sys: Path, depth: int) -> Encryption:
    """Follow a device down: encrypted where every way down passes dm-crypt."""
    name = device.resolve().name
    if _text(device / "dm" / "uuid").startswith("CRYPT-"):
        return Encryption(seen=Seen.ENCRYPTED, why=f"{name} is a device of dm-crypt")
    if depth > _DEEPEST:
        return Encryption(seen=Seen.CANNOT_TELL, why=f"too many devices below {name}")
    if backing := _text(device / "loop" / "backing_file"):
        folder = Path(backing).parent
        if folder.is_dir():
            return encryption_of(folder, proc=proc, sys=sys)
        return Encryption(seen=Seen.CANNOT_TELL, why=f"the file behind {name} is not seen")
    below = sorted((device / "slaves").iterdir()) if (device / "slaves").is_dir() else []
    if below:
        found = [_of_device(one, proc, sys, depth + 1) for one in below]
        return next((one for one in found if one.seen is not Seen.ENCRYPTED), found[0])
    return Encryption(seen=Seen.NOT_SEEN, why=f"{name} is a plain device; encryption beneath this host is not seen")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape").strip()
    except OSError:
        return ""
