"""A printed rate of what was spent, capped for each project."""

from collections.abc import Mapping
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from typing import Literal

from calculators.calculation import Calculation, NeedsSlots, Outcome, Step
from calculators.case import Case
from calculators.derivation import derive_amounts
from calculators.least_base import beyond, to_decimal
from calculators.phrases import FEN, equals, say, show_rate, show_yuan
from calculators.printed import PrintedRate, PrintedYuan
from calculators.requirement import Least, Unreachable, at_least
from calculators.rule import Rule
from knowledge.benefit import SlotKind
from knowledge.money import whole_fen


class RateWithCap(Rule):
    """`rate` of each project's base, each at most `cap`, then summed; rounded down to the fen."""

    kind: Literal["rate_with_cap"]
    base: str
    rate: PrintedRate
    cap: PrintedYuan
    bound: Literal["exact", "at_most"]

    @property
    def most(self) -> Decimal:
        """The cap."""
        return self.cap

    @property
    def slot_kinds(self) -> Mapping[str, SlotKind]:
        """The base."""
        return {self.base: "money"}

    @property
    def base_slot(self) -> str:
        """The base."""
        return self.base

    @property
    def takes_several_bases(self) -> bool:
        """One for each project."""
        return True

    def least_base(self, case: Case, target: Decimal | None) -> Least | Unreachable:
        """The base of one project whose share reaches the aim."""
        aim = self.cap if target is None else target
        if aim > self.cap:
            return beyond(case, aim, self.cap)
        limit = Fraction(aim) / Fraction(self.rate)
        quotient = equals(f"{show_yuan(aim)} ÷ {show_rate(self.rate)}", to_decimal(limit))
        return at_least(limit, (case.cited(say("by_rate"), quotient, show_yuan(to_decimal(limit))),))

    def decide(self, case: Case) -> Outcome:
        """Rate and cap for each project, then the sum."""
        derived = derive_amounts(self.base, case)
        if derived.conflict:
            return case.undetermined(derived.conflict, derived.steps)
        if not derived.amounts:
            return NeedsSlots(case.benefit.id, (self.base,))
        steps, paid = list(derived.steps), []
        for number, amount in enumerate(derived.amounts, start=1):
            prefix = say("project", number=number) if len(derived.amounts) > 1 else ""
            project, project_steps = self._one_project(case, amount, prefix)
            steps += project_steps
            paid.append(project)
        total = sum(paid, Decimal(0))
        if total == 0:
            return case.not_eligible(
                say("nothing_due", what=case.label(self.base), amount=show_yuan(sum(derived.amounts, Decimal(0)))),
                steps,
            )
        if len(paid) > 1:
            terms = equals(" + ".join(show_yuan(project) for project in paid), total)
            steps.append(Step(say("total"), terms, show_yuan(total)))
        return Calculation(case.benefit.id, total, self.bound, tuple(steps))

    def _one_project(self, case: Case, amount: Decimal, prefix: str) -> tuple[Decimal, list[Step]]:
        share = amount * self.rate
        product = equals(f"{show_yuan(amount)} × {show_rate(self.rate)}", share)
        steps = [case.cited(prefix + say("by_rate"), product, show_yuan(share))]
        if not whole_fen(share):
            cut = share.quantize(FEN, ROUND_DOWN)
            steps.append(Step(prefix + say("round_down"), f"{show_yuan(share)} → {show_yuan(cut)}", show_yuan(cut)))
            share = cut
        paid, cap_step = case.capped(share, self.cap, prefix=prefix)
        return paid, [*steps, cap_step]
