"""Languages: in which the pages speak, and which way they are read."""

import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from starlette.requests import Request

LANGUAGES: Mapping[str, str] = {"en": "English", "ar": "العربية"}
_RIGHT_TO_LEFT = frozenset({"ar"})
_FOLDER = Path(__file__).with_name("words")
COOKIE = "evidence_language"


@cache
def words(language: str) -> Mapping[str, str]:
    """Return what the English words of the pages are in a language."""
    if language == "en":
        return {}
    found: dict[str, str] = tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8"))["words"]
    return found


def speaker(language: str) -> Callable[..., str]:
    """Return what says the words of a page: ``t('{n} found', n=3)``."""
    table = words(language)

    def say(text: str, **values: object) -> str:
        said = table.get(text, text)
        return said.format(**values) if values else said

    return say


def direction(language: str) -> str:
    """Return which way a language is read."""
    return "rtl" if language in _RIGHT_TO_LEFT else "ltr"


def language_of(request: Request) -> str:
    """Return the language of who asks: chosen, else the first of the browser's that there is."""
    if (chosen := request.cookies.get(COOKIE)) in LANGUAGES:
        return str(chosen)
    for one in request.headers.get("accept-language", "").lower().split(",")[:20]:
        if (name := one.partition(";")[0].partition("-")[0].strip()) in LANGUAGES:
            return name
    return "en"
