"""Rule: what every kind of arithmetic has in common."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from decimal import Decimal, localcontext

from calculators.calculation import NeedsSlots, Outcome
from calculators.case import Case
from calculators.counts import Count
from calculators.growth import GrowthBase
from calculators.inputs import Inputs
from calculators.phrases import FEN, PRECISION, say
from calculators.requirement import Least, Unreachable
from knowledge.benefit import Benefit, Data, Slot, SlotKind


class Rule(Data, ABC):
    """The arithmetic of one benefit; subclasses add `kind` and the printed figures as fields.

    A kind of rule is one module of `calculators/rules`. It must say what it reads, its largest sum and its outcome; all
    else that forms, charts, inverse questions and the dialog want to know has a default here.
    """

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

    @property
    def growth(self) -> GrowthBase | None:
        """The spending whose growth over last year decides; None where none does."""
        return None

    @property
    def multipliers(self) -> tuple[Count, ...]:
        """The counts that the sum is multiplied with."""
        return ()

    @property
    def takes_several_bases(self) -> bool:
        """Whether the base may be several amounts, one for each project, each with a cap of its own."""
        return False

    @property
    def least_gain(self) -> Decimal:
        """The smallest sum (yuan) that the rule can give."""
        return FEN

    def each(self, case: Case) -> Decimal | NeedsSlots | None:
        """What one of each thing that is counted brings (yuan); None where no sum is printed for it."""
        return None

    def least_base(self, case: Case, target: Decimal | None) -> Least | Unreachable | NeedsSlots:
        """The least base (yuan) that reaches the target (yuan; None: as much as there is), before it is checked."""
        return Unreachable(case.benefit.id, say("no_inverse", what=case.benefit.title), ())

    def next_target(self, case: Case, now: Outcome) -> Decimal | Unreachable | NeedsSlots | None:
        """The next sum (yuan) above what is given `now`; None where it is all that the rule can give."""
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
