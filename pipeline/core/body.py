"""Bodies: the typed content of an enrichment, rounded so that equal findings have equal digests."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict


def _to(places: int) -> AfterValidator:
    # Adding 0.0 turns -0.0 into 0.0: one number, one spelling.
    return AfterValidator(lambda value: round(value, places) + 0.0)


Seconds = Annotated[float, _to(3)]
Score = Annotated[float, _to(3)]
Degrees = Annotated[float, _to(7)]
Metres = Annotated[float, _to(1)]
Fraction01 = Annotated[float, _to(5)]
"""A part of width or height, for boxes."""


class Body(BaseModel):
    """Base of every body: frozen, closed; holds no clock time, host or duration of work."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="null", allow_inf_nan=False)
