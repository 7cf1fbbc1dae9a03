"""Spelling: a text as the tokens of a translation model and back, with the names its family gives to languages."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipeline.core.sentences import sentences
from pipeline.errors import Misconfigured
from pipeline.weights import Installed

_NLLB = {
    "ar": "arb_Arab", "az": "azj_Latn", "ckb": "ckb_Arab", "de": "deu_Latn", "en": "eng_Latn", "es": "spa_Latn",
    "fa": "pes_Arab", "fr": "fra_Latn", "he": "heb_Hebr", "it": "ita_Latn", "kmr": "kmr_Latn", "nl": "nld_Latn",
    "ru": "rus_Cyrl", "tr": "tur_Latn", "uk": "ukr_Cyrl", "ur": "urd_Arab",
}  # fmt: skip
_M2M = {name: name for name in ("ar", "az", "de", "en", "es", "fa", "fr", "he", "it", "nl", "ru", "tr", "uk", "ur")}
_FAMILIES: Mapping[str, Mapping[str, str] | None] = {"nllb": _NLLB, "m2m100": _M2M, "marian": None}
"""BCP 47 → the family's own name of a language; a Marian model has two languages and needs no names."""


@contextmanager
def only_named(installed: Installed) -> Iterator[Path]:
    """Lend a folder with the verified files of a card and nothing else: what lies beside them is never loaded."""
    with TemporaryDirectory(prefix="weights-") as made:
        for name, path in installed.files.items():
            (Path(made) / name).symlink_to(path.resolve())
        yield Path(made)


class Spelling:
    """The tokenizer of a model; ``options`` of the card name the family and, if any, the prefix of the target."""

    def __init__(self, installed: Installed, folder: Path) -> None:
        card = installed.card
        self._family = family_of(installed)
        names = _FAMILIES[self._family]
        languages = {*card.translation, *(one for targets in card.translation.values() for one in targets)}
        if names is not None and (unknown := sorted(languages - set(names))):
            raise Misconfigured(f"model {card.name}: {self._family} has no language {', '.join(unknown)}")
        self._names = names
        self._prefix = str(card.options.get("prefix", ""))
        self._tokens = _tokenizer(self._family, folder)

    def ids(self, text: str, source: str) -> list[int]:
        """Return a text as the model reads it, its marks of beginning, end and language included."""
        if self._names is not None:
            self._tokens.src_lang = self._names[source]
        return [int(one) for one in self._tokens(self._prefix + text)["input_ids"]]

    def first(self, target: str) -> int | None:
        """Return the token that a translation into ``target`` begins with, where the family wants one."""
        return None if self._names is None else self.id_of(self._name_token(target))

    def text(self, ids: Sequence[int]) -> str:
        """Return what tokens spell, without marks of language and end."""
        how: dict[str, Any] = {"skip_special_tokens": True, "clean_up_tokenization_spaces": False}
        if self._family == "marian":
            how["use_source_tokenizer"] = False
        return str(self._tokens.decode(list(ids), **how)).strip()

    def id_of(self, token: str) -> int:
        """Return the number of a token."""
        return int(self._tokens.convert_tokens_to_ids(token))

    def names_of(self, ids: Sequence[int]) -> list[str]:
        """Return the tokens of numbers, for a library that wants them by name."""
        return [str(one) for one in self._tokens.convert_ids_to_tokens(list(ids))]

    def pieces(self, text: str, source: str, longest: int) -> list[list[int]]:
        """Return a text whole, or where the model cannot read so much, in sentences and parts of them."""
        ids = self.ids(text, source)
        if len(ids) <= longest or len(text) == 1:
            return [ids[:longest]]
        parts = sentences(text, len(text))
        if len(parts) == 1:
            parts = sentences(text, len(text) // 2)
        return [one for part in parts for one in self.pieces(part.text, source, longest)]

    def _name_token(self, language: str) -> str:
        name = (self._names or {})[language]
        return f"__{name}__" if self._family == "m2m100" else name


def family_of(installed: Installed) -> str:
    """Return the family that a card names; ``Misconfigured`` for one that is not known here."""
    family = str(installed.card.options.get("family", ""))
    if family not in _FAMILIES:
        raise Misconfigured(f"model {installed.card.name}: options.family must be one of {', '.join(_FAMILIES)}")
    return family


def _tokenizer(family: str, folder: Path) -> Any:
    import transformers

    kind = {"nllb": "NllbTokenizer", "m2m100": "M2M100Tokenizer", "marian": "MarianTokenizer"}[family]
    with warnings.catch_warnings():
        # Marian's would rewrite punctuation if one more library happened to be installed: nothing may depend on that.
        warnings.filterwarnings("ignore", message="Recommended: pip install sacremoses")
        made = getattr(transformers, kind).from_pretrained(folder, local_files_only=True)
    if family == "marian":
        made.punc_normalizer = str
    return made
