"""Judging: what persons say of machine values, what waits for them, and what follows for the models."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pipeline.core.judgement import Verdict
from pipeline.service.door import Door
from pipeline.usecases import judging, review_queue, scoreboard
from pipeline.usecases.access import Access, Denied


class Judging:
    """Judgements; every one through the gate and into the log, which has the digest of the record alone."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._home = door.home

    def judge(
        self, asset: str, *, enrichment: str, pointer: str, verdict: str, reason: str, value: Any = None
    ) -> dict[str, Any]:
        """Record what this person says of one value of one statement."""
        access = Access(self._home)
        found, decision = self._door.asset("judge", asset, access)
        word = judging.Word(
            enrichment=enrichment, pointer=pointer, verdict=Verdict(verdict), reason=reason, value=value
        )  # fmt: skip
        with self._told("judge", asset):
            return judging.judge(self._home, access, found, decision, word)

    def judgements(self, asset: str | None = None, *, limit: int = 200) -> dict[str, Any]:
        """List the judgements of an asset; without one the latest of all that this person may see."""
        access = Access(self._home)
        if asset is None:
            document = judging.recent(self._home, access, limit=limit)
            self._door.note("judgements", None, judgements=len(document["judgements"]))
            return document
        found, decision = self._door.asset("judgements", asset, access)
        document = judging.of_asset(self._home, access, found, decision)
        self._door.note("judgements", found, judgements=len(document["judgements"]))
        return document

    def queue(self, *, claim: bool = False, **given: Any) -> dict[str, Any]:
        """Return what waits for this person's review; ``claim`` takes it for a while."""
        with self._told("queue", str(given.get("batch"))):
            document = review_queue.queue(self._home, Access(self._home), claim=claim, **given)
        self._door.note("review-queue", None, waiting=len(document["queue"]), claimed=claim)
        return document

    def give_back(self, enrichment: str | None = None) -> dict[str, Any]:
        """Give back what this person took, all of it or one."""
        given = self._home.catalogue.reviews.give_back(self._home.actor, enrichment)
        self._door.note("review-give-back", None, given=given)
        return {"given_back": given}

    def scoreboard(self) -> dict[str, Any]:
        """Say how right each model was, by what persons judged that this one may see."""
        document = scoreboard.scoreboard(self._home, Access(self._home))
        self._door.note("scoreboard", None, assets=document["assets"])
        return document

    def evaluate(self, what: str) -> dict[str, Any]:
        """Measure the models of today against what persons confirmed and corrected here."""
        from pipeline.usecases.reviewed_truths import evaluate_reviewed

        self._door.note("evaluate", None)
        return evaluate_reviewed(self._home, Access(self._home), what)

    @contextmanager
    def _told(self, act: str, asked: str) -> Iterator[None]:
        """Record a refusal where one is raised."""
        try:
            yield
        except Denied as err:
            raise self._door.denied(act, asked, err.reason, err.code) from None
