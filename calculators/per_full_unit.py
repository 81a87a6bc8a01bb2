"""A printed sum for each full unit of spending, where spending is above a threshold and grew."""

from decimal import ROUND_DOWN, Decimal
from typing import Literal

from calculators.calculation import Calculation, Outcome, Step
from calculators.growth import Growth
from calculators.phrases import equals, say, show_yuan
from calculators.printed import PrintedYuan
from calculators.rule import Case
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
