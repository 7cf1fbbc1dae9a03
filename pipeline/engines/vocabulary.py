"""Vocabularies: the files of terms beside the engines, by version."""

from functools import cache
from importlib import resources

from pipeline.core.vocabulary import Vocabulary, parse
from pipeline.errors import Misconfigured


@cache
def read_vocabulary(version: str) -> Vocabulary:
    """Return the vocabulary of a version; ``Misconfigured`` when there is none such."""
    file = resources.files("pipeline.engines").joinpath("vocabularies", f"{version}.toml")
    if not file.is_file():
        raise Misconfigured(f"there is no vocabulary {version}")
    found = parse(file.read_text(encoding="utf-8"))
    if found.version != version:
        raise Misconfigured(f"the vocabulary {version} says of itself that it is {found.version}")
    return found
