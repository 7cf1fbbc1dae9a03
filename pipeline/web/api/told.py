"""Told: the forms of answers, as OpenAPI describes them; what the service returns is sent as it is."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", examples=["9f" * 32])]
Count = Annotated[int, Field(ge=0)]


class _Told(BaseModel):
    model_config = ConfigDict(extra="allow")


class Problem(_Told):
    """An error (RFC 9457). Hidden and unknown are one answer."""

    type: Annotated[str, Field(examples=["urn:evidence:E-FIND-001"])]
    title: str
    status: int
    code: Annotated[str, Field(examples=["E-FIND-001"])]
    detail: str
    who: Annotated[str, Field(description="who must act", examples=["analyst"])]
    next: Annotated[str, Field(description="what to do now")]


class Hit(_Told):
    """A passage found; ``t`` and ``end`` in seconds of the asset."""

    asset: Digest
    media: Literal["image", "video", "audio", "other"]
    field: str
    t: float | None
    end: float | None
    snippet: str
    score: float
    enrichment: Digest
    partial: bool


class Found(_Told):
    """A page of hits, and what could not have been found."""

    hits: list[Hit]
    total: Count
    total_is_at_least: bool
    unsearchable: dict[str, Count]
    unsearchable_is_at_least: bool
    next: str | None


class Document(_Told):
    """All that is known of an asset, as far as the person may see it."""

    schema_: Annotated[str, Field(alias="schema", examples=["enriched/1"])]
    asset: Digest
    sha512: str
    bytes: Count
    media_type: str | None
    media: str
    acquisitions: list[dict[str, Any]]
    conditions: dict[str, Any] | None
    enrichments: list[dict[str, Any]]


class Links(_Told):
    """Other assets that show or sound the same, best first."""

    asset: Digest
    links: list[dict[str, Any]]
    complete: bool
    fingerprint: dict[str, Any] | None


class History(_Told):
    """What the custody log says of an asset; persons by their opaque ids."""

    asset: Digest
    entries: list[dict[str, Any]]
    total: Count
    next: int | None


class Batches(_Told):
    """References of batches."""

    batches: list[str]


class Status(_Told):
    """What became of a batch."""

    batch: str
    items: Count
    accounted: Count
    outcomes: dict[str, dict[str, Count]]
    pending: dict[str, int]
    partial: Count
    failures: list[dict[str, Any]]


class Inventory(_Told):
    """What is preserved, counted."""

    assets: Count
    items: Count
    bytes: Count
    by: dict[str, list[dict[str, Any]]]


class Health(_Told):
    """Whether it answers."""

    status: Literal["ok"]


class Me(_Told):
    """Who asks, and what they may do now."""

    id: str
    name: str | None
    by: str
    must_change: bool
    grants: list[dict[str, Any]]


class Entered(_Told):
    """A session was opened; its secret is in the cookie alone."""

    csrf: Annotated[str, Field(description="to be sent as X-CSRF-Token with whatever changes something")]
    must_change: bool


class Exposure(_Told):
    """How much that can distress somebody looked at lately; theirs alone."""

    today: Count
    in_a_row: Count
    break_after: Count
    break_due: bool


class Judgement(_Told):
    """What a person said of a value, as it stands in the register."""

    id: str


class Judgements(_Told):
    """What persons said."""

    judgements: list[dict[str, Any]]


class Token(_Told):
    """A bearer token; ``secret`` is told once, when it is made."""

    id: str
    name: str
    scopes: list[str]
    until: str | None
    revoked: str | None


class Tokens(_Told):
    """One's own tokens."""

    tokens: list[Token]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Making(_Asked):
    """A token that is wanted."""

    name: Annotated[str, Field(min_length=1, max_length=100, examples=["nightly report"])]
    scopes: Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=20, examples=[["view", "search"]])]
    days: Annotated[int, Field(ge=1, le=366)] = 90


class Judging(_Asked):
    """A judgement to be recorded."""

    enrichment: Annotated[str, Field(pattern=r"^[0-9a-f]{6,64}$", examples=["9f" * 32])]
    pointer: Annotated[str, Field(max_length=300, description="JSON pointer", examples=["/segments/3/text"])]
    verdict: Literal["confirm", "correct", "reject", "comment"]
    reason: Annotated[str, Field(max_length=20_000)]
    value: Annotated[Any, Field(description="of a correction: what should stand there")] = None


class Changing(_Asked):
    """A password to be replaced."""

    old: Annotated[str, Field(max_length=512)]
    new: Annotated[str, Field(max_length=512)]


class Entering(_Asked):
    """Who wants in."""

    login: Annotated[str, Field(max_length=200, examples=["analyst"])]
    password: Annotated[str, Field(max_length=512, examples=["a long sentence that nobody guesses"])]
    code: Annotated[str, Field(max_length=64, description="of the second factor, where there is one")] = ""


_PROBLEMS = {
    400: "malformed", 401: "nobody is signed in", 403: "not allowed", 404: "not there, or not to be known of",
    409: "not as it stands", 413: "too long", 416: "there is no such part", 422: "malformed", 429: "too many requests",
    500: "a fault of ours or of the vault", 503: "something did not answer",
}  # fmt: skip


def problems(*status: int) -> dict[int | str, dict[str, Any]]:
    """Return the errors of a route, as OpenAPI lists them; every route has those of any request."""
    wanted = sorted({400, 401, 413, 429, 500, 503, *status})
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {one: {"description": _PROBLEMS[one], "content": content} for one in wanted}
