"""A printed ceiling for each grade of an assessment."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Literal

from pydantic import Field

from calculators.calculation import NeedsSlots, Outcome
from calculators.case import Case
from calculators.counted import CountedRule
from calculators.counts import missing_counts, multiply
from calculators.phrases import say
from calculators.printed import PrintedYuan
from knowledge.benefit import Slot, SlotKind


class Graded(CountedRule):
    """The clause limits the sum by grade: at most `grades[grade]` times the counts."""

    kind: Literal["graded"]
    grade: str
    grades: Mapping[str, PrintedYuan] = Field(min_length=1)

    @property
    def most(self) -> Decimal:
        """The sum of the best grade."""
        return max(self.grades.values())

    @property
    def slot_kinds(self) -> Mapping[str, SlotKind]:
        """The grade, then the count slots."""
        return {self.grade: "grade", **super().slot_kinds}

    def mistakes(self, slots: Mapping[str, Slot]) -> Iterable[tuple[str, str]]:
        """As for any rule; besides, every grade with a sum must be an option of the slot."""
        yield from super().mistakes(slots)
        options = slots[self.grade].options if self.grade in slots else tuple(self.grades)
        yield from (
            ("grades", f"{grade!r} is no option of slot {self.grade}") for grade in self.grades if grade not in options
        )

    def each(self, case: Case) -> Decimal | NeedsSlots | None:
        """The sum of the grade; None for a grade without one."""
        grade = case.inputs.grade(self.grade)
        return NeedsSlots(case.benefit.id, (self.grade,)) if grade is None else self.grades.get(grade)

    def decide(self, case: Case) -> Outcome:
        """At most the sum of the grade times the counts."""
        grade = case.inputs.grade(self.grade)
        if grade is None:
            return NeedsSlots(case.benefit.id, (self.grade, *missing_counts(case, self.counts)))
        if grade not in self.grades:
            grades = say("between_grades").join(self.grades)
            reason = say("no_grade", what=case.label(self.grade), grade=grade, grades=grades)
            return case.not_eligible(reason, ())
        return multiply(case, self.grades[grade], self.counts, "at_most")
