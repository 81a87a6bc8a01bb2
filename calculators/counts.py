"""An amount times counts: projects, persons, firms, years."""

from decimal import Decimal

from calculators.calculation import Bound, Calculation, NeedsSlots, Outcome, Step
from calculators.case import Case
from calculators.phrases import equals, say, show_yuan
from calculators.printed import PrintedCount
from knowledge.benefit import Data


class Count(Data):
    """A slot to multiply with; what exceeds the printed `limit` does not count."""

    slot: str
    limit: PrintedCount | None = None

    def stated(self, case: Case) -> int | None:
        """The count as stated, else the default of the slot."""
        stated = case.inputs.count(self.slot)
        return case.slots[self.slot].default if stated is None else stated

    def effective(self, number: int) -> int:
        """The part of the number that counts."""
        return number if self.limit is None else min(number, self.limit)


def missing_counts(case: Case, counts: tuple[Count, ...]) -> tuple[str, ...]:
    """Count slots that are neither stated nor have a default."""
    return tuple(count.slot for count in counts if count.stated(case) is None)


def multiply(case: Case, amount: Decimal, counts: tuple[Count, ...], bound: Bound) -> Outcome:
    """The amount (yuan) times every count, each within its limit."""
    missing = missing_counts(case, counts)
    if missing:
        return NeedsSlots(case.benefit.id, missing)
    steps: list[Step] = []
    factors: list[str] = []
    total = amount
    for count in counts:
        number, unit = count.stated(case) or 0, case.slots[count.slot].unit
        if number == 0:
            reason = say("no_count", what=case.label(count.slot), number=f"{number}{unit}")
            return case.not_eligible(reason, steps)
        effective = count.effective(number)
        if effective < number:
            comparison = f"{number}{unit} > {effective}{unit}"
            steps.append(case.cited(say("limit"), comparison, say("counts_as", number=f"{effective}{unit}")))
        factors.append(f"{effective}{unit}")
        total *= effective
    product = equals(" × ".join([*factors, show_yuan(amount)]), total) if factors else show_yuan(total)
    label = say("most") if bound == "at_most" else say("sum_due")
    return Calculation(case.benefit.id, total, bound, (*steps, case.cited(label, product, show_yuan(total))))
