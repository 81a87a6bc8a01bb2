"""What a person's words support: a calculation stands only if the desk itself draws it from them.

A model chooses the tools. Which number is what is read by the desk, from the whole message or from whole sentences of
it, so that a model can neither invent a number nor give one another meaning.
"""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from bot.dialog.reply import CalculatedAnswer
from bot.nlg.turn import Conversation, Turn
from bot.nlu.normalization import normalise
from bot.service.calculation import compute
from bot.service.desk import Desk
from calculators.calculation import NeedsSlots, Outcome
from knowledge.benefit import Slot
from knowledge.numerals import FIGURE_WITH_UNIT, QUESTION_ENDS, read_number
from knowledge.wording import load_wording

WORDING = Path(__file__).with_name("tools.yaml")
_tell = load_wording(WORDING).say
_MOST_SENTENCES, _LONGEST_SPAN = 12, 3
_ENDS = re.compile(f"(?<=[{re.escape(''.join(QUESTION_ENDS))}])")


class ClaimSupport:
    """A message with the desk's answers to it: to the whole, and to its sentences."""

    def __init__(self, desk: Desk, message: str, as_of: date) -> None:
        """Answer the whole message; its sentences are answered when somebody asks."""
        self._desk, self.as_of = desk, as_of
        self.turn = desk.respond(Conversation(), message, as_of=as_of)
        self.text = normalise(self.turn.message)

    @cached_property
    def spans(self) -> tuple[str, ...]:
        """Whole sentences of the message, one to three in a row."""
        sentences = [part for part in _ENDS.split(self.turn.message) if part.strip()][:_MOST_SENTENCES]
        lengths = range(1, min(_LONGEST_SPAN, len(sentences)) + 1)
        return tuple("".join(sentences[i : i + n]) for n in lengths for i in range(len(sentences) - n + 1))

    @cached_property
    def turns(self) -> Mapping[str, Turn]:
        """The desk's answers by what they answer, as `normalise` spells it; the whole message first."""
        found = {self.text: self.turn}
        for span in self.spans:
            if normalise(span) not in found:
                found[normalise(span)] = self._desk.respond(Conversation(), span, as_of=self.as_of)
        return found

    def against_question(self, text: str) -> str | None:
        """Why a question may not be put to the desk: it has numbers, and is no whole sentence of the person."""
        if not numbers(text) or normalise(text) in self.turns:
            return None
        return _tell("not_their_words")

    def against_inputs(self, benefit: str, inputs: Mapping[str, str]) -> str | None:
        """Why a benefit may not be calculated: the person did not say so, or the desk does not read it so.

        Raises:
            InvalidInput: there is no such benefit or slot, or a value is not of the kind of its slot.
        """
        outcome = compute(self._desk.calculator, benefit, inputs)
        for slot_id, text in inputs.items():
            if not self._is_said(self._desk.calculator.slots[slot_id], text):
                return _tell("not_said", slot=slot_id, value=text)
        if isinstance(outcome, NeedsSlots) or self.drawn(outcome):
            return None
        return _tell("not_supported")

    def _is_said(self, slot: Slot, text: str) -> bool:
        if slot.kind == "grade":
            return normalise(text) in self.text
        written = numbers(normalise(text))
        return bool(written) and (written <= numbers(self.text) or written == numbers(str(slot.default)))

    def drawn(self, outcome: Outcome) -> Outcome | None:
        """The same outcome as the desk itself draws it from the person's words; None where it does not."""
        outcomes = (each for turn in self.turns.values() for each in settled(turn))
        return next((each for each in outcomes if same(outcome, each)), None)


def settled(turn: Turn) -> tuple[Outcome, ...]:
    """The outcomes of a turn that are more than a question."""
    outcomes = turn.reply.portfolio.outcomes if isinstance(turn.reply, CalculatedAnswer) else ()
    return tuple(outcome for outcome in outcomes if not isinstance(outcome, NeedsSlots))


def same(one: Outcome, other: Outcome) -> bool:
    """Whether two outcomes say the same; how their steps are told may differ."""
    return type(one) is type(other) and all(
        getattr(one, name, None) == getattr(other, name, None) for name in ("benefit_id", "amount", "bound", "reason")
    )


def numbers(text: str) -> frozenset[tuple[Decimal, bool]]:
    """The numbers of a text by value, and whether they are rates; also those that no unit follows."""
    found = set()
    for match in FIGURE_WITH_UNIT.finditer(text):
        number = read_number(match["number"])
        if number is not None:
            found.add((number.value, bool(match["percent_of"] or match["percent"])))
    return frozenset(found)
