"""Landlocked: a small program that shuts itself in and then becomes another (Landlock, seccomp).

For hosts where nobody may make namespaces, containers above all. Run as ``python -I -S landlocked.py FILTER WORDS``:
``FILTER`` is a descriptor with a seccomp filter, ``WORDS`` a JSON object with ``read`` and ``write`` (paths that may
be read, or written below) and ``argv``. It imports nothing of ours. Ends with 126 where the kernel cannot do it.
"""

import ctypes
import json
import os
import stat
import sys
from collections.abc import Sequence

CANNOT = 126

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_VERSION = 1
_BENEATH = 1
_NO_NEW_PRIVS, _SECCOMP, _FILTER, _PDEATHSIG = 38, 22, 2, 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 1 << 1, 1 << 2, 1 << 3
_OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | 1 << 14
# linux/landlock.h: rights by the version of the interface that brought them.
_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1}
_MOST_FILES = 3
_DEVICES_SINCE = 5
_NETWORK_SINCE, _NETWORK = 4, 0b11
_SCOPES_SINCE, _SCOPES = 6, 0b11


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathRule(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


_libc = ctypes.CDLL(None, use_errno=True)


def _call(number: int, *given: object) -> int:
    found = int(_libc.syscall(ctypes.c_long(number), *given))
    if found < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return found


def version() -> int:
    """Return the version of the kernel's Landlock; 0 without it."""
    try:
        return _call(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION))
    except OSError:
        return 0


def shut_in(read: Sequence[str], write: Sequence[str]) -> None:
    """Give up every right to files but these, for this process and all that it becomes or starts."""
    abi = version()
    if not abi:
        raise OSError(0, "the kernel has no Landlock")
    handled = _RIGHTS[min(abi, _MOST_FILES)] | (1 << 15 if abi >= _DEVICES_SINCE else 0)
    rules = _Ruleset(handled, _NETWORK if abi >= _NETWORK_SINCE else 0, _SCOPES if abi >= _SCOPES_SINCE else 0)
    size = 8 if abi < _NETWORK_SINCE else 16 if abi < _SCOPES_SINCE else 24
    ruleset = _call(_CREATE, ctypes.byref(rules), ctypes.c_size_t(size), ctypes.c_uint32(0))
    for paths, rights in ((read, EXECUTE | READ_FILE | READ_DIR), (write, handled & ~EXECUTE)):
        for path in paths:
            try:
                fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
            except FileNotFoundError:
                continue
            allowed = rights if stat.S_ISDIR(os.fstat(fd).st_mode) else rights & _OF_FILES & handled
            rule = _PathRule(allowed, fd)
            _call(_ADD, ctypes.c_int(ruleset), ctypes.c_int(_BENEATH), ctypes.byref(rule), ctypes.c_uint32(0))
            os.close(fd)
    if _libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "no_new_privs")
    _call(_RESTRICT, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    os.close(ruleset)


def _refuse_calls(filter_fd: int) -> None:
    rules = os.read(filter_fd, 1 << 16)
    os.close(filter_fd)
    held = ctypes.create_string_buffer(rules, len(rules))
    program = _Program(len(rules) // 8, ctypes.cast(held, ctypes.c_void_p))
    if _libc.prctl(_SECCOMP, _FILTER, ctypes.byref(program), 0, 0):
        raise OSError(ctypes.get_errno(), "seccomp")


def main() -> None:
    """Shut in, then become the program."""
    try:
        words = json.loads(sys.argv[2])
        shut_in(words["read"], words["write"])
        _refuse_calls(int(sys.argv[1]))
    except OSError as err:
        sys.stderr.write(f"landlock: {err.strerror}\n")
        sys.exit(CANNOT)
    os.execv(words["argv"][0], words["argv"])  # noqa: S606 (this is the door's other side)


if __name__ == "__main__":
    main()
