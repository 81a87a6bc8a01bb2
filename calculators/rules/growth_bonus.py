"""A printed ceiling where spending is above a threshold and its growth above a rate."""

from decimal import Decimal
from fractions import Fraction
from typing import Literal

from calculators.calculation import Calculation, NeedsSlots, Outcome, Step
from calculators.case import Case
from calculators.growth import Growth, rate_step
from calculators.least_base import beyond, last_year, must_exceed, to_decimal
from calculators.phrases import equals, say, show_rate, show_yuan
from calculators.printed import PrintedRate, PrintedYuan
from calculators.requirement import Least, Unreachable, more_than, strictest
from calculators.spending import SpendingRule


class GrowthBonus(SpendingRule):
    """At most `ceiling`, where spending is strictly `above` and its growth strictly above `growth_above`."""

    kind: Literal["growth_bonus"]
    growth_above: PrintedRate
    ceiling: PrintedYuan

    @property
    def most(self) -> Decimal:
        """The ceiling."""
        return self.ceiling

    def decide_growth(self, case: Case, growth: Growth, current: Decimal, steps: list[Step]) -> Outcome:
        """Growth rate, ceiling."""
        what = case.label(self.base.current)
        if (met_growth := growth.exceeds(self.growth_above)) is None:
            previous = case.label(self.base.previous)
            return case.undetermined(say("no_rate", previous=previous, growth=show_rate(self.growth_above)), steps)
        comparison = self._compare(growth, current, met=met_growth)
        steps += [step for step in (rate_step(growth),) if step]
        steps.append(case.threshold(say("growth_threshold"), comparison, met=met_growth))
        if not met_growth:
            return case.not_eligible(self._explain(growth, what), steps)
        ceiling = show_yuan(self.ceiling)
        steps.append(case.cited(say("most"), say("at_most", amount=ceiling), ceiling))
        return Calculation(case.benefit.id, self.ceiling, "at_most", tuple(steps))

    def least_base(self, case: Case, target: Decimal | None) -> Least | Unreachable | NeedsSlots:
        """The spending that passes the threshold, and last year's by more than the rate."""
        if target is not None and target > self.ceiling:
            return beyond(case, target, self.ceiling)
        previous = last_year(self.base, case)
        if previous is None:
            return NeedsSlots(case.benefit.id, (self.base.previous,))
        amount, derivation = previous
        if amount == 0:
            reason = say("no_rate", previous=case.label(self.base.previous), growth=show_rate(self.growth_above))
            return Unreachable(case.benefit.id, reason, derivation)
        limit = amount * Fraction(1 + self.growth_above)
        product = equals(f"{show_yuan(to_decimal(amount))} × (1 + {show_rate(self.growth_above)})", to_decimal(limit))
        step = case.cited(say("growth_threshold"), product, say("exceed", amount=show_yuan(to_decimal(limit))))
        return strictest(
            [
                more_than(self.above, (must_exceed(case, say("first_threshold"), self.above),)),
                more_than(limit, (*derivation, step)),
            ]
        )

    def _explain(self, growth: Growth, what: str) -> str:
        """Why growth falls short. The rate is cut, not rounded, so that one below the limit never looks like it."""
        if not growth.grew:
            return say("not_grown", what=what, comparison=growth.compared())
        step, limit = rate_step(growth), show_rate(self.growth_above)
        rate = step.value if step else show_rate(growth.rate or Decimal(0))
        return say("not_fast", what=what, rate=rate, growth=limit)

    def _compare(self, growth: Growth, current: Decimal, *, met: bool) -> str:
        """The comparison that decides: amounts by cross multiplication, else the stated rate."""
        mark = ">" if met else "≤"
        if growth.previous is None:
            return f"{show_rate(growth.rate or Decimal(0))} {mark} {show_rate(self.growth_above)}"
        product = f"{show_yuan(growth.previous)} × (1 + {show_rate(self.growth_above)})"
        return f"{show_yuan(current)} {mark} " + equals(product, growth.previous * (1 + self.growth_above))
