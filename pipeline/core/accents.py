"""Accents: marks on Latin letters, which who types them means, and who leaves them out may have meant."""

import unicodedata


def any_in(word: str) -> bool:
    """Tell whether a word has a Latin letter with a mark."""
    return any(marks for letter, marks in _letters(word) if letter.isascii())


def has(typed: str, spelled: str) -> bool:
    """Tell whether a word has the accents that were typed; in large letters they are often left out."""
    wanted, there = _letters(typed), _letters(spelled)
    if len(wanted) != len(there) or (spelled.isupper() and len(spelled) > 1):
        return True
    return all(not marks or marks == its for (_, marks), (_, its) in zip(wanted, there, strict=True))


def _letters(word: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for one in unicodedata.normalize("NFD", word.replace("İ", "i").lower()):
        if unicodedata.category(one) == "Mn" and found:
            found[-1] = (found[-1][0], found[-1][1] + one)
        else:
            found.append((one, ""))
    return found
