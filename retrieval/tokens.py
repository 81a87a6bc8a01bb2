"""Tokens of Chinese text for lexical search: no dictionary, nothing to load."""

import re
import unicodedata
from itertools import pairwise

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_RUN = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+")
_HAN_CHARACTER = re.compile(rf"[{_HAN}]")


def tokenize(text: str) -> list[str]:
    """Single Han characters, then the bigrams of each Han run; runs of other letters and digits stay whole.

    Text is taken as NFKC in lower case, so full-width digits meet plain ones. Punctuation separates; repetitions stay.
    """
    tokens: list[str] = []
    for run in _RUN.findall(unicodedata.normalize("NFKC", text).lower()):
        if _HAN_CHARACTER.match(run):
            tokens.extend(run)
            tokens.extend(first + second for first, second in pairwise(run))
        else:
            tokens.append(run)
    return tokens


def has_han(text: str) -> bool:
    """Whether there is a Han character in the text."""
    return _HAN_CHARACTER.search(text) is not None
