"""A benefit computed from inputs by slot, without a conversation."""

from collections.abc import Mapping

from bot.dialog.calculated_answer import calculated_answer
from bot.dialog.state import State
from bot.nlg.turn import Turn
from bot.service.contract import CalculationOut, CitationOut, reply_of
from calculators.calculation import NeedsSlots, Outcome
from calculators.inputs import parse_inputs
from calculators.registry import Calculator
from knowledge.benefit import Slot
from knowledge.library import Dossier


class CalculationReply(CalculationOut):
    """A calculation with its citations, what it takes for granted, what the text leaves open, and slots to fill."""

    citations: tuple[CitationOut, ...]
    conditions: tuple[str, ...]
    open_points: tuple[str, ...]
    missing: tuple[str, ...]


def slots_of(calculator: Calculator, benefit_id: str) -> tuple[Slot, ...]:
    """The slots that a benefit reads, in the order to ask.

    Raises:
        InvalidInput: there is no such benefit.
    """
    return tuple(calculator.slots[slot_id] for slot_id in calculator.slot_ids(benefit_id))


def compute(calculator: Calculator, benefit_id: str, texts: Mapping[str, str]) -> Outcome:
    """What a benefit gives for inputs as people write them, by slot.

    Raises:
        InvalidInput: there is no such benefit or slot, or a value is not of the kind of its slot.
    """
    slots = {slot.id: slot for slot in slots_of(calculator, benefit_id)}
    return calculator.calculate(benefit_id, parse_inputs(texts, slots))


def calculation_of(dossier: Dossier, outcome: Outcome) -> CalculationReply:
    """An outcome as the contract writes it; `missing` names the slots without which nothing can be said."""
    benefit = dossier.benefits[outcome.benefit_id]
    reply = reply_of(Turn(1, "", calculated_answer(dossier, (outcome,)), (), State()), "", dossier.benefits)
    bare = CalculationOut(
        benefit=benefit.id, title=benefit.title, eligible=None, amount=None, bound="unspecified", steps=(), reason=None
    )
    calculation = next(iter(reply.calculations), bare)
    return CalculationReply(
        **dict(calculation),
        citations=reply.citations,
        conditions=benefit.conditions,
        open_points=benefit.open_points,
        missing=outcome.slots if isinstance(outcome, NeedsSlots) else (),
    )
