"""JSON pointers (RFC 6901): one value of a document, named by the way to it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")
_LONGEST = 1000
_DEEPEST = 32


@lru_cache(maxsize=8192)
def steps_of(pointer: str) -> tuple[str, ...]:
    """Return the steps of a pointer, unescaped; none for the whole document. ``ValueError`` when it is none."""
    if not pointer:
        return ()
    if not pointer.startswith("/") or len(pointer) > _LONGEST or re.search("~(?![01])", pointer):
        raise ValueError("not a JSON pointer such as /segments/3/text")
    steps = tuple(one.replace("~1", "/").replace("~0", "~") for one in pointer[1:].split("/"))
    if len(steps) > _DEEPEST:
        raise ValueError("a JSON pointer of more steps than any body is deep")
    return steps


def spelled(steps: Sequence[str]) -> str:
    """Return the pointer of steps."""
    return "".join("/" + one.replace("~", "~0").replace("/", "~1") for one in steps)


def value_at(document: Any, pointer: str) -> Any:
    """Return the value that a pointer names; ``LookupError`` where there is none, ``ValueError`` when it is none."""
    found = document
    for step in steps_of(pointer):
        found = _below(found, step)
    return found


def _below(value: Any, step: str) -> Any:
    if isinstance(value, Mapping):
        return value[step]
    if isinstance(value, list | tuple) and _INDEX.fullmatch(step):
        return value[int(step)]
    raise LookupError(step)


def with_value(document: Any, pointer: str, value: Any) -> Any:
    """Return a copy in which another value stands where a pointer names one; what is not on the way is shared."""
    return _with(document, steps_of(pointer), value)


def _with(document: Any, steps: Sequence[str], value: Any) -> Any:
    if not steps:
        return value
    inner = _with(_below(document, steps[0]), steps[1:], value)
    if isinstance(document, Mapping):
        return {**document, steps[0]: inner}
    copy = list(document)
    copy[int(steps[0])] = inner
    return copy


def pointers_like(document: Any, pointer: str) -> Iterator[str]:
    """Yield every pointer of the document that differs from this one at most in the places within lists."""
    for steps in _like(document, steps_of(pointer)):
        yield spelled(steps)


def _like(value: Any, steps: Sequence[str]) -> Iterator[tuple[str, ...]]:
    if not steps:
        yield ()
    elif isinstance(value, list | tuple) and _INDEX.fullmatch(steps[0]):
        for place, one in enumerate(value):
            yield from ((str(place), *rest) for rest in _like(one, steps[1:]))
    elif isinstance(value, Mapping) and steps[0] in value:
        yield from ((steps[0], *rest) for rest in _like(value[steps[0]], steps[1:]))


def within(pointer: str, outer: str) -> bool:
    """Tell whether a value is another one, or a part of it."""
    return pointer == outer or pointer.startswith(f"{outer}/")
