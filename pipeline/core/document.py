"""Document: the closed form of what people write down for us, with one spelling of every name and time."""

import re
import unicodedata
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, PlainSerializer

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)")
_LONGEST = 200
# Signs that steer the direction of text can make one name look like another.
_STEERING = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


def spelled(name: str) -> str:
    """Return the one spelling of a name: NFC, single spaces; ``ValueError`` when it is no name."""
    if any(unicodedata.category(one) in {"Cc", "Cs"} or unicodedata.bidirectional(one) in _STEERING for one in name):
        raise ValueError("holds a control character")
    name = " ".join(unicodedata.normalize("NFC", name).split())
    if not 0 < len(name) <= _LONGEST:
        raise ValueError(f"must have 1 to {_LONGEST} characters")
    return name


def moment(value: object) -> object:
    """Return an aware time in UTC for an RFC 3339 string or an aware ``datetime``; else ``ValueError``."""
    if isinstance(value, str):
        if not _TIME.fullmatch(value):
            raise ValueError("not a time with its zone, such as 2027-01-31T00:00:00Z")
        value = datetime.fromisoformat(value)
    if not isinstance(value, datetime):
        return value
    if value.tzinfo is None:
        raise ValueError("a time without its zone")
    try:
        return value.astimezone(UTC)
    except OverflowError as err:
        raise ValueError("a time beyond the calendar") from err


def written(value: datetime) -> str:
    """Return the one spelling of a time: RFC 3339, UTC, ``Z``."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


Name = Annotated[str, AfterValidator(spelled)]
Names = Annotated[frozenset[Name], PlainSerializer(sorted, return_type=list[str])]
Moment = Annotated[
    datetime, BeforeValidator(moment, json_schema_input_type=datetime), PlainSerializer(written, return_type=str)
]


class Document(BaseModel):
    """Base of what is written: frozen, closed, without conversion of one JSON type into another."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
