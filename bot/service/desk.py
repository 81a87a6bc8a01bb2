"""The desk: a message of a conversation in, a turn out; replies are rendered and checked by the guard here."""

import logging
from collections.abc import Iterable
from datetime import date

from bot.dialog.manager import Manager
from bot.dialog.reply import (
    CalculatedAnswer,
    Reply,
    StatedAnswer,
    citations_of,
)
from bot.dialog.state import State
from bot.nlg.block import text_of
from bot.nlg.guard import unsourced
from bot.nlg.rendering import quotation_only, render, worded
from bot.nlg.turn import Conversation, Turn
from bot.nlu.normalization import MAX_CHARACTERS, printable
from calculators.calculation import NeedsSlots
from knowledge.citation import Citation
from knowledge.money import format_yuan

_log = logging.getLogger(__name__)


class Desk:
    """Answers messages of conversations on one policy."""

    def __init__(self, manager: Manager) -> None:
        """Speak for this manager."""
        self.manager = manager
        self.reader, self.curated = manager.reader, manager.curated
        self.retriever = manager.quotation.retriever
        self.dossier, self.calculator = manager.dossier, manager.calculation.calculator

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
