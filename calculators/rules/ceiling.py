"""A printed ceiling for each project, firm, head or year."""

from decimal import Decimal
from typing import Literal

from calculators.calculation import Outcome
from calculators.case import Case
from calculators.counted import CountedRule
from calculators.counts import multiply
from calculators.printed import PrintedYuan


class Ceiling(CountedRule):
    """The clause limits the sum and prints no formula: at most `ceiling` times the counts."""

    kind: Literal["ceiling"]
    ceiling: PrintedYuan

    @property
    def most(self) -> Decimal:
        """The ceiling."""
        return self.ceiling

    def each(self, case: Case) -> Decimal:
        """The ceiling."""
        return self.ceiling

    def decide(self, case: Case) -> Outcome:
        """At most the ceiling times the counts."""
        return multiply(case, self.ceiling, self.counts, "at_most")
