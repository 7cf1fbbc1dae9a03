"""Filter: the system calls that no program which reads media needs, refused by the kernel (seccomp)."""

import ctypes
import errno
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from pipeline.errors import Misconfigured

REFUSED = (
    # Other machines, other processes, other rooms.
    "socket", "connect", "bind", "listen", "accept", "accept4", "ptrace", "process_vm_readv", "process_vm_writev",
    "process_madvise", "kcmp", "pidfd_open", "pidfd_getfd", "pidfd_send_signal", "unshare", "setns", "mount", "umount2",
    "mount_setattr", "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount", "fspick", "pivot_root", "chroot",
    "open_by_handle_at", "name_to_handle_at", "fanotify_init",
    # The kernel itself: where its faults have been.
    "bpf", "userfaultfd", "perf_event_open", "io_uring_setup", "io_uring_enter", "io_uring_register", "keyctl",
    "add_key", "request_key", "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load",
    "lookup_dcookie", "modify_ldt", "uselib", "vmsplice", "move_pages", "migrate_pages", "mbind", "set_mempolicy",
    # The host's own affairs.
    "acct", "quotactl", "quotactl_fd", "reboot", "swapon", "swapoff", "syslog", "settimeofday", "clock_settime",
    "clock_adjtime", "adjtimex", "sethostname", "setdomainname", "iopl", "ioperm", "personality", "vhangup",
)  # fmt: skip

_NEW_ROOMS = 0x7E02_0000
"""The flags of clone(2) that make namespaces, CLONE_NEWNS to CLONE_NEWNET; CLONE_NEWTIME is only clone3's."""

_TIOCSTI = 0x5412

# seccomp.h
_ALLOW, _ERRNO, _MASKED_EQUAL = 0x7FFF_0000, 0x0005_0000, 7
_UNKNOWN = -1


class _Argument(ctypes.Structure):
    _fields_ = (("number", ctypes.c_uint), ("how", ctypes.c_int), ("mask", ctypes.c_uint64), ("value", ctypes.c_uint64))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A system call, by name or number, that fails with ``error``.

    Where ``argument`` is given, only if of the bits in ``mask`` it has exactly ``bits``.
    """

    call: str | int
    error: int = errno.EPERM
    argument: int | None = None
    mask: int = 0
    bits: int = 0


def compiled(rules: Iterable[Rule]) -> bytes:
    """Return a filter as the kernel takes it (classic BPF): these calls fail, all others are allowed.

    Calls that this processor does not have are passed over. ``Misconfigured`` (E-CONF-003) without libseccomp.
    """
    library = _library()
    context = library.seccomp_init(ctypes.c_uint32(_ALLOW))
    try:
        for rule in rules:
            number = rule.call
            if isinstance(number, str):
                number = library.seccomp_syscall_resolve_name(number.encode())
                if number == _UNKNOWN:
                    continue
            compared = () if rule.argument is None else (_Argument(rule.argument, _MASKED_EQUAL, rule.mask, rule.bits),)
            array = (_Argument * len(compared))(*compared)
            action = ctypes.c_uint32(_ERRNO | rule.error)
            found = library.seccomp_rule_add_array(ctypes.c_void_p(context), action, number, len(compared), array)
            if found not in {0, -errno.EDOM}:  # a call of another processor
                raise Misconfigured(f"libseccomp: {os.strerror(-found)}", code="E-CONF-003")
        with tempfile.TemporaryFile() as file:
            if library.seccomp_export_bpf(ctypes.c_void_p(context), file.fileno()):
                raise Misconfigured("libseccomp gives no filter", code="E-CONF-003")
            file.seek(0)
            return file.read()
    finally:
        library.seccomp_release(ctypes.c_void_p(context))


@cache
def program() -> bytes:
    """Return the filter for programs that read media."""
    rules = [Rule(call=name) for name in REFUSED]
    # Its flags lie in memory, which no filter sees; without it the C library uses clone.
    rules.append(Rule(call="clone3", error=errno.ENOSYS))
    flags = [1 << bit for bit in range(32) if _NEW_ROOMS >> bit & 1]
    rules += [Rule(call="clone", argument=0, mask=flag, bits=flag) for flag in flags]
    rules.append(Rule(call="ioctl", argument=1, mask=0xFFFF_FFFF, bits=_TIOCSTI))
    return compiled(rules)


def opened() -> int:
    """Return a descriptor from which the filter can be read once; the caller closes it."""
    fd = os.memfd_create("filter", 0)
    os.write(fd, program())
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


@cache
def _library() -> ctypes.CDLL:
    # By its name in the system: to search for it, Python would start programs.
    try:
        library = ctypes.CDLL("libseccomp.so.2")
    except OSError as err:
        raise Misconfigured(
            "libseccomp is missing", code="E-CONF-003", next_step="install the Debian package libseccomp2"
        ) from err
    library.seccomp_init.restype = ctypes.c_void_p
    return library
