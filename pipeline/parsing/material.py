"""Material: the one open file that a parser is given, and what libraries raise about its bytes."""

import errno
import os
import struct
import zlib
from dataclasses import dataclass
from typing import Any, BinaryIO

from pipeline.core.text import printable
from pipeline.errors import Refused

# What the libraries let through when bytes lie about themselves.
DAMAGE = (
    ArithmeticError, EOFError, LookupError, NotImplementedError, OSError, RecursionError, SyntaxError, TypeError,
    ValueError, struct.error, zlib.error,
)  # fmt: skip
Part = tuple[Any, bytes | memoryview]
"""What is said, as JSON, and what goes with it."""

_POSITION = frozenset({errno.EINVAL, errno.EOVERFLOW})
"""What the system says of a position in a file that cannot be: the material's fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """A file open for reading; it has no name here."""

    fd: int

    def open(self) -> BinaryIO:
        """Return it from its beginning. One at a time: all share one position."""
        own = os.dup(self.fd)
        os.lseek(own, 0, os.SEEK_SET)
        return os.fdopen(own, "rb")


def refusal(library: str, err: Exception) -> Exception:
    """Return what a library's complaint means; the system's own errors stay what they are."""
    import PIL

    if isinstance(err, OSError) and err.errno and err.errno not in _POSITION:
        return err  # the system's, not the material's
    if isinstance(err, PIL.UnidentifiedImageError):
        return Refused("no picture that is read here")
    return Refused(printable(f"{library}: {type(err).__name__}: {err}"))
