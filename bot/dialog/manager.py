"""The dialog manager: one message in a conversation -> one turn. Pure but for a reader: no clock, no environment."""

import logging
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date

from bot.dialog.annotation import annotate
from bot.dialog.block import text_of
from bot.dialog.curated import Curated
from bot.dialog.facts import FactDesk
from bot.dialog.guard import unsourced
from bot.dialog.questions import Suggester
from bot.dialog.rendering import quotation_only, render
from bot.dialog.second import Reader, SecondReading
from bot.dialog.sums import WHICH, SumDesk
from bot.dialog.survey import Surveyor
from bot.dialog.text import MAX_CHARACTERS, printable
from bot.dialog.turn import (
    CalculatedAnswer,
    Conversation,
    Greeting,
    NotCovered,
    QuotedAnswer,
    Remark,
    Reply,
    SlotQuestion,
    State,
    StatedAnswer,
    Turn,
    citations_of,
)
from bot.dialog.understanding import Understander, Understanding
from bot.wording import say
from calculators.calculation import NeedsSlots
from calculators.registry import Calculator
from knowledge.curated import CuratedAnswer
from knowledge.library import Dossier
from knowledge.money import format_yuan
from knowledge.numerals import QUESTION_ENDS
from retrieval.retriever import Retriever

Answer = tuple[Reply, State]
_log = logging.getLogger(__name__)
_REMEMBERED = 40
_ONE_PART = "\n"
_FEW_CHARACTERS = 4
_WITH_REMARKS = (QuotedAnswer, CalculatedAnswer, StatedAnswer)


class Manager:
    """Answers for one policy."""

    def __init__(
        self,
        dossier: Dossier,
        calculator: Calculator,
        retriever: Retriever,
        understander: Understander,
        answers: Iterable[CuratedAnswer] = (),
        reader: Reader | None = None,
    ) -> None:
        """Build the desks; `answers` are those of staff, `reader` is asked where the rules are at a loss."""
        self.dossier = dossier
        self.understander = understander
        vocabulary = understander.vocabulary
        self.curated = Curated(dossier, self.understander, answers)
        self.sums = SumDesk(dossier, calculator, vocabulary)
        self.facts = FactDesk(dossier, vocabulary, annotate(dossier, vocabulary), retriever)
        self.second = SecondReading(self.facts, understander, reader) if reader else None
        self.survey = Surveyor(dossier, calculator, vocabulary)
        self.featured = Suggester(dossier, calculator).featured()
        self._turns = re.compile("|".join(map(re.escape, (*QUESTION_ENDS, *vocabulary.turns))))

    def respond(self, conversation: Conversation, message: str, *, as_of: date) -> Turn:
        """The turn that answers a message of any content, in the light of the conversation, for the given day.

        The same words in the same conversation give the same turn; where a reader was asked, only as long as it reads
        the same in them: it is asked again whenever the conversation is heard again.
        """
        said = printable(message[: 2 * MAX_CHARACTERS])
        state = conversation.state
        state = replace(state, said=(*state.said, said)[-_REMEMBERED:])
        reply, state = self._answer(self.understander.understand(said), state, as_of)
        if not isinstance(reply, StatedAnswer):  # what staff answer leaves a question of the desk open
            state = replace(state, choosing=isinstance(reply, SlotQuestion) and reply.ask.key == WHICH)
        reply = self._in_period(reply, as_of)
        blocks = render(reply, self.dossier.benefits)
        missing_source = unsourced(text_of(blocks), self._sources(reply, state))
        if missing_source:
            _log.warning("figures without a source were withheld", extra={"figures": missing_source})
            blocks = quotation_only(citations_of(reply) or (self.facts.contact(),))
        return Turn(conversation.next_number, said, reply, blocks, state, missing_source)

    def _answer(self, understood: Understanding, state: State, as_of: date) -> Answer:
        """What staff have answered comes first; else the desks answer the main question and those beside it."""
        stated = self.curated.answer(understood, state, as_of)
        if stated:
            return stated
        main, asides = self._parted(understood)
        stated = self.curated.answer(main, state, as_of) if asides else None
        reply, state = stated or self._second_thought(main, state, self.decide(main, state))
        return self._with_asides(reply, asides, state, as_of), state

    def decide(self, understood: Understanding, state: State) -> Answer:
        """What to answer. The first of the desks that has something to say speaks."""
        steps: tuple[Callable[[Understanding, State], Answer | None], ...] = (
            self._courtesy,
            self._explanation,
            self._forbidden,
            self._whole_document,
            self._sum_first,
            self.facts.silent,
            self.survey.highest,
            self.survey.compared,
            self.survey.numbered,
            self.facts.matter,
            self.survey.listed,
            self.sums.which,
            self.sums.answer,
            self._unknown_measure,
            self.facts.subject,
            self._lone_sum,
        )
        answers = (step(understood, state) for step in steps)
        return next((answer for answer in answers if answer), None) or self.facts.search(understood, state)

    def _second_thought(self, understood: Understanding, state: State, decided: Answer) -> Answer:
        """What the rules decided, unless they were at a loss and a reader leads to words of the document."""
        return (self.second and self.second.answer(understood, state, decided[0])) or decided

    # -- several questions in one message

    def _parted(self, understood: Understanding) -> tuple[Understanding, tuple[Understanding, ...]]:
        """The main question, and questions beside it about the policy as a whole or matters of procedure."""
        parts = [self.understander.understand(part) for part in self._turns.split(understood.said) if part.strip()]
        asides = tuple(part for part in parts if self._is_aside(part))
        rest = [part for part in parts if part not in asides]
        speaks = any(part.topics or part.quantities for part in rest)
        if not asides or not speaks:
            return understood, ()
        return self.understander.understand(_ONE_PART.join(part.said for part in rest)), asides

    def _is_aside(self, part: Understanding) -> bool:
        asked = bool(part.matters) or self.facts.never_stated(part) is not None
        return asked and not (part.topics or part.quantities or part.acts)

    def _with_asides(self, reply: Reply, asides: tuple[Understanding, ...], state: State, as_of: date) -> Reply:
        """The reply with what is to be said to the questions beside it."""
        for aside in asides:
            stated = self.curated.answer(aside, state, as_of)
            answer = stated or self.facts.matter(aside, state) or self.facts.silent(aside, state)
            if answer is None or not isinstance(reply, _WITH_REMARKS):
                continue
            beside = answer[0]
            cited = (c for c in citations_of(beside) if c not in reply.citations)
            remarks = (*reply.remarks, *_remarks_beside(beside))
            reply = replace(reply, citations=(*reply.citations, *cited), remarks=remarks)
        return reply

    # -- the conversation itself

    def _courtesy(self, understood: Understanding, state: State) -> Answer | None:
        """Greetings, thanks, help, cancel and reset, where the message holds nothing else."""
        if not any(char.isalnum() for char in understood.text):
            return Greeting(Remark("empty")), state
        acts = understood.acts
        speaks = bool(understood.topics or understood.quantities or understood.matters)
        if "reset" in acts and not speaks:
            return Greeting(Remark("reset")), State(said=state.said[-1:])
        if "cancel" in acts and not speaks:
            return Greeting(Remark("cancelled")), State(said=state.said)
        asks = speaks or understood.attributes or understood.marks & {"orders", "improper", "chatter", "calculation"}
        if "faq" in acts and not asks:
            return Greeting(Remark("faq"), self.featured), state
        for act, key in (("help", "help"), ("greeting", "hello"), ("thanks", "thanks")):
            if act in acts and not asks:
                return Greeting(Remark(key)), state
        return None

    def _explanation(self, understood: Understanding, state: State) -> Answer | None:
        """How the last sum came about, or why something was not due."""
        settled = tuple(outcome for outcome in state.outcomes if not isinstance(outcome, NeedsSlots))
        follows = set(understood.benefits) <= set(state.benefits)
        usable = [q for q in understood.quantities if q.kind in ("money", "rate", "fold")]
        if "why" not in understood.acts or not settled or not follows or usable:
            return None
        named = tuple(o.benefit_id for o in settled if o.benefit_id in understood.benefits)
        return self.sums.explain(state, named or tuple(o.benefit_id for o in settled))

    def _forbidden(self, understood: Understanding, state: State) -> Answer | None:
        asks_of_sanctions = "sanction" in understood.attributes
        if understood.marks & {"orders", "improper"} and not asks_of_sanctions:
            return self.facts.not_covered("improper", state)
        return None

    def _whole_document(self, understood: Understanding, state: State) -> Answer | None:
        """Steps to the next or previous measure."""
        if understood.acts & {"next", "previous"} and not understood.topics:
            return self.survey.numbered(understood, state)
        return None

    def _sum_first(self, understood: Understanding, state: State) -> Answer | None:
        """A sum that the person gave figures for comes before anything else that the message mentions."""
        figures = any(quantity.kind in ("money", "rate", "fold") for quantity in understood.quantities)
        gives = figures or state.pending or state.choosing
        pointed = understood.marks & {"listing", "comparison", "other_place", "other_edition"}
        if not gives or pointed or (state.pending and not understood.quantities and understood.matters):
            return None
        return self.sums.answer(understood, state)

    def _unknown_measure(self, understood: Understanding, state: State) -> Answer | None:
        if understood.measures:
            return self.facts.not_covered("no_measure", state)
        return None

    def _lone_sum(self, understood: Understanding, state: State) -> Answer | None:
        """A sum and nothing else: the desk asks what it is a sum of."""
        sums = [quantity for quantity in understood.quantities if quantity.kind == "money"]
        told = sum(quantity.end - quantity.start for quantity in sums)
        if not sums or len(understood.text) - told > _FEW_CHARACTERS:
            return None
        return SlotQuestion(Remark("which_sum"), (say("which_sum_label"),)), state

    # -- before it goes out

    def _in_period(self, reply: Reply, as_of: date) -> Reply:
        """A reply with the note that the policy is not in force on the day, where that is known."""
        if self.dossier.period.covers(as_of) is not False or not isinstance(reply, _WITH_REMARKS):
            return reply
        return replace(reply, remarks=(*reply.remarks, Remark("not_in_force")))

    def _sources(self, reply: Reply, state: State) -> Iterable[str]:
        """Everything that a figure of the reply may come from."""
        yield from state.said
        for citation in citations_of(reply):
            yield from (citation.clause.text, citation.label)
        yield from _stated_in(reply)
        period = self.dossier.period
        yield from (day.isoformat() for day in (period.start, period.end) if day)
        outcomes = reply.portfolio.outcomes if isinstance(reply, CalculatedAnswer) else state.outcomes
        steps = [step for outcome in outcomes if not isinstance(outcome, NeedsSlots) for step in outcome.steps]
        if isinstance(reply, CalculatedAnswer):
            steps += [*reply.needed_steps, *reply.portfolio.steps]
            if reply.portfolio.total is not None:
                yield format_yuan(reply.portfolio.total)
        for step in steps:
            yield from (step.label, step.expression, step.value)


def _remarks_beside(reply: Reply) -> tuple[Remark, ...]:
    """What an answer says of its own, as remarks of another answer."""
    match reply:
        case QuotedAnswer():
            return reply.remarks
        case NotCovered():
            return (reply.reason,)
        case StatedAnswer(statement=stated):
            until = stated.valid_until.isoformat()
            return (Remark("stated_beside", {"role": stated.role, "answer": stated.answer, "until": until}),)
        case _:
            return ()


def _stated_in(reply: Reply) -> Iterable[str]:
    """The words of staff that a reply gives: they are the source of their own figures."""
    if isinstance(reply, StatedAnswer):
        stated = reply.statement
        yield from (stated.answer, stated.role, stated.valid_until.isoformat())
    if isinstance(reply, _WITH_REMARKS):
        for remark in reply.remarks:
            yield from map(str, remark.values.values() if remark.key == "stated_beside" else ())
