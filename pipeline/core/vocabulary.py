"""Vocabulary: the terms that investigators look for in pictures, and which of them a model can see."""

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.errors import Misconfigured


class Term(BaseModel):
    """One thing to look for. ``threshold``: the score from which a model that reads ``prompts`` tells it as seen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    group: str
    en: str
    ar: str
    definition: str
    prompts: tuple[str, ...] = Field(min_length=1)
    threshold: float = Field(gt=0, lt=1)
    coco: tuple[str, ...] = ()
    imagenet: tuple[str, ...] = ()
    graphic: bool = False


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    templates: tuple[str, ...] = Field(min_length=1)
    background: tuple[str, ...] = Field(min_length=1)
    terms: tuple[Term, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """Terms of one version; ``digest`` names every byte of the file that they were read from."""

    version: str
    digest: str
    templates: tuple[str, ...]
    background: tuple[str, ...]
    terms: tuple[Term, ...]

    def by_class(self, scheme: str) -> Mapping[str, Term]:
        """Return the term that each class of a closed set stands for; ``scheme``: ``coco`` or ``imagenet``."""
        return {one: term for term in self.terms for one in getattr(term, scheme)}

    def unseen(self, seen: Iterable[Term]) -> tuple[str, ...]:
        """Return the ids of the terms that are not among ``seen``, in the vocabulary's order."""
        known = {term.id for term in seen}
        return tuple(term.id for term in self.terms if term.id not in known)


def parse(text: str) -> Vocabulary:
    """Read a vocabulary; ``Misconfigured`` says what is wrong: a term twice, a class of two terms, a bad template."""
    try:
        value = _File.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as err:
        raise Misconfigured(f"vocabulary: {err}") from err
    except ValidationError as err:
        first = err.errors()[0]
        raise Misconfigured(f"vocabulary: {'.'.join(map(str, first['loc']))}: {first['msg']}") from err
    for what, names in (
        ("term", [term.id for term in value.terms]),
        ("class of coco", [one for term in value.terms for one in term.coco]),
        ("class of imagenet", [one for term in value.terms for one in term.imagenet]),
    ):
        if twice := {one for one in names if names.count(one) > 1}:
            raise Misconfigured(f"vocabulary: {what} given twice: {', '.join(sorted(twice))}")
    if any(re.findall(r"\{.*?\}", one) != ["{}"] for one in value.templates):
        raise Misconfigured("vocabulary: each template has one {} for the phrase")
    return Vocabulary(
        version=value.version, digest=hashlib.sha256(text.encode()).hexdigest(), templates=value.templates,
        background=value.background, terms=value.terms,
    )  # fmt: skip
