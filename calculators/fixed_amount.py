"""A printed sum for each project, base or platform."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from calculators.calculation import Outcome
from calculators.counts import Count, multiply
from calculators.printed import PrintedYuan
from calculators.rule import Case, Rule
from knowledge.benefit import SlotKind


class FixedAmount(Rule):
    """The clause fixes the sum: `amount` times the counts."""

    kind: Literal["fixed_amount"]
    amount: PrintedYuan
    counts: tuple[Count, ...] = ()

    @property
    def most(self) -> Decimal:
        """The amount."""
        return self.amount

    @property
    def slot_kinds(self) -> Mapping[str, SlotKind]:
        """The count slots."""
        return {count.slot: "count" for count in self.counts}

    def decide(self, case: Case) -> Outcome:
        """The amount times the counts."""
        return multiply(case, self.amount, self.counts, "exact")
