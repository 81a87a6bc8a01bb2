"""Curated answers: what an office answers to questions that the document leaves open, from a file that staff review.

Each entry of the file says who answers and until when. It explains a clause, or is a statement of the office that rests
on none. Nothing here judges what an entry says; that is checked where the desk is built.
"""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, StringConstraints, model_validator

from knowledge.benefit import Data
from knowledge.datafile import Item, read_items
from knowledge.errors import BrokenReference
from knowledge.library import Library

_LONGEST_QUESTION, _LONGEST_ANSWER, _LONGEST_ROLE = 200, 2000, 60
_NOT_PRINTED = ("C", "Zl", "Zp")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DIGITS = 8


def _lines(text: str) -> str:
    """Text in which every character but the line break is printed."""
    strange = next((c for c in text if c != "\n" and unicodedata.category(c).startswith(_NOT_PRINTED)), None)
    if strange is not None:
        raise ValueError(f"holds the character U+{ord(strange):04X}, which is not printed; remove it")
    return text


def _line(text: str) -> str:
    if "\n" in text:
        raise ValueError("runs over several lines; write it in one")
    return _lines(text)


def _question(text: str) -> str:
    if not any(map(str.isalnum, text)):
        raise ValueError("holds no word")
    return _line(text)


def _day(value: object) -> object:
    """The date of that form; other forms that could be read as one are mistakes."""
    if not isinstance(value, str) or not _DAY.fullmatch(value.strip()):
        raise ValueError(f"{value!r} is not a date written YYYY-MM-DD")
    return date.fromisoformat(value.strip())


def _text(most: int) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=most)


Question = Annotated[str, _text(_LONGEST_QUESTION), AfterValidator(_question)]
Answer = Annotated[str, _text(_LONGEST_ANSWER), AfterValidator(_lines)]
Role = Annotated[str, _text(_LONGEST_ROLE), AfterValidator(_line)]


class _Form(Data):
    """An entry as staff write it."""

    question: Question
    also: tuple[Question, ...] = ()
    answer: Answer
    clause: str | None = None
    statement: Literal["office"] | None = None
    role: Role
    valid_until: Annotated[date, BeforeValidator(_day)]
    policy: str | None = None

    @model_validator(mode="after")
    def _rests_on_one_thing(self) -> "_Form":
        if (self.clause is None) == (self.statement is None):
            raise ValueError("give either `clause: <place>` or `statement: office`, and not both")
        return self


@dataclass(frozen=True)
class CuratedAnswer:
    """An answer of staff, and the questions to which it is one.

    `clause` is the full id of the clause that it explains; None: it is a statement of the office. `role` is the
    author's, `valid_until` the last day on which it is given. `policy` is a policy id; `path` and `line` say where the
    entry stands.
    """

    path: Path
    line: int
    policy: str
    question: str
    also: tuple[str, ...]
    answer: str
    clause: str | None
    role: str
    valid_until: date

    @property
    def id(self) -> str:
        """A name that stays while the question stays."""
        return f"curated-{hashlib.sha256(self.question.encode()).hexdigest()[:_DIGITS]}"

    @property
    def questions(self) -> tuple[str, ...]:
        """The question in all its phrasings."""
        return (self.question, *self.also)

    def holds_on(self, day: date) -> bool:
        """Whether it is given on that day."""
        return day <= self.valid_until


def load_curated(path: Path, library: Library) -> tuple[CuratedAnswer, ...]:
    """The answers of a file, in its order; none where there is no such file.

    Raises:
        PolicyFolderError: with the line of the first mistake; or the file cannot be read.
    """
    return tuple(_answer(item, library) for item in read_items(path)) if is_there(path) else ()


def is_there(path: Path) -> bool:
    """Whether there is something at the path; what cannot be looked at is there, so that reading it says why not."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _answer(item: Item, library: Library) -> CuratedAnswer:
    form = item.read_as(_Form)
    policy = form.policy or library.main.policy.id
    if policy not in library.dossiers:
        raise BrokenReference(item.path, item.lines["policy"], f"there is no policy {policy}")
    clause = None
    if form.clause is not None:
        clauses = library.dossiers[policy].policy.clauses
        clause = form.clause if "/" in form.clause else f"{policy}/{form.clause}"
        if clause not in clauses:
            raise BrokenReference(item.path, item.lines["clause"], f"there is no clause {clause}")
    return CuratedAnswer(
        path=item.path,
        line=item.line,
        policy=policy,
        question=form.question,
        also=form.also,
        answer=form.answer,
        clause=clause,
        role=form.role,
        valid_until=form.valid_until,
    )
