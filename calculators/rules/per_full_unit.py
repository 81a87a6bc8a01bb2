"""A printed sum for each full unit of spending, where spending is above a threshold and grew."""

from decimal import ROUND_DOWN, Decimal
from typing import Literal

from calculators.calculation import Calculation, NeedsSlots, NotEligible, Outcome, Step
from calculators.case import Case
from calculators.growth import Growth, solve
from calculators.least_base import at_cap, beyond, last_year, must_exceed, to_decimal
from calculators.phrases import equals, say, show_yuan
from calculators.printed import PrintedYuan
from calculators.requirement import Least, Unreachable, at_least, more_than, strictest, whole_times
from calculators.spending import SpendingRule
from knowledge.money import plain

_DECIMALS = Decimal("0.0001")


class PerFullUnit(SpendingRule):
    """`amount_per_unit` for each full `unit`, at most `cap`, where spending is strictly `above` and grew."""

    kind: Literal["per_full_unit"]
    unit: PrintedYuan
    amount_per_unit: PrintedYuan
    cap: PrintedYuan

    @property
    def most(self) -> Decimal:
        """The cap."""
        return self.cap

    def decide_growth(self, case: Case, growth: Growth, current: Decimal, steps: list[Step]) -> Outcome:
        """Growth, full units, cap."""
        what, grew = case.label(self.base.current), bool(growth.grew)
        steps.append(case.threshold(say("growth_threshold"), growth.compared(), met=grew))
        if not grew:
            return case.not_eligible(say("not_grown", what=what, comparison=growth.compared()), steps)
        return self._count_units(case, current, steps)

    def least_base(self, case: Case, target: Decimal | None) -> Least | Unreachable:
        """The spending that holds enough full units, passes the threshold and exceeds last year's."""
        aim = self.cap if target is None else target
        if aim > self.cap:
            return beyond(case, aim, self.cap)
        units = whole_times(aim, self.amount_per_unit)
        quotient = f"{show_yuan(aim)} ÷ {show_yuan(self.amount_per_unit)}"
        if units * self.amount_per_unit != aim:
            quotient = say("rounded_up", division=quotient)
        steps = (
            case.cited(say("needed_units"), f"{quotient} = {plain(units)}", say("units", number=plain(units))),
            case.cited(
                say("by_units"),
                equals(f"{plain(units)} × {show_yuan(self.unit)}", units * self.unit),
                show_yuan(units * self.unit),
            ),
        )
        limits = [
            at_least(units * self.unit, steps),
            more_than(self.above, (must_exceed(case, say("first_threshold"), self.above),)),
        ]
        previous = last_year(self.base, case)
        if previous is None:
            what = say("exceed", amount=case.label(self.base.previous))
            limits.append(Least(Decimal(0), "at_least", (case.cited(say("growth_threshold"), what, what),)))
        else:
            amount, derivation = previous
            exceeding = must_exceed(case, say("growth_threshold"), to_decimal(amount))
            limits.append(more_than(amount, (*derivation, exceeding)))
        return strictest(limits)

    @property
    def least_gain(self) -> Decimal:
        """The sum of one unit."""
        return self.amount_per_unit

    def next_target(self, case: Case, now: Outcome) -> Decimal | Unreachable | NeedsSlots:
        """One more full unit."""
        growth = solve(self.base, case)
        if growth.conflict:
            return Unreachable(case.benefit.id, growth.conflict, growth.steps)
        if growth.current is None:
            return NeedsSlots(case.benefit.id, (self.base.current,))
        if isinstance(now, Calculation) and now.amount == self.cap:
            return at_cap(case, now)
        units = growth.current // self.unit
        # Who gets nothing yet is helped by the units already there, once the conditions are met.
        aim_units = max(units, Decimal(1)) if isinstance(now, NotEligible) else units + 1
        return min(self.cap, aim_units * self.amount_per_unit)

    def _count_units(self, case: Case, current: Decimal, steps: list[Step]) -> Outcome:
        units = current // self.unit
        quotient = current / self.unit
        mark = "=" if quotient == quotient.quantize(_DECIMALS) else "≈"
        shown = plain(quotient.quantize(_DECIMALS, ROUND_DOWN))
        division = say("whole_part", division=f"{show_yuan(current)} ÷ {show_yuan(self.unit)} {mark} {shown}")
        steps.append(case.cited(say("full_units"), division, say("units", number=plain(units))))
        if units == 0:
            what = case.label(self.base.current)
            reason = say("no_full_unit", what=what, amount=show_yuan(current), unit=show_yuan(self.unit))
            return case.not_eligible(reason, steps)
        amount = units * self.amount_per_unit
        product = equals(f"{plain(units)} × {show_yuan(self.amount_per_unit)}", amount)
        steps.append(case.cited(say("by_units"), product, show_yuan(amount)))
        paid, cap_step = case.capped(amount, self.cap)
        return Calculation(case.benefit.id, paid, "exact", (*steps, cap_step))
