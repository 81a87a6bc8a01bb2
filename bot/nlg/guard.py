"""The figure guard: a figure goes out only if a quotation, the person or a calculation gave it."""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import chain
from typing import NamedTuple

from knowledge.numerals import COUNTED_UNITS, HAN_DIGITS, PERCENT_OF, find_number

_LIST_MARK = re.compile(r"^[^\S\n]*\d{1,2}\.\s", re.MULTILINE)


class Figure(NamedTuple):
    """A figure of a text: the words, its value, and whether it is a rate."""

    words: str
    value: Decimal
    is_rate: bool


def figures(text: str) -> tuple[Figure, ...]:
    """Every number of a text with its scale and unit.

    The marks of a numbered list are none, nor is a lone digit in Chinese that no unit follows: it is part of a word.
    """
    return tuple(_figures(text))


def unsourced(text: str, sources: Iterable[str]) -> tuple[str, ...]:
    """Figures of a text that stand in none of its sources, in order; a figure is its value, however it is written."""
    said = figures(text)
    wanting = {(figure.value, figure.is_rate) for figure in said}
    for figure in chain.from_iterable(map(_figures, sources)):
        if not wanting:
            break
        wanting.discard((figure.value, figure.is_rate))
    return tuple(figure.words for figure in said if (figure.value, figure.is_rate) in wanting)


def _figures(text: str) -> Iterator[Figure]:
    plain, place = _LIST_MARK.sub(" ", text), 0
    while number := find_number(plain, place):
        start, end, value = number
        percent_of, percent = plain.endswith(PERCENT_OF, 0, start), plain.startswith("%", end)
        words = plain[start - len(PERCENT_OF) * percent_of : end + percent]
        if not (plain[start:end] in HAN_DIGITS and plain[end : end + 1] not in COUNTED_UNITS):
            yield Figure(words, value.value, percent_of or percent)
        place = end
