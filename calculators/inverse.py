"""Inverse questions: what must be spent, or how many there must be, to reach an amount."""

from decimal import ROUND_FLOOR, Decimal, localcontext

from calculators.calculation import Calculation, NeedsSlots, Step
from calculators.case import Case
from calculators.counts import Count
from calculators.derivation import derive_amounts
from calculators.errors import InvalidInput
from calculators.growth import solve
from calculators.inputs import MOST_COUNT, MOST_YUAN, Inputs, Value
from calculators.least_base import at_cap, beyond, last_year, to_decimal
from calculators.least_count import choose_count, least_count
from calculators.phrases import FEN, FINEST, PRECISION, say, show_yuan
from calculators.registry import Calculator
from calculators.requirement import JointRequirement, Least, Requirement, Unreachable, strictest

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
    if rule.base_slot is None:
        raise InvalidInput(benefit_id, "is not computed from an amount and has no next step; use required()")
    now = calculator.calculate(benefit_id, inputs)
    with localcontext(prec=PRECISION):
        case = _case(calculator, benefit_id, inputs)
        target = rule.next_target(case, now)
        if isinstance(target, (Unreachable, NeedsSlots)):
            return target
        found = required(calculator, benefit_id, target, inputs)
        whole = target is None and isinstance(found, Requirement) and found.reached
        return at_cap(case, now) if whole and isinstance(now, Calculation) else found


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
            target = None if full else calculator.rule(benefit_id).least_gain
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


def _case(calculator: Calculator, benefit_id: str, inputs: Inputs) -> Case:
    calculator.rule(benefit_id)
    return Case(calculator.benefits[benefit_id], inputs, calculator.slots)


def _least_base(calculator: Calculator, case: Case, target: Decimal | None) -> Least | Unreachable | NeedsSlots:
    rule = calculator.rule(case.benefit.id)
    if rule.growth is not None:
        growth = solve(rule.growth, case)
        if growth.conflict:
            return Unreachable(case.benefit.id, growth.conflict, growth.steps)
    return rule.least_base(case, target)


def _checked(calculator: Calculator, case: Case, least: Least) -> Requirement:
    """The requirement for a least base, with what the benefit gives at it."""
    rule = calculator.rule(case.benefit.id)
    slot_id = rule.base_slot or ""
    values: dict[str, Value] = {slot_id: least.amount + FEN if least.relation == "more_than" else least.amount}
    forget: tuple[str, ...] = case.slots[slot_id].difference_of or ()
    stated = derive_amounts(slot_id, case).amounts
    # Of several projects each has its own cap, so that there is no one distance to tell.
    current = stated[0] if len(stated) == 1 else None
    if rule.growth is not None:
        forget = (rule.growth.rate, rule.growth.difference)
        current = solve(rule.growth, case).current
        previous = last_year(rule.growth, case)
        if previous is not None:
            # Rounded down, so that what exceeds the true amount exceeds this one.
            values[rule.growth.previous] = to_decimal(previous[0]).quantize(FINEST, ROUND_FLOOR)
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
    amount, counts = rule.each(case), rule.multipliers
    if isinstance(amount, NeedsSlots):
        return amount
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
