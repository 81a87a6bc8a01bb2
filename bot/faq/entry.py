"""An FAQ: questions with the desk's answers, as values that every format is written from and that a file holds."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Literal

from pydantic import BaseModel, ConfigDict

from bot.nlg.block import Block, Role
from knowledge.library import Dossier

Origin = Literal["policy", "asked", "curated"]
FORMAT = 1


class Value(BaseModel):
    """A frozen part of an FAQ."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Paragraph(Value):
    """One block of an answer as the chat shows it; a quotation carries the `label` of its place."""

    role: Role
    text: str
    label: str = ""

    @property
    def block(self) -> Block:
        """The block that it was."""
        return Block(self.role, self.text, self.label)


class Quotation(Value):
    """Words of a clause, verbatim; `label` is how print names the place."""

    clause: str
    label: str
    quote: str


class Entry(Value):
    """One question with its answer.

    `id` stays while the question stays. `group` and `measure` say where a reader looks for it: the heading of a part of
    the document, and the heading of a measure, empty where it is about no single one. `outcome` is the contract's.
    `origin`: the policy suggested the question, several people asked it, or staff answered it. `audiences` are the
    kinds of applicant that question and quotations speak of; an entry about no single measure with none is for all.
    `asked`: how many people asked it.
    """

    id: str
    group: str
    measure: str
    question: str
    outcome: Literal["answered", "not_covered"]
    answer: tuple[Paragraph, ...]
    quotations: tuple[Quotation, ...]
    audiences: tuple[str, ...] = ()
    origin: Origin = "policy"
    asked: int = 0

    @property
    def text(self) -> str:
        """The answer in one piece, as the chat gives it."""
        return "\n\n".join(paragraph.block.full for paragraph in self.answer)


class Faq(Value):
    """All entries in reading order. `edition` names policy and data that they were answered from."""

    format: int = FORMAT
    policy: str
    title: str
    edition: str
    contact: str
    entries: tuple[Entry, ...]

    def chapters(self) -> Iterator[tuple[str, list[tuple[str, list[Entry]]]]]:
        """Groups with their measures with their entries, as they follow each other."""
        for group, entries in groupby(self.entries, key=lambda entry: entry.group):
            yield group, [(measure, list(some)) for measure, some in groupby(entries, key=lambda entry: entry.measure)]


def paragraphs(blocks: Iterable[Block]) -> tuple[Paragraph, ...]:
    """The blocks of a reply as paragraphs."""
    return tuple(Paragraph(role=block.role, text=block.text, label=block.label) for block in blocks)


def audiences_of(dossier: Dossier, texts: Iterable[str]) -> tuple[str, ...]:
    """The kinds of applicant of whom the texts speak, by the names that the policy's lexicon gives them."""
    spoken = "\n".join(texts)
    return tuple(
        name for name, words in dossier.lexicon.audiences.items() if any(word in spoken for word in (name, *words))
    )
