"""The least count (projects, persons, years) that reaches an aim."""

from decimal import Decimal

from calculators.calculation import NeedsSlots
from calculators.case import Case
from calculators.counts import Count, missing_counts
from calculators.phrases import equals, say, show_yuan
from calculators.requirement import Least, Unreachable, whole_times
from knowledge.money import plain


def choose_count(case: Case, counts: tuple[Count, ...]) -> Count:
    """The count to solve for: the first that is not stated, else the first."""
    return next((count for count in counts if case.inputs.count(count.slot) is None), counts[0])


def least_count(
    case: Case, amount: Decimal, counts: tuple[Count, ...], chosen: Count, target: Decimal | None
) -> Least | Unreachable | NeedsSlots:
    """The least number for the chosen count, given the others; `amount` is what one of each brings (yuan)."""
    others = tuple(count for count in counts if count is not chosen)
    missing = missing_counts(case, others)
    if missing:
        return NeedsSlots(case.benefit.id, missing)
    each = amount
    factors = [show_yuan(amount)]
    for count in others:
        multiplier = count.effective(count.stated(case) or 0)
        each *= multiplier
        factors.append(f"{multiplier}{case.slots[count.slot].unit}")
    if each == 0:
        return Unreachable(case.benefit.id, say("no_amount", what=case.benefit.title), ())
    aim = each if target is None else target
    if target is None and chosen.limit is not None:
        aim = each * chosen.limit
    number, unit = whole_times(aim, each), case.slots[chosen.slot].unit
    steps = [case.cited(say("each"), equals(" × ".join(factors), each) if others else show_yuan(each), show_yuan(each))]
    quotient = f"{show_yuan(aim)} ÷ {show_yuan(each)}"
    if number * each != aim:
        quotient = say("rounded_up", division=quotient)
    steps.append(case.cited(case.label(chosen.slot), f"{quotient} = {plain(number)}", f"{plain(number)}{unit}"))
    if chosen.limit is not None and number > chosen.limit:
        steps.append(case.cited(say("limit"), f"{plain(number)}{unit} > {chosen.limit}{unit}", f"{chosen.limit}{unit}"))
        cap = each * chosen.limit
        reason = say("beyond", what=case.benefit.title, cap=show_yuan(cap), aim=show_yuan(aim))
        return Unreachable(case.benefit.id, reason, tuple(steps))
    return Least(number, "at_least", tuple(steps))
