"""Inverse questions: what must be spent, or how many there must be, to reach an amount."""

from decimal import ROUND_FLOOR, Decimal, localcontext

from calculators.calculation import Calculation, NeedsSlots, NotEligible, Step
from calculators.ceiling import Ceiling
from calculators.counts import Count
from calculators.derivation import derive_amounts
from calculators.errors import InvalidInput
from calculators.fixed_amount import FixedAmount
from calculators.graded import Graded
from calculators.growth import solve
from calculators.growth_bonus import GrowthBonus
from calculators.inputs import MOST_COUNT, MOST_YUAN, Inputs, Value
from calculators.least_base import base_for_growth, base_for_rate, base_for_units, beyond, last_year, to_decimal
from calculators.least_count import choose_count, least_count
from calculators.per_full_unit import PerFullUnit
from calculators.phrases import FEN, FINEST, PRECISION, say, show_yuan
from calculators.rate_with_cap import RateWithCap
from calculators.registry import Calculator
from calculators.requirement import JointRequirement, Least, Requirement, Unreachable, strictest
from calculators.rule import Case
from calculators.spending import SpendingRule

__all__ = ["JointRequirement", "Requirement", "Unreachable", "joint_requirement", "next_step", "required"]


def required(
    calculator: Calculator, benefit_id: str, target: Decimal | None, inputs: Inputs
) -> Requirement | Unreachable | NeedsSlots:
    """The least base (yuan) or count with which the benefit reaches the target (yuan; None: as much as there is).

    Of this year's figures only what they tell about last year is used. Of several counts the first that is not stated
    is sought; without a target it is one, or the printed limit of years.

    Raises:
        InvalidInput: the target is not above zero, there is no such benefit, or the answer is beyond any sense.
    """
    if target is not None and not (target.is_finite() and 0 < target <= MOST_YUAN):
        raise InvalidInput(benefit_id, f"target {target} is not between 0 and {MOST_YUAN} yuan; ask again")
    with localcontext(prec=PRECISION):
        case = _case(calculator, benefit_id, inputs)
        if calculator.rule(benefit_id).base_slot is None:
            return _counted(calculator, case, target)
        least = _least_base(calculator, case, target)
        return _checked(calculator, case, least) if isinstance(least, Least) else least


def next_step(calculator: Calculator, benefit_id: str, inputs: Inputs) -> Requirement | Unreachable | NeedsSlots:
    """The least base (yuan) with which the benefit gives more than now: one more full unit, else all there is.

    Raises:
        InvalidInput: the benefit is not computed from an amount.
    """
    rule = calculator.rule(benefit_id)
    if not isinstance(rule, PerFullUnit):
        if rule.base_slot is None:
            raise InvalidInput(benefit_id, "is not computed from an amount and has no next step; use required()")
        aim = required(calculator, benefit_id, None, inputs)
        now = calculator.calculate(benefit_id, inputs)
        reached = isinstance(aim, Requirement) and aim.reached
        return _at_cap(calculator, now) if reached and isinstance(now, Calculation) else aim
    with localcontext(prec=PRECISION):
        case = _case(calculator, benefit_id, inputs)
        growth = solve(rule.base, case)
        if growth.conflict:
            return Unreachable(benefit_id, growth.conflict, growth.steps)
        current = growth.current
        if current is None:
            return NeedsSlots(benefit_id, (rule.base.current,))
        now = calculator.calculate(benefit_id, inputs)
        units = current // rule.unit
        if isinstance(now, Calculation) and now.amount == rule.cap:
            return _at_cap(calculator, now)
        # Who gets nothing yet is helped by the units already there, once the conditions are met.
        aim_units = max(units, Decimal(1)) if isinstance(now, NotEligible) else units + 1
        return required(calculator, benefit_id, min(rule.cap, aim_units * rule.amount_per_unit), inputs)


def joint_requirement(
    calculator: Calculator, benefit_ids: tuple[str, ...], inputs: Inputs, *, full: bool = False
) -> JointRequirement | Unreachable | NeedsSlots:
    """The least base (yuan) with which each of these benefits gives something, or (`full`) all that it can give.

    Raises:
        InvalidInput: they are not computed from one and the same slot.
    """
    slots = {calculator.primary_money_slot(benefit_id) for benefit_id in benefit_ids}
    slot_id = slots.pop() if len(slots) == 1 else None
    if slot_id is None:
        raise InvalidInput(", ".join(benefit_ids), "are not computed from one and the same amount; ask for each alone")
    limits: list[Least] = []
    with localcontext(prec=PRECISION):
        for benefit_id in benefit_ids:
            rule = calculator.rule(benefit_id)
            least_sum = rule.amount_per_unit if isinstance(rule, PerFullUnit) else FEN
            target = None if full else least_sum
            least = _least_base(calculator, _case(calculator, benefit_id, inputs), target)
            if not isinstance(least, Least):
                return least
            limits.append(least)
        joint = strictest(limits)
        checks = [_checked(calculator, _case(calculator, benefit_id, inputs), joint) for benefit_id in benefit_ids]
    outcomes = tuple(checked.check for checked in checks)
    first = checks[0]
    return JointRequirement(
        benefit_ids, slot_id, joint.amount, joint.relation, first.steps, outcomes, first.more, first.reached
    )


def _at_cap(calculator: Calculator, now: Calculation) -> Unreachable:
    title = calculator.benefits[now.benefit_id].title
    return Unreachable(now.benefit_id, say("at_cap", what=title, cap=show_yuan(now.amount)), now.steps)


def _case(calculator: Calculator, benefit_id: str, inputs: Inputs) -> Case:
    calculator.rule(benefit_id)
    return Case(calculator.benefits[benefit_id], inputs, calculator.slots)


def _least_base(calculator: Calculator, case: Case, target: Decimal | None) -> Least | Unreachable | NeedsSlots:
    rule = calculator.rule(case.benefit.id)
    if isinstance(rule, SpendingRule):
        growth = solve(rule.base, case)
        if growth.conflict:
            return Unreachable(case.benefit.id, growth.conflict, growth.steps)
    if isinstance(rule, PerFullUnit):
        return base_for_units(rule, case, target)
    if isinstance(rule, GrowthBonus):
        return base_for_growth(rule, case, target)
    if isinstance(rule, RateWithCap):
        return base_for_rate(rule, case, target)
    raise InvalidInput(
        case.benefit.id, f"rules of class {type(rule).__name__} have no inverse; add it in least_base.py"
    )


def _checked(calculator: Calculator, case: Case, least: Least) -> Requirement:
    """The requirement for a least base, with what the benefit gives at it."""
    rule = calculator.rule(case.benefit.id)
    slot_id = rule.base_slot or ""
    values: dict[str, Value] = {slot_id: least.amount + FEN if least.relation == "more_than" else least.amount}
    forget: tuple[str, ...] = case.slots[slot_id].difference_of or ()
    stated = derive_amounts(slot_id, case).amounts
    # Of several projects each has its own cap, so that there is no one distance to tell.
    current = stated[0] if len(stated) == 1 else None
    if isinstance(rule, SpendingRule):
        forget = (rule.base.rate, rule.base.difference)
        current = solve(rule.base, case).current
        previous = last_year(rule.base, case)
        if previous is not None:
            # Rounded down, so that what exceeds the true amount exceeds this one.
            values[rule.base.previous] = to_decimal(previous[0]).quantize(FINEST, ROUND_FLOOR)
    check = calculator.calculate(case.benefit.id, case.inputs.updated(values, without=forget))
    shown = show_yuan(least.amount)
    aim = say("exceed", amount=shown) if least.relation == "more_than" else say("reach", amount=shown)
    steps = [*least.steps, Step(say("conclusion"), aim, shown)]
    more, reached = _distance(least, current)
    if current is not None and reached:
        steps.append(Step(say("more"), show_yuan(current), say("already")))
    elif current is not None and more:
        lack = show_yuan(more)
        value = say("exceed", amount=lack) if least.relation == "more_than" else lack
        steps.append(Step(say("more"), f"{shown} − {show_yuan(current)} = {lack}", value))
    return Requirement(case.benefit.id, slot_id, least.amount, least.relation, tuple(steps), check, more, reached)


def _distance(least: Least, stated: Decimal | int | None) -> tuple[Decimal | None, bool]:
    """How far the stated base or count is below the least one, and whether it suffices."""
    if stated is None:
        return None, False
    reached = stated > least.amount or (stated == least.amount and least.relation == "at_least")
    return max(Decimal(0), least.amount - stated), reached


def _counted(calculator: Calculator, case: Case, target: Decimal | None) -> Requirement | Unreachable | NeedsSlots:
    rule = calculator.rule(case.benefit.id)
    amount: Decimal | None
    if isinstance(rule, Graded):
        grade = case.inputs.grade(rule.grade)
        if grade is None:
            return NeedsSlots(case.benefit.id, (rule.grade,))
        amount, counts = rule.grades.get(grade), rule.counts
    elif isinstance(rule, FixedAmount | Ceiling):
        amount, counts = rule.amount if isinstance(rule, FixedAmount) else rule.ceiling, rule.counts
    else:
        raise InvalidInput(
            case.benefit.id, f"rules of class {type(rule).__name__} have no inverse; add it in inverse.py"
        )
    if amount is None:
        return Unreachable(case.benefit.id, say("no_amount", what=case.benefit.title), ())
    if not counts:
        return beyond(case, target or amount, amount)
    return _solve_count(calculator, case, amount, counts, target)


def _solve_count(
    calculator: Calculator, case: Case, amount: Decimal, counts: tuple[Count, ...], target: Decimal | None
) -> Requirement | Unreachable | NeedsSlots:
    chosen = choose_count(case, counts)
    least = least_count(case, amount, counts, chosen, target)
    if not isinstance(least, Least):
        return least
    if least.amount > MOST_COUNT:
        raise InvalidInput(case.benefit.id, f"target {target} needs more than {MOST_COUNT} of {chosen.slot}; ask again")
    check = calculator.calculate(case.benefit.id, case.inputs.updated({chosen.slot: int(least.amount)}))
    more, reached = _distance(least, case.inputs.count(chosen.slot))
    return Requirement(case.benefit.id, chosen.slot, least.amount, "at_least", least.steps, check, more, reached)
