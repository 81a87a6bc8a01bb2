"""What kinds of rules need to tell the least base for an aim."""

from decimal import Decimal
from fractions import Fraction

from calculators.calculation import Calculation, Step
from calculators.case import Case
from calculators.growth import GrowthBase, solve
from calculators.phrases import equals, say, show_rate, show_yuan
from calculators.requirement import Unreachable


def last_year(base: GrowthBase, case: Case) -> tuple[Fraction, tuple[Step, ...]] | None:
    """Last year's spending (yuan, exact) with the steps that derive it; None where it cannot be told."""
    growth = solve(base, case)
    if growth.conflict:
        return None
    if growth.previous is not None:
        derived = () if case.inputs.money(base.previous) is not None else growth.steps
        return Fraction(growth.previous), derived
    if growth.current is None or growth.rate is None or growth.rate == -1:
        return None
    previous = Fraction(growth.current) / Fraction(1 + growth.rate)
    sign = "+" if growth.rate >= 0 else "−"
    quotient = f"{show_yuan(growth.current)} ÷ (1 {sign} {show_rate(abs(growth.rate))})"
    return previous, (Step(say("previous"), equals(quotient, to_decimal(previous)), show_yuan(to_decimal(previous))),)


def to_decimal(value: Fraction) -> Decimal:
    """The fraction in the digits of the current context."""
    return Decimal(value.numerator) / Decimal(value.denominator)


def beyond(case: Case, aim: Decimal, cap: Decimal) -> Unreachable:
    """The aim is above the printed cap."""
    comparison = f"{show_yuan(aim)} > {show_yuan(cap)}"
    reason = say("beyond", what=case.benefit.title, cap=show_yuan(cap), aim=show_yuan(aim))
    return Unreachable(case.benefit.id, reason, (case.cited(say("cap"), comparison, show_yuan(cap)),))


def at_cap(case: Case, now: Calculation) -> Unreachable:
    """Nothing gives more than what is given now."""
    return Unreachable(case.benefit.id, say("at_cap", what=case.benefit.title, cap=show_yuan(now.amount)), now.steps)


def must_exceed(case: Case, label: str, limit: Decimal) -> Step:
    """The step that the base must be above a limit (yuan)."""
    return case.cited(label, f"> {show_yuan(limit)}", say("exceed", amount=show_yuan(limit)))
