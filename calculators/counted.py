"""What rules that multiply a printed sum by counts share."""

from collections.abc import Mapping

from calculators.counts import Count
from calculators.rule import Rule
from knowledge.benefit import SlotKind


class CountedRule(Rule):
    """A printed sum times the counts; which sum is for the subclass to say."""

    counts: tuple[Count, ...] = ()

    @property
    def slot_kinds(self) -> Mapping[str, SlotKind]:
        """The count slots."""
        return {count.slot: "count" for count in self.counts}

    @property
    def multipliers(self) -> tuple[Count, ...]:
        """The counts."""
        return self.counts
