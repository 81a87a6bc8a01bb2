"""The figure guard: no figure leaves the desk unless it is in a quotation, in the person's words or in a calculation."""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from knowledge.numerals import FIGURE_WITH_UNIT, read_number

_LIST_MARK = re.compile(r"^\s*\d{1,2}\.\s", re.MULTILINE)


class Figure(NamedTuple):
    """A figure of a text: the words, its value, and whether it is a rate."""

    words: str
    value: Decimal
    is_rate: bool


def figures(text: str) -> tuple[Figure, ...]:
    """Every number of a text with its scale and unit; the marks of a numbered list are none."""
    found = []
    for match in FIGURE_WITH_UNIT.finditer(_LIST_MARK.sub(" ", text)):
        number = read_number(match["number"])
        if number is not None:
            found.append(Figure(match[0], number.value, bool(match["percent_of"] or match["percent"])))
    return tuple(found)


def unsourced(text: str, sources: Iterable[str]) -> tuple[str, ...]:
    """Figures of a text that stand in none of its sources, in order; a figure is its value, however it is written."""
    known = {(figure.value, figure.is_rate) for source in sources for figure in figures(source)}
    return tuple(figure.words for figure in figures(text) if (figure.value, figure.is_rate) not in known)
