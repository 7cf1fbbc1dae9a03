"""Together: calls of several threads on one model, answered in one go.

A shard is worked on by several threads, each with an item of its own. What they ask of a model at
the same moment is put into one call, so that short items cost what long ones do. Nobody waits for
company: whoever finds the model free takes everything that is waiting by then.
"""

import threading
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pipeline.core.halt import check
from pipeline.errors import PipelineError

Ask = TypeVar("Ask")
Answer = TypeVar("Answer")


@dataclass(slots=True, eq=False)
class _Call(Generic[Ask, Answer]):
    """One caller's question: several pictures, windows or texts, and what else the answer depends on."""

    asked: Sequence[Ask]
    way: Hashable
    answers: list[Answer] = field(default_factory=list)
    error: BaseException | None = None
    done: threading.Event = field(default_factory=threading.Event)


class Together(Generic[Ask, Answer]):
    """Puts what is asked at the same moment into calls of at most ``most``.

    ``answer(asked, way)`` returns one answer per thing asked, each independent of its company; it is
    never called by two threads at once. Only calls with an equal ``way`` (a language, a beam) share one.
    """

    def __init__(self, answer: Callable[[Sequence[Ask], Hashable], Sequence[Answer]], *, most: int) -> None:
        self._answer = answer
        self._most = most
        self._model = threading.Lock()
        self._queue: deque[_Call[Ask, Answer]] = deque()

    def __call__(self, asked: Sequence[Ask], way: Hashable = None) -> list[Answer]:
        """Return one answer per thing asked, in order; what the model raises is raised to whoever asked for it."""
        if not asked:
            return []
        check()
        call: _Call[Ask, Answer] = _Call(asked, way)
        self._queue.append(call)
        while not call.done.is_set():
            with self._model:
                if not call.done.is_set():
                    self._serve(self._waiting())
        check()
        if call.error:
            raise call.error
        return call.answers

    def _waiting(self) -> list[_Call[Ask, Answer]]:
        """Take the oldest call and all others that may share one with it."""
        first = self._queue.popleft()
        taken, count = [first], len(first.asked)
        for other in list(self._queue):
            if other.way == first.way and count < self._most:
                self._queue.remove(other)
                taken.append(other)
                count += len(other.asked)
        return taken

    def _serve(self, calls: list[_Call[Ask, Answer]]) -> None:
        try:
            answers = self._ask([one for call in calls for one in call.asked], calls[0].way)
        except BaseException as err:  # noqa: BLE001 (whoever asked decides what it means)
            if len(calls) > 1 and isinstance(err, Exception):
                for call in calls:  # it is the fault of one: the others' answers must not depend on their company
                    self._serve([call])
                return
            for call in calls:
                call.error = err
        else:
            for call in calls:
                call.answers, answers = answers[: len(call.asked)], answers[len(call.asked) :]
        for call in calls:
            call.done.set()

    def _ask(self, asked: Sequence[Ask], way: Hashable) -> list[Answer]:
        answers: list[Answer] = []
        for at in range(0, len(asked), self._most):
            some = asked[at : at + self._most]
            given = self._answer(some, way)
            if len(given) != len(some):
                raise PipelineError(f"{len(some)} questions, {len(given)} answers", code="E-STAGE-001")
            answers += given
        return answers
