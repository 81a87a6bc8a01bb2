"""The least base of each kind of rule for an aim, before it is checked by calculating forward."""

from decimal import Decimal
from fractions import Fraction

from calculators.calculation import NeedsSlots, Step
from calculators.growth import GrowthBase, solve
from calculators.growth_bonus import GrowthBonus
from calculators.per_full_unit import PerFullUnit
from calculators.phrases import equals, say, show_rate, show_yuan
from calculators.rate_with_cap import RateWithCap
from calculators.requirement import Least, Unreachable, at_least, more_than, strictest, whole_times
from calculators.rule import Case
from knowledge.money import plain


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


def base_for_units(rule: PerFullUnit, case: Case, target: Decimal | None) -> Least | Unreachable:
    """The spending that holds enough full units, passes the threshold and exceeds last year's."""
    aim = rule.cap if target is None else target
    if aim > rule.cap:
        return beyond(case, aim, rule.cap)
    units = whole_times(aim, rule.amount_per_unit)
    quotient = f"{show_yuan(aim)} ÷ {show_yuan(rule.amount_per_unit)}"
    if units * rule.amount_per_unit != aim:
        quotient = say("rounded_up", division=quotient)
    steps = (
        case.cited(say("needed_units"), f"{quotient} = {plain(units)}", say("units", number=plain(units))),
        case.cited(
            say("by_units"),
            equals(f"{plain(units)} × {show_yuan(rule.unit)}", units * rule.unit),
            show_yuan(units * rule.unit),
        ),
    )
    limits = [
        at_least(units * rule.unit, steps),
        more_than(rule.above, (_must_exceed(case, say("first_threshold"), rule.above),)),
    ]
    previous = last_year(rule.base, case)
    if previous is None:
        what = say("exceed", amount=case.label(rule.base.previous))
        limits.append(Least(Decimal(0), "at_least", (case.cited(say("growth_threshold"), what, what),)))
    else:
        amount, derivation = previous
        exceeding = _must_exceed(case, say("growth_threshold"), to_decimal(amount))
        limits.append(more_than(amount, (*derivation, exceeding)))
    return strictest(limits)


def base_for_growth(rule: GrowthBonus, case: Case, target: Decimal | None) -> Least | Unreachable | NeedsSlots:
    """The spending that passes the threshold, and last year's by more than the rate."""
    if target is not None and target > rule.ceiling:
        return beyond(case, target, rule.ceiling)
    previous = last_year(rule.base, case)
    if previous is None:
        return NeedsSlots(case.benefit.id, (rule.base.previous,))
    amount, derivation = previous
    if amount == 0:
        reason = say("no_rate", previous=case.label(rule.base.previous), growth=show_rate(rule.growth_above))
        return Unreachable(case.benefit.id, reason, derivation)
    limit = amount * Fraction(1 + rule.growth_above)
    product = equals(f"{show_yuan(to_decimal(amount))} × (1 + {show_rate(rule.growth_above)})", to_decimal(limit))
    step = case.cited(say("growth_threshold"), product, say("exceed", amount=show_yuan(to_decimal(limit))))
    return strictest(
        [
            more_than(rule.above, (_must_exceed(case, say("first_threshold"), rule.above),)),
            more_than(limit, (*derivation, step)),
        ]
    )


def base_for_rate(rule: RateWithCap, case: Case, target: Decimal | None) -> Least | Unreachable:
    """The base of one project whose share reaches the aim."""
    aim = rule.cap if target is None else target
    if aim > rule.cap:
        return beyond(case, aim, rule.cap)
    limit = Fraction(aim) / Fraction(rule.rate)
    quotient = equals(f"{show_yuan(aim)} ÷ {show_rate(rule.rate)}", to_decimal(limit))
    return at_least(limit, (case.cited(say("by_rate"), quotient, show_yuan(to_decimal(limit))),))


def beyond(case: Case, aim: Decimal, cap: Decimal) -> Unreachable:
    """The aim is above the printed cap."""
    comparison = f"{show_yuan(aim)} > {show_yuan(cap)}"
    reason = say("beyond", what=case.benefit.title, cap=show_yuan(cap), aim=show_yuan(aim))
    return Unreachable(case.benefit.id, reason, (case.cited(say("cap"), comparison, show_yuan(cap)),))


def _must_exceed(case: Case, label: str, limit: Decimal) -> Step:
    return case.cited(label, f"> {show_yuan(limit)}", say("exceed", amount=show_yuan(limit)))
