"""The script: a reply as short sentences to read aloud, without steps and clauses."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from bot.nlg.wording import say
from bot.service.contract import AskReply

Role = Literal["said", "quoted", "noted"]
_SENTENCE = re.compile("[^\u3002\uff01\uff1f\uff1b]+[\u3002\uff01\uff1f\uff1b]*[\u201d\uff09]*|.+")
_SOURCE = "\u2014\u2014"  # stands before the place of a quotation
_BULLET = "\u2022 "


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence to be said; `quoted` from the document, or `noted`: a premise or a point left open."""

    text: str
    role: Role = "said"


def script_of(reply: AskReply) -> tuple[Line, ...]:
    """What is read aloud of a reply. Steps and the clauses they rest on are left out: they stand beside."""
    lines: list[Line] = []
    role: Role = "said"
    for paragraph in reply.text.split("\n\n"):
        rows = paragraph.split("\n")
        if rows[0] in (say("basis"), say("ask_basis")):
            role = "noted"
            continue
        if say("how") in rows:
            rows = rows[: rows.index(say("how"))]
        lines += _lines(rows, role)
    return tuple(lines)


def _lines(rows: list[str], role: Role) -> Iterator[Line]:
    """Sentences of a paragraph; whatever a place follows is a quotation."""
    start = 0
    for number, row in enumerate(rows):
        if row.startswith(_SOURCE):
            yield from (Line(sentence, "quoted") for text in rows[start:number] for sentence in _SENTENCE.findall(text))
            start = number + 1
    yield from (Line(s, role) for text in rows[start:] for s in _SENTENCE.findall(text.removeprefix(_BULLET)))
