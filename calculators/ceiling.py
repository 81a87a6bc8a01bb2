"""A printed ceiling for each project, firm, head or year."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from calculators.calculation import Outcome
from calculators.counts import Count, multiply
from calculators.printed import PrintedYuan
from calculators.rule import Case, Rule
from knowledge.benefit import SlotKind


class Ceiling(Rule):
    """The clause limits the sum and prints no formula: at most `ceiling` times the counts."""

    kind: Literal["ceiling"]
    ceiling: PrintedYuan
    counts: tuple[Count, ...] = ()

    @property
    def most(self) -> Decimal:
        """The ceiling."""
        return self.ceiling

    @property
    def slot_kinds(self) -> Mapping[str, SlotKind]:
        """The count slots."""
        return {count.slot: "count" for count in self.counts}

    def decide(self, case: Case) -> Outcome:
        """At most the ceiling times the counts."""
        return multiply(case, self.ceiling, self.counts, "at_most")
