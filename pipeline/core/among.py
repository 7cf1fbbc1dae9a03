"""Among: those to whom something is open, from nobody to everybody, and whom two such lists leave."""

from typing import Annotated, Literal

from pydantic import AfterValidator, PlainSerializer

from pipeline.core.document import Names, spelled

STAFF: Literal["staff"] = "staff"
ANY: Literal["any"] = "any"
CUSTODIANS = "custodians"
CUSTODIAN = "custodian:"
"""``custodian:NAME`` is that person while being a custodian: what two lists leave when one says ``custodians``."""

Among = Literal["any"] | Names
"""``any``, or those named."""


def both(one: Among, other: Among) -> Among:
    """Return whom both admit."""
    if one == ANY:
        return other
    return one if other == ANY else one & other


def split(view: Literal["staff"] | frozenset[str]) -> tuple[Among, Among]:
    """Return whom a list admits, and whom of the custodians (never fewer)."""
    if view == STAFF:
        return ANY, ANY
    persons = frozenset(one for one in view if one != CUSTODIANS and not one.startswith(CUSTODIAN))
    extra = frozenset(one.removeprefix(CUSTODIAN) for one in view if one.startswith(CUSTODIAN))
    return persons, ANY if CUSTODIANS in view else persons | extra


def joined(persons: Among, custodians: Among) -> Literal["staff"] | frozenset[str]:
    """Return the list that admits these, and of the custodians those; the reverse of ``split``."""
    if persons == ANY:
        return STAFF
    extra = {CUSTODIANS} if custodians == ANY else {CUSTODIAN + one for one in custodians - persons}
    return persons | extra


def _viewer(name: str) -> str:
    prefix = CUSTODIAN if name.startswith(CUSTODIAN) else ""
    return prefix + spelled(name.removeprefix(prefix))


def one_view(view: Literal["staff"] | frozenset[str]) -> Literal["staff"] | frozenset[str]:
    """Return the one spelling of a list: nobody stands in it twice."""
    return joined(*split(view))


_Viewers = Annotated[frozenset[Annotated[str, AfterValidator(_viewer)]], PlainSerializer(sorted, return_type=list[str])]
View = Annotated[Literal["staff"] | _Viewers, AfterValidator(one_view)]
