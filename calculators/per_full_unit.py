"""A printed sum for each full unit of spending, where spending is above a threshold and grew."""

from collections.abc import Mapping
from decimal import ROUND_DOWN, Decimal
from typing import Literal

from calculators.calculation import Calculation, NeedsSlots, Outcome, Step
from calculators.growth import GrowthBase, solve
from calculators.phrases import equals, say, show_yuan
from calculators.printed import PrintedYuan
from calculators.rule import Case, Rule
from knowledge.benefit import Slot, SlotKind
from knowledge.money import plain

_DECIMALS = Decimal("0.0001")


class PerFullUnit(Rule):
    """`amount_per_unit` for each full `unit`, at most `cap`, where spending is strictly `above` and grew."""

    kind: Literal["per_full_unit"]
    base: GrowthBase
    above: PrintedYuan
    unit: PrintedYuan
    amount_per_unit: PrintedYuan
    cap: PrintedYuan

    @property
    def slot_kinds(self) -> Mapping[str, SlotKind]:
        """The slots of the growth."""
        return self.base.slot_kinds

    @property
    def base_slot(self) -> str:
        """This year's spending."""
        return self.base.current

    def asked_slots(self, slots: Mapping[str, Slot]) -> tuple[str, ...]:
        """This year's and last year's spending."""
        return (self.base.current, self.base.previous)

    def decide(self, case: Case) -> Outcome:
        """Threshold, growth, full units, cap."""
        growth = solve(self.base, case)
        steps, current, what = list(growth.steps), growth.current, case.label(self.base.current)
        if current is not None and growth.conflict is None:
            met = current > self.above
            comparison = f"{show_yuan(current)} {'>' if met else '≤'} {show_yuan(self.above)}"
            steps.append(case.threshold(say("first_threshold"), comparison, met=met))
            if not met:
                reason = say("not_above", what=what, amount=show_yuan(current), above=show_yuan(self.above))
                return case.not_eligible(reason, steps)
        if growth.conflict:
            return case.undetermined(growth.conflict, steps)
        if current is None or growth.grew is None:
            return NeedsSlots(case.benefit.id, growth.missing)
        steps.append(case.threshold(say("growth_threshold"), growth.compared(), met=growth.grew))
        if not growth.grew:
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
