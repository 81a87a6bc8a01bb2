"""What an inverse question gives: the least base or count that reaches an aim, or why nothing does."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Literal

from calculators.calculation import Outcome, Step

Relation = Literal["at_least", "more_than"]

_FEN_IN_YUAN = 100


@dataclass(frozen=True, slots=True)
class Requirement:
    """The least that reaches the aim: `amount` is yuan of a money slot, or a count of a count slot.

    `check` is the outcome at `amount`, or one fen above it where the relation is `more_than`. `more` is how
    far the stated amount or count is below it, None where none was stated. `reached` says that it suffices already.
    """

    benefit_id: str
    slot_id: str
    amount: Decimal
    relation: Relation
    steps: tuple[Step, ...]
    check: Outcome
    more: Decimal | None = None
    reached: bool = False


@dataclass(frozen=True, slots=True)
class JointRequirement:
    """The least base (yuan) with which several benefits are due; `checks` are their outcomes, in the order asked."""

    benefit_ids: tuple[str, ...]
    slot_id: str
    amount: Decimal
    relation: Relation
    steps: tuple[Step, ...]
    checks: tuple[Outcome, ...]
    more: Decimal | None = None
    reached: bool = False


@dataclass(frozen=True, slots=True)
class Unreachable:
    """No base reaches the aim, or the figures contradict each other; `reason` is one Chinese sentence."""

    benefit_id: str
    reason: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Least:
    """A lower limit of a base, with the steps that lead to it."""

    amount: Decimal
    relation: Relation
    steps: tuple[Step, ...] = ()


def more_than(limit: Fraction | Decimal, steps: tuple[Step, ...] = ()) -> Least:
    """Whatever exceeds the limit: in whole fen the same as exceeding the limit cut to the fen."""
    return Least(Decimal(floor(Fraction(limit) * _FEN_IN_YUAN)) / _FEN_IN_YUAN, "more_than", steps)


def at_least(limit: Fraction | Decimal, steps: tuple[Step, ...] = ()) -> Least:
    """Whatever reaches the limit, in whole fen."""
    return Least(Decimal(ceil(Fraction(limit) * _FEN_IN_YUAN)) / _FEN_IN_YUAN, "at_least", steps)


def whole_times(amount: Decimal, portion: Decimal) -> Decimal:
    """How many portions it takes to reach the amount."""
    # `//` of Decimal cuts towards zero, so that the customary -(-a // b) would not round up.
    return Decimal(ceil(Fraction(amount) / Fraction(portion)))


def strictest(limits: list[Least]) -> Least:
    """The limit that decides, with the steps of all in order; on a tie `more_than` asks for more."""
    deciding = max(limits, key=lambda limit: (limit.amount, limit.relation == "more_than"))
    return Least(deciding.amount, deciding.relation, tuple(step for limit in limits for step in limit.steps))
