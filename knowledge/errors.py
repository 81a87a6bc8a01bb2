"""Root of the error tree, and what can be wrong with a policy folder.

    PolicyBotError
    ├── PolicyFolderError      a file of a policy folder is wrong (path, line)
    │   ├── ParseError         the official text breaks the heading grammar
    │   └── BrokenReference    a data file names something that does not exist
    ├── BrokenQuotation        a quotation does not occur in its clause
    ├── UnreadableAmount       a figure in a data file is not an amount, rate or count
    └── WordingError           a sentence is missing, or its blanks do not match

Expected outcomes (not eligible, no evidence, one more input needed) are values, never exceptions.
"""

from functools import partial
from pathlib import Path
from typing import Any, Self


class PolicyBotError(Exception):
    """Anything this project raises on purpose; the message says what, where and what to do next.

    Every one survives the way from another process: it is made there once more, of the same arguments.
    """

    _made_of: tuple[tuple[object, ...], dict[str, object]]

    def __new__(cls, *args: object, **named: object) -> Self:
        """Keep what the error is made of."""
        error = super().__new__(cls, *args, **named)
        error._made_of = args, named
        return error

    def __reduce__(self) -> tuple[Any, ...]:
        """The error as its arguments, and what it was given since (a note)."""
        args, named = self._made_of
        return partial(type(self), **named), args, vars(self)


class PolicyFolderError(PolicyBotError):
    """A file in a policy folder is wrong; `path` and `line` (1-based, or None) say where."""

    def __init__(self, path: Path, line: int | None, problem: str) -> None:
        """Keep the place and the problem apart, so that a report can sort by them."""
        self.path, self.line, self.problem = path, line, problem
        where = f"{path.name}:{line}" if line else path.name
        super().__init__(f"{path.parent.name}/{where}: {problem}")


class ParseError(PolicyFolderError):
    """The official text breaks the heading grammar."""


class BrokenReference(PolicyFolderError):
    """A data file names a clause, slot, rule or file that does not exist."""


class BrokenQuotation(PolicyBotError):
    """A quotation does not occur, character for character, in the clause it names."""


class UnreadableAmount(PolicyBotError):
    """A figure of a data file is not an amount in yuan, a percentage or a count."""


class WordingError(PolicyBotError):
    """A sentence of a wording file is missing, or its blanks do not match what is said."""
