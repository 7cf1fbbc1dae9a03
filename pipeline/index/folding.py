"""Folding: the spelling under which the index keeps words; the table itself is the core's."""

from pipeline.core.folding import VERSION, fold, light_words, located, spellings, words

__all__ = ["VERSION", "fold", "light_words", "located", "spellings", "words"]
