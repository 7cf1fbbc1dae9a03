"""Folding: the spelling under which the index keeps words; the table itself is the core's."""

from pipeline.core.folding import LIGHT_VERSION, VERSION, fold, light_words, located, spellings, words

__all__ = ["LIGHT_VERSION", "VERSION", "fold", "light_words", "located", "spellings", "words"]
