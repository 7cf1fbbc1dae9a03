"""Glossary: what a dictionary says of the words of a text, one by one; never a translation, never called one."""

import re
from collections.abc import Mapping
from dataclasses import asdict
from threading import Lock
from types import MappingProxyType
from typing import Any

from pipeline.core.ports import Gloss
from pipeline.engines.dictd import Dictionary
from pipeline.engines.identity import Identity, identify
from pipeline.engines.lemmas import PARTICLES, candidates, key
from pipeline.errors import Misconfigured
from pipeline.weights import Installed

PARAMETERS: Mapping[str, Any] = MappingProxyType({"lemmas": 1, "senses": 5})
"""``lemmas`` is the version of the ways from a word to its headword: raise it when they change."""

_LETTERS = "(?:[^\\W\\d_][\u0300-\u036f\u064b-\u065f\u0670\u200c]*)+"
"""Letters, each with the marks that stand on it: those are no letters of their own."""

_WORD = re.compile(f"{_LETTERS}(?:['\u2019]{_LETTERS})*")
_MOST = 5000
"""Words of one text that are looked up at most."""


class Freedict(Identity):
    """The port ``Glossary`` over FreeDict's dictionaries; each is opened when its language is first met."""

    target = "en"

    def __init__(self, installed: Installed) -> None:
        super().__init__(**asdict(self.identity(installed)))
        self.sources = tuple(str(one) for one in installed.card.options)
        self._installed = installed
        self._open: dict[str, Dictionary] = {}
        self._opening = Lock()

    @staticmethod
    def identity(installed: Installed) -> Identity:
        """Say what would be cited, without loading."""
        return identify("freedict", installed, parameters=PARAMETERS, libraries=())

    def gloss(self, text: str, source: str) -> tuple[Gloss, ...]:
        """Look up every word that the dictionary has, in order; ``Misconfigured`` where there is no dictionary."""
        dictionary = self._dictionary(source)
        found = []
        for place in list(_WORD.finditer(text))[:_MOST]:
            if key(source)(place.group()) in PARTICLES.get(source, ()):
                continue
            listed = next((one for one in candidates(place.group(), source) if one in dictionary), None)
            senses = dictionary.senses(listed, PARAMETERS["senses"]) if listed else ()
            if listed and senses:
                found.append(Gloss(
                    start=place.start(), end=place.end(), word=place.group(),
                    lemma=dictionary.headword(listed), senses=senses,
                ))  # fmt: skip
        return tuple(found)

    def _dictionary(self, language: str) -> Dictionary:
        if language not in self.sources:
            raise Misconfigured(f"{self.model} has no dictionary of {language!r}")
        with self._opening:
            if language not in self._open:
                name, files = self._installed.card.options[language], self._installed.files
                self._open[language] = Dictionary(files[f"{name}.index"], files[f"{name}.dict.dz"], key(language))
            return self._open[language]
