"""Text language: which language a text is in, by fastText's model and by its letters together."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

from pipeline.core.script import ARABIC, bare, script, weigh
from pipeline.core.spelling import ITS_LETTERS, SORANI, spelled
from pipeline.engines.identity import Identity, identify
from pipeline.weights import Installed

_LABEL = "__label__"
_BCP47 = {"arz": "ar", "als": "gsw", "bh": "bho", "eml": "egl", "nah": "nci", "sh": "hbs", "no": "nb"}
"""Labels of the model that are no tag, or that name what we do not tell apart."""

PARAMETERS: Mapping[str, Any] = MappingProxyType({"candidates": 8, "letters": 1, "most_characters": 2000})
"""``letters`` is the version of ``pipeline.core.script.weigh``: raise it when that weighs differently."""


class FastText(Identity):
    """The port ``TextLanguage`` over a fastText model; an answer depends on its own text alone."""

    def __init__(self, installed: Installed) -> None:
        import fasttext

        super().__init__(**asdict(self.identity(installed)))
        self._model = fasttext.load_model(str(installed.files[installed.card.weights]))

    @staticmethod
    def identity(installed: Installed) -> Identity:
        """Say what would be cited, without loading."""
        return identify("fasttext", installed, parameters=PARAMETERS, libraries=("fasttext-predict",))

    def languages(self, texts: Sequence[str]) -> list[tuple[tuple[str, float], ...]]:
        """Return, per text, BCP 47 languages with probabilities, most likely first; none where nothing can be told."""
        return [self._one(bare(text[: PARAMETERS["most_characters"]])) for text in texts]

    def _one(self, text: str) -> tuple[tuple[str, float], ...]:
        if not text:
            return ()
        arabic = script(text) == ARABIC
        found = self._seen(text, arabic=arabic)
        if arabic and (as_sorani := spelled(text, SORANI)) != text and any(char in text for char in ITS_LETTERS):
            # Sorani is also written with the letters of an Arabic keyboard, which the model takes for Persian.
            found = [(tag, share / 2) for tag, share in (*found, *self._seen(as_sorani, arabic=True))]
        return weigh(found, text)

    def _seen(self, text: str, *, arabic: bool) -> list[tuple[str, float]]:
        labels, shares = self._model.predict(text, k=PARAMETERS["candidates"])
        named = (_tag(label.removeprefix(_LABEL), arabic=arabic) for label in labels)
        return [(tag, min(1.0, float(share))) for tag, share in zip(named, shares, strict=True)]


def _tag(label: str, *, arabic: bool) -> str:
    """Return the BCP 47 tag; the model's one Kurdish in Latin letters is Kurmanji, in Arabic letters Sorani."""
    if label == "ku":
        return SORANI if arabic else "kmr"
    return _BCP47.get(label, label)
