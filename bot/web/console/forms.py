"""Forms: the fields of one benefit or a few, and what staff typed into them as inputs of a calculation."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from bot.web.console.wording import phrase
from calculators.errors import InvalidInput
from calculators.inputs import MOST_COUNT, Inputs, Value, parse_inputs
from calculators.phrases import show_rate
from calculators.registry import Calculator
from knowledge.benefit import Benefit, Slot
from knowledge.money import format_yuan
from knowledge.numerals import TEN_THOUSAND, YUAN

_FEWEST_YUAN = 100_000  # a sum below it that has no unit was probably meant in ten thousands
_BARE = re.compile(r"[\d.,]+")
_BARE_SUMS = re.compile(r"[\d.,+;\s]*\d[\d.,+;\s]*")
LONGEST = 1000  # characters of one field


@dataclass(frozen=True, slots=True)
class Field:
    """One slot as a field. `other_way`: it says in another way what an asked field says, and may stay empty.

    `several`: one amount for each project, with `+` between. `signed`: it may be below zero. `limit`: what exceeds it
    does not count.
    """

    slot: Slot
    other_way: bool = False
    several: bool = False
    signed: bool = False
    limit: int | None = None

    @property
    def most(self) -> int | None:
        """The largest count that is taken for one."""
        return MOST_COUNT if self.slot.kind == "count" else None


@dataclass(frozen=True)
class Form:
    """The fields of a benefit and its companions; `name` is the id of the first."""

    benefits: tuple[Benefit, ...]
    fields: tuple[Field, ...]

    @property
    def name(self) -> str:
        """What addresses and fields of several forms call it."""
        return self.benefits[0].id

    @property
    def ids(self) -> tuple[str, ...]:
        """The benefits that are computed from it."""
        return tuple(benefit.id for benefit in self.benefits)

    @property
    def asked(self) -> tuple[Field, ...]:
        """The fields to fill."""
        return tuple(field for field in self.fields if not field.other_way)

    @property
    def other_ways(self) -> tuple[Field, ...]:
        """The fields that may be filled in place of one of those."""
        return tuple(field for field in self.fields if field.other_way)


@dataclass(frozen=True, slots=True)
class Cell:
    """A field with what was typed: its value as read, or a sentence that says what is wrong."""

    field: Field
    typed: str = ""
    value: Value | None = None
    problem: str = ""

    @property
    def name(self) -> str:
        """The id of its slot."""
        return self.field.slot.id

    @property
    def shown(self) -> str:
        """The value as people write it; empty where there is none."""
        if isinstance(self.value, tuple):
            return " + ".join(map(format_yuan, self.value))
        if isinstance(self.value, Decimal):
            return show_rate(self.value) if self.field.slot.kind == "rate" else format_yuan(self.value)
        return "" if self.value is None else f"{self.value}{self.field.slot.unit}"

    @property
    def echo(self) -> str:
        """How it was read, where that is more than what was typed and a unit."""
        units = ("", YUAN, self.field.slot.unit)
        return "" if self.shown in [self.typed.strip() + unit for unit in units if self.typed] else self.shown

    @property
    def with_unit(self) -> str:
        """What was probably meant by small sums without a unit: the same in ten thousands of yuan."""
        parts = () if self.value is None else _parts(self.value)
        small = all(isinstance(part, Decimal) and 0 < part < _FEWEST_YUAN for part in parts)
        return _BARE.sub(rf"\g<0>{TEN_THOUSAND}", self.typed) if small and _BARE_SUMS.fullmatch(self.typed) else ""


@dataclass(frozen=True)
class Filling:
    """A form as filled in."""

    form: Form
    cells: tuple[Cell, ...]

    @cached_property
    def inputs(self) -> Inputs:
        """The values that were read, by slot."""
        return Inputs({cell.name: cell.value for cell in self.cells if cell.value is not None})

    @property
    def given(self) -> tuple[tuple[str, str], ...]:
        """What was read, as label and value."""
        return tuple((cell.field.slot.label, cell.shown) for cell in self.cells if cell.shown)

    @property
    def wrong(self) -> tuple[Cell, ...]:
        """The cells that could not be read."""
        return tuple(cell for cell in self.cells if cell.problem)

    @property
    def empty(self) -> bool:
        """Whether nothing was typed."""
        return not any(cell.typed for cell in self.cells)

    def cell(self, name: str) -> Cell:
        """The cell of a slot."""
        return next(cell for cell in self.cells if cell.name == name)


def forms_of(calculator: Calculator) -> tuple[Form, ...]:
    """A form for each benefit, companions in one, in the order of the document."""
    forms: list[Form] = []
    for benefit_id in calculator.benefits:
        if not any(benefit_id in form.ids for form in forms):
            forms.append(form_of(calculator, benefit_id))
    return tuple(forms)


def form_of(calculator: Calculator, benefit_id: str) -> Form:
    """The form of a benefit together with its companions.

    Raises:
        InvalidInput: there is no such benefit.
    """
    calculator.rule(benefit_id)
    family = {benefit_id, *calculator.benefits[benefit_id].companions}
    ids = tuple(known for known in calculator.benefits if known in family)
    slots = dict.fromkeys(slot for known in ids for slot in calculator.slot_ids(known))
    fields = [_field(calculator, ids, calculator.slots[slot]) for slot in slots]
    return Form(
        tuple(calculator.benefits[known] for known in ids), tuple(sorted(fields, key=lambda field: field.other_way))
    )


def read_form(form: Form, typed: Mapping[str, str]) -> Filling:
    """What was typed, by slot, as values; nothing is thrown away."""
    return Filling(form, tuple(_read(field, typed.get(field.slot.id, "")) for field in form.fields))


def _field(calculator: Calculator, ids: Iterable[str], slot: Slot) -> Field:
    rules = [calculator.rule(benefit_id) for benefit_id in ids]
    asked = any(slot.id in rule.asked_slots(calculator.slots) for rule in rules) or slot.default is not None
    bases = {rule.base_slot for rule in rules if rule.takes_several_bases and rule.base_slot}
    sources = {source for base in bases for source in calculator.slots[base].difference_of or ()}
    differences = {rule.growth.difference for rule in rules if rule.growth}
    return Field(
        slot,
        other_way=not asked,
        several=slot.id in bases | sources,
        signed=slot.id in differences or slot.kind == "rate",
        limit=next((c.limit for rule in rules for c in rule.multipliers if c.slot == slot.id and c.limit), None),
    )


def _read(field: Field, text: str) -> Cell:
    typed, slot = text[: LONGEST + 1], field.slot
    if not typed.strip():
        return Cell(field, typed)
    if len(typed) > LONGEST:
        return Cell(field, typed, problem=phrase("calc_too_long"))
    try:
        inputs = parse_inputs({slot.id: typed}, {slot.id: slot})
        if slot.kind == "rate":
            inputs.rate(slot.id)
    except InvalidInput:
        return Cell(field, typed, problem=_explain(field))
    value = inputs[slot.id]
    if isinstance(value, tuple) and not field.several:
        return Cell(field, typed, problem=phrase("calc_one_amount"))
    if not field.signed and any(isinstance(part, Decimal) and part < 0 for part in _parts(value)):
        return Cell(field, typed, problem=phrase("calc_negative"))
    return Cell(field, typed, value)


def _parts(value: Value) -> tuple[Value, ...]:
    return value if isinstance(value, tuple) else (value,)


def _explain(field: Field) -> str:
    if field.slot.kind == "grade":
        return phrase("calc_wrong_grade", options=phrase("calc_or").join(field.slot.options))
    if field.slot.kind == "count":
        return phrase("calc_wrong_count", unit=field.slot.unit)
    return phrase(f"calc_wrong_{field.slot.kind}")
