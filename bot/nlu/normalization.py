"""A person's message as the desk reads it: one script, one width, no noise."""

import re
import unicodedata
from functools import cache
from typing import Protocol

MAX_CHARACTERS = 4000
_BETWEEN_LATIN = re.compile(r"(?<=[A-Za-z0-9.,]) +(?=[A-Za-z0-9])")
_LIST_MARKS, _LONGEST_CHOICE = re.compile("[\u2460-\u249b\u2776-\u2793]"), 3
_KEPT_CATEGORIES = "LNPSZ"
_SHORTEST_REPEATED, _GAPS = 8, ("", ",", ".", "?", "!", ";", "\u3002")


class _Converter(Protocol):
    def convert(self, text: str) -> str: ...


@cache
def _to_simplified() -> _Converter:
    from opencc import OpenCC  # noqa: PLC0415 (loads its tables; only once somebody asks)

    converter: _Converter = OpenCC("t2s")
    return converter


def printable(text: str) -> str:
    """The text without lone surrogates, control characters and private characters: safe to store, print and send."""
    safe = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return "".join(c if unicodedata.category(c)[0] in _KEPT_CATEGORIES or c == "\n" else " " for c in safe)


def normalise(text: str) -> str:
    """NFKC, simplified characters, blanks only between Latin words; at most `MAX_CHARACTERS` characters.

    A message that consists of repetitions of the same words is read once.

    >>> normalise(" 1,200 W  RMB")
    '1,200 W RMB'
    """
    if len(text) > _LONGEST_CHOICE:  # alone they choose what was offered; else they only part what follows
        text = _LIST_MARKS.sub(";", text[: 2 * MAX_CHARACTERS])
    narrow = unicodedata.normalize("NFKC", printable(text[: 2 * MAX_CHARACTERS]))[:MAX_CHARACTERS]
    simplified = _to_simplified().convert(" ".join(narrow.split()))
    kept = _BETWEEN_LATIN.sub("\x00", simplified)
    return _once(kept.replace(" ", "").replace("\x00", " "))


def _once(text: str) -> str:
    """A message that only repeats itself, once: what was sent or pasted twice states nothing twice."""
    for gap in _GAPS:
        whole = text + gap
        period = (whole + whole).find(whole, 1)
        if _SHORTEST_REPEATED <= period < len(whole):
            return _once(whole[:period].removesuffix(gap))
    return text
