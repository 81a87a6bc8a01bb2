"""Case: one benefit and what is known about the applicant, with the steps that every kind of arithmetic writes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from calculators.calculation import NotEligible, Step, Undetermined
from calculators.inputs import Inputs
from calculators.phrases import say, show_yuan
from knowledge.benefit import Benefit, Slot


@dataclass(frozen=True)
class Case:
    """One benefit, and what is known about the applicant."""

    benefit: Benefit
    inputs: Inputs
    slots: Mapping[str, Slot]

    def label(self, slot_id: str) -> str:
        """What people call the slot."""
        return self.slots[slot_id].label

    def cited(self, label: str, expression: str, value: str) -> Step:
        """A step that rests on a printed figure, with the clauses of the benefit."""
        return Step(label, expression, value, self.benefit.clauses)

    def threshold(self, label: str, comparison: str, *, met: bool) -> Step:
        """A comparison with a printed figure, and whether the condition is met."""
        return self.cited(label, comparison, say("met") if met else say("not_met"))

    def capped(self, amount: Decimal, cap: Decimal, *, prefix: str = "") -> tuple[Decimal, Step]:
        """The amount or the cap, whichever is less, with the step that says so (yuan)."""
        paid = min(amount, cap)
        comparison = f"{show_yuan(amount)} {'>' if amount > cap else '≤'} {show_yuan(cap)}"
        return paid, self.cited(prefix + say("cap"), comparison, show_yuan(paid))

    def not_eligible(self, reason: str, steps: Iterable[Step]) -> NotEligible:
        """The outcome that the benefit is not due."""
        return NotEligible(self.benefit.id, reason, tuple(steps))

    def undetermined(self, reason: str, steps: Iterable[Step]) -> Undetermined:
        """The outcome that it is open whether the benefit is due."""
        return Undetermined(self.benefit.id, reason, tuple(steps))
