"""A printed sum for each project, base or platform."""

from decimal import Decimal
from typing import Literal

from calculators.calculation import Outcome
from calculators.case import Case
from calculators.counted import CountedRule
from calculators.counts import multiply
from calculators.printed import PrintedYuan


class FixedAmount(CountedRule):
    """The clause fixes the sum: `amount` times the counts."""

    kind: Literal["fixed_amount"]
    amount: PrintedYuan

    @property
    def most(self) -> Decimal:
        """The amount."""
        return self.amount

    def each(self, case: Case) -> Decimal:
        """The amount."""
        return self.amount

    def decide(self, case: Case) -> Outcome:
        """The amount times the counts."""
        return multiply(case, self.amount, self.counts, "exact")
