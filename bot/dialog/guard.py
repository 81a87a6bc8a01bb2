"""The figure guard: a figure leaves the desk only if a quotation, the person or a calculation gave it."""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from knowledge.numerals import COUNTED_UNITS, FIGURE_WITH_UNIT, HAN_DIGITS, read_number

_LIST_MARK = re.compile(r"^\s*\d{1,2}\.\s", re.MULTILINE)


class Figure(NamedTuple):
    """A figure of a text: the words, its value, and whether it is a rate."""

    words: str
    value: Decimal
    is_rate: bool


def figures(text: str) -> tuple[Figure, ...]:
    """Every number of a text with its scale and unit.

    The marks of a numbered list are none, nor is a lone digit in Chinese that no unit follows: it is part of a word.
    """
    found = []
    text_without_marks = _LIST_MARK.sub(" ", text)
    for match in FIGURE_WITH_UNIT.finditer(text_without_marks):
        number = read_number(match["number"])
        follows = text_without_marks[match.end() : match.end() + 1]
        if number is not None and not (match[0] in HAN_DIGITS and follows not in COUNTED_UNITS):
            found.append(Figure(match[0], number.value, bool(match["percent_of"] or match["percent"])))
    return tuple(found)


def unsourced(text: str, sources: Iterable[str]) -> tuple[str, ...]:
    """Figures of a text that stand in none of its sources, in order; a figure is its value, however it is written."""
    known = {(figure.value, figure.is_rate) for source in sources for figure in figures(source)}
    return tuple(figure.words for figure in figures(text) if (figure.value, figure.is_rate) not in known)
