"""Lines of Chinese and Latin text broken by display width."""

import re
import unicodedata
from collections.abc import Iterator

from rich.cells import cell_len

_LIST_MARK = re.compile(r"(?:\d{1,2}\.|•) ")
_OPENING = ("Ps", "Pi")
_CLOSING = ("Pe", "Pf", "Po")


def wrap(line: str, width: int) -> list[str]:
    """Rows of at most `width` columns (those of a narrow terminal: at least 20).

    Latin words and numbers stay whole where they fit; no row starts with closing punctuation or ends with opening
    punctuation; rows of a list item stand below its words, not below its mark.
    """
    mark = _LIST_MARK.match(line)
    indent = " " * (cell_len(mark[0]) if mark else 0)
    width = max(width, 20)
    rows, row = [], ""
    for unit in _pieces(line, width - len(indent)):
        if row.strip() and cell_len(row + unit.rstrip()) > width:
            rows.append(row.rstrip())
            row = indent + unit.lstrip()
        else:
            row += unit
    return [*rows, row.rstrip()]


def _pieces(line: str, width: int) -> Iterator[str]:
    """The unbreakable units of a line; one that is too wide for a row comes in parts."""
    for unit in _units(line):
        part = ""
        for char in unit:
            if part and cell_len(part + char) > width:
                yield part
                part = ""
            part += char
        yield part


def _units(line: str) -> Iterator[str]:
    unit = ""
    for char in line:
        if unit and _may_break(unit[-1], char):
            yield unit
            unit = ""
        unit += char
    if unit:
        yield unit


def _may_break(before: str, after: str) -> bool:
    if after == " " or unicodedata.category(before) in _OPENING or unicodedata.category(after) in _CLOSING:
        return False
    return before == " " or cell_len(before) > 1 or cell_len(after) > 1
