"""What cannot be spelled exactly is one item's failure: it must not end the batch."""

import pytest

from pipeline.core.body import Body
from pipeline.errors import PipelineError
from pipeline.runner.work import _show_exact
from pipeline.stages.base import Result, done, empty
from pipeline.tools.frames import _pts


class Stamp(Body):
    pts: int


@pytest.mark.parametrize("pts", [2**53, -(2**60), 10**300])
def test_a_number_that_nothing_holds_exactly_is_told(pts: int) -> None:
    with pytest.raises(PipelineError) as caught:
        _show_exact(done(Stamp(pts=pts)))
    assert caught.value.code == "E-STAGE-002"


@pytest.mark.parametrize("found", [done(Stamp(pts=2**53 - 1)), empty("N-TEXT-001", "nothing")])
def test_others_pass(found: Result) -> None:
    _show_exact(found)


def test_time_stamps_beyond_that_are_no_clocks() -> None:
    assert [_pts(one) for one in ("NOPTS", str(2**53), str(-(2**63)), "17", "-3")] == [None, None, None, 17, -3]
