"""What rules on yearly spending share: a threshold for this year's sum, and its growth over last year's."""

from abc import abstractmethod
from collections.abc import Mapping
from decimal import Decimal

from calculators.calculation import NeedsSlots, Outcome, Step
from calculators.case import Case
from calculators.growth import Growth, GrowthBase, solve
from calculators.phrases import say, show_yuan
from calculators.printed import PrintedYuan
from calculators.rule import Rule
from knowledge.benefit import Slot, SlotKind


class SpendingRule(Rule):
    """Spending of this year strictly `above` a sum; what its growth must be is for the subclass to say."""

    base: GrowthBase
    above: PrintedYuan

    @property
    def slot_kinds(self) -> Mapping[str, SlotKind]:
        """The slots of the growth."""
        return self.base.slot_kinds

    @property
    def base_slot(self) -> str:
        """This year's spending."""
        return self.base.current

    @property
    def growth(self) -> GrowthBase:
        """The base with its growth."""
        return self.base

    def asked_slots(self, slots: Mapping[str, Slot]) -> tuple[str, ...]:
        """This year's and last year's spending."""
        return (self.base.current, self.base.previous)

    def decide(self, case: Case) -> Outcome:
        """The threshold, which needs no other year; then the growth."""
        growth = solve(self.base, case)
        steps, current = list(growth.steps), growth.current
        if growth.conflict:
            return case.undetermined(growth.conflict, steps)
        if current is not None:
            met = current > self.above
            comparison = f"{show_yuan(current)} {'>' if met else '≤'} {show_yuan(self.above)}"
            steps.append(case.threshold(say("first_threshold"), comparison, met=met))
            if not met:
                what = case.label(self.base.current)
                reason = say("not_above", what=what, amount=show_yuan(current), above=show_yuan(self.above))
                return case.not_eligible(reason, steps)
        if current is None or growth.grew is None:
            return NeedsSlots(case.benefit.id, growth.missing)
        return self.decide_growth(case, growth, current, steps)

    @abstractmethod
    def decide_growth(self, case: Case, growth: Growth, current: Decimal, steps: list[Step]) -> Outcome:
        """The outcome for spending above the threshold (yuan) whose growth is known; `steps` lead so far."""
