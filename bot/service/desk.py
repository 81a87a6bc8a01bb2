"""The desk: conversations in, turns out. Here replies are worded, and no figure without a source gets past."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from bot.dialog.manager import Manager
from bot.dialog.reply import (
    CalculatedAnswer,
    Greeting,
    NotCovered,
    QuotedAnswer,
    Reply,
    SlotQuestion,
    StatedAnswer,
    citations_of,
)
from bot.dialog.state import State
from bot.nlg.block import Block, text_of
from bot.nlg.guard import unsourced
from bot.nlg.rendering import quotation_only, render, worded
from bot.nlu.normalization import MAX_CHARACTERS, printable
from calculators.calculation import NeedsSlots
from knowledge.citation import Citation
from knowledge.money import format_yuan

OutcomeName = Literal["answered", "needs_input", "not_covered", "greeting"]
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Turn:
    """One message and what was said to it. `blocks` are the reply as people read it, after the guard."""

    number: int
    message: str
    reply: Reply
    blocks: tuple[Block, ...]
    state: State
    guarded: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The reply in one piece."""
        return text_of(self.blocks)

    @property
    def outcome(self) -> OutcomeName:
        """The contract's name for the kind of reply."""
        match self.reply:
            case QuotedAnswer() | CalculatedAnswer() | StatedAnswer():
                return "answered"
            case SlotQuestion():
                return "needs_input"
            case NotCovered():
                return "not_covered"
            case Greeting():
                return "greeting"


@dataclass(frozen=True)
class Conversation:
    """The turns so far; replaying their messages gives the same turns."""

    turns: tuple[Turn, ...] = ()

    @property
    def state(self) -> State:
        """Where the conversation stands."""
        return self.turns[-1].state if self.turns else State()

    @property
    def next_number(self) -> int:
        """The number of the turn to come; earlier turns may have been dropped."""
        return self.turns[-1].number + 1 if self.turns else 1

    def then(self, turn: Turn) -> "Conversation":
        """The conversation with one more turn."""
        return Conversation((*self.turns, turn))


class Desk:
    """Answers messages of conversations on one policy."""

    def __init__(self, manager: Manager) -> None:
        """Speak for this manager."""
        self.manager = manager
        self.reader, self.curated = manager.reader, manager.curated
        self.retriever = manager.quotation.retriever

    def contact(self) -> Citation:
        """The clause that names whom to ask."""
        return self.manager.quotation.contact()

    def respond(self, conversation: Conversation, message: str, *, as_of: date) -> Turn:
        """The turn that answers a message of any content, in the light of the conversation, for the given day."""
        said = printable(message[: 2 * MAX_CHARACTERS])
        before = conversation.state
        reply, state = self.manager.respond(before, said, as_of=as_of)
        reply = worded(reply)
        blocks = render(reply, self.manager.dossier.benefits, cut=len(said) > MAX_CHARACTERS)
        missing_source = unsourced(text_of(blocks), self._sources(reply, before, state))
        if missing_source:
            _log.warning("figures without a source were withheld", extra={"figures": missing_source})
            blocks = quotation_only(citations_of(reply) or (self.contact(),))
        return Turn(conversation.next_number, said, reply, blocks, state, missing_source)

    def _sources(self, reply: Reply, before: State, state: State) -> Iterable[str]:
        """Everything that a figure of the reply may come from; what may be long comes last."""
        for citation in citations_of(reply):
            yield from (citation.clause.text, citation.label)
        yield from _stated_in(reply)
        period = self.manager.dossier.period
        yield from (day.isoformat() for day in (period.start, period.end) if day)
        # Values were read from the person's own words, perhaps in another unit or added up.
        yield from (self.manager.calculation.show(value) for value in state.values)
        if state.offer:
            yield from state.offer.options
        computed = reply.portfolio.outcomes if isinstance(reply, CalculatedAnswer) else state.outcomes
        steps = [step for outcome in computed if not isinstance(outcome, NeedsSlots) for step in outcome.steps]
        if isinstance(reply, CalculatedAnswer):
            steps += [*reply.needed_steps, *reply.portfolio.steps]
            if reply.portfolio.total is not None:
                yield format_yuan(reply.portfolio.total)
            if reply.lead:
                yield from map(str, reply.lead.values.values())
        for step in steps:
            yield from (step.label, step.expression, step.value)
        yield from state.said


def _stated_in(reply: Reply) -> Iterable[str]:
    """The words of staff that a reply gives: they are the source of their own figures."""
    if isinstance(reply, StatedAnswer):
        stated = reply.statement
        yield from (stated.answer, stated.role, stated.valid_until.isoformat())
    if isinstance(reply, CalculatedAnswer):
        for remark in reply.remarks:
            yield from map(str, remark.values.values() if remark.key == "stated_beside" else ())
