"""What a calculation gives: an amount with its steps, or why there is none."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Bound = Literal["exact", "at_most", "unspecified"]


@dataclass(frozen=True, slots=True)
class Step:
    """One line that a clerk can redo with a desk calculator; `clauses` are full ids of what it rests on."""

    label: str
    expression: str
    value: str
    clauses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Calculation:
    """The benefit is due: `amount` in yuan, and whether the clause fixes it (`exact`) or limits it (`at_most`)."""

    benefit_id: str
    amount: Decimal
    bound: Bound
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class NotEligible:
    """The benefit is not due; `reason` is one Chinese sentence with the number and the condition."""

    benefit_id: str
    reason: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Undetermined:
    """The document or the figures leave open whether the benefit is due; `reason` is one Chinese sentence."""

    benefit_id: str
    reason: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class NeedsSlots:
    """Nothing can be said before these slots are known; they stand in the order to ask."""

    benefit_id: str
    slots: tuple[str, ...]


Outcome = Calculation | NotEligible | Undetermined | NeedsSlots
