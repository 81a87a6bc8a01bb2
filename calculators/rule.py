"""Rule and Case: what every kind of arithmetic has in common."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext

from calculators.calculation import NotEligible, Outcome, Step, Undetermined
from calculators.inputs import Inputs
from calculators.phrases import PRECISION, say, show_yuan
from knowledge.benefit import Benefit, Data, Slot, SlotKind


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


class Rule(Data, ABC):
    """The arithmetic of one benefit; subclasses add `kind` and the printed figures as fields."""

    @property
    @abstractmethod
    def slot_kinds(self) -> Mapping[str, SlotKind]:
        """Slots that the rule reads, in the order to ask, with the kind that each must have."""

    @property
    @abstractmethod
    def most(self) -> Decimal:
        """The largest sum (yuan) for one thing at one time: counts and years are not multiplied in."""

    @property
    def slot_ids(self) -> tuple[str, ...]:
        """Slots that the rule reads, in the order to ask."""
        return tuple(self.slot_kinds)

    @property
    def base_slot(self) -> str | None:
        """The money slot that the amount is computed from."""
        return None

    def asked_slots(self, slots: Mapping[str, Slot]) -> tuple[str, ...]:
        """Slots that `NeedsSlots` may name."""
        return tuple(slot_id for slot_id in self.slot_ids if slots[slot_id].default is None)

    def mistakes(self, slots: Mapping[str, Slot]) -> Iterable[tuple[str, str]]:
        """Fields of the rule that do not fit the slots, each with its problem."""
        for slot_id, kind in self.slot_kinds.items():
            slot = slots.get(slot_id)
            if slot is None:
                yield "slot", f"there is no slot {slot_id}; define it or correct the name"
                continue
            if slot.kind != kind:
                yield "slot", f"slot {slot_id} is of kind {slot.kind}, and {kind} is needed"
            for source in slot.difference_of or ():
                if source not in slots:
                    yield "slot", f"there is no slot {source}, from which {slot_id} is derived"

    def calculate(self, benefit: Benefit, inputs: Inputs, slots: Mapping[str, Slot]) -> Outcome:
        """What the rule gives for these inputs, exact whatever the caller's decimal context.

        Raises:
            InvalidInput: a value is not of the kind of its slot.
        """
        with localcontext(prec=PRECISION):
            return self.decide(Case(benefit, inputs, slots))

    @abstractmethod
    def decide(self, case: Case) -> Outcome:
        """The arithmetic itself, in a context that is exact for all inputs."""
