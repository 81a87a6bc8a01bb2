"""Registry: every kind of rule, and the calculator of one policy."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, get_args

from pydantic import ValidationError

from calculators import rules
from calculators.calculation import Outcome
from calculators.errors import BrokenRule, InvalidInput
from calculators.inputs import Inputs
from calculators.rule import Rule
from knowledge.benefit import Benefit, Slot
from knowledge.library import Dossier


def rule_models() -> tuple[type[Rule], ...]:
    """The rule of every module of `calculators/rules`."""
    modules = [import_module(f"{rules.__name__}.{each.name}") for each in iter_modules(rules.__path__)]
    return tuple(
        model
        for module in modules
        for model in vars(module).values()
        if isinstance(model, type) and issubclass(model, Rule) and model.__module__ == module.__name__
    )


def kinds_of(models: tuple[type[Rule], ...]) -> Mapping[str, type[Rule]]:
    """Rule models by the kind that names them in data.

    Raises:
        BrokenRule: two models claim one kind.
    """
    kinds: dict[str, type[Rule]] = {}
    for model in models:
        for kind in get_args(model.model_fields["kind"].annotation):
            if kind in kinds:
                raise BrokenRule(model.__name__, "kind", f"{kind!r} is already the kind of {kinds[kind].__name__}")
            kinds[kind] = model
    return kinds


_KINDS = kinds_of(rule_models())


@dataclass(frozen=True)
class Calculator:
    """The benefits of one policy with their validated rules, by benefit id."""

    benefits: Mapping[str, Benefit]
    slots: Mapping[str, Slot]
    rules: Mapping[str, Rule]

    def calculate(self, benefit_id: str, inputs: Inputs) -> Outcome:
        """What the benefit gives for these inputs (yuan).

        Raises:
            InvalidInput: there is no such benefit, or a value is not of the kind of its slot.
        """
        return self.rule(benefit_id).calculate(self.benefits[benefit_id], inputs, self.slots)

    def rule(self, benefit_id: str) -> Rule:
        """The rule of a benefit.

        Raises:
            InvalidInput: there is no such benefit.
        """
        if benefit_id not in self.rules:
            raise InvalidInput(benefit_id, f"is not a benefit; use one of {', '.join(self.rules)}")
        return self.rules[benefit_id]

    def slot_ids(self, benefit_id: str) -> tuple[str, ...]:
        """Slots that the benefit reads, in the order to ask, then the ones from which others are derived.

        Raises:
            InvalidInput: there is no such benefit.
        """
        read = self.rule(benefit_id).slot_ids
        sources = (source for slot_id in read for source in self.slots[slot_id].difference_of or ())
        return tuple(dict.fromkeys((*read, *sources)))

    def primary_money_slot(self, benefit_id: str) -> str | None:
        """The money slot that the amount is computed from; None where counts or grades decide.

        Raises:
            InvalidInput: there is no such benefit.
        """
        return self.rule(benefit_id).base_slot


def read_rule(benefit: Benefit, slots: Mapping[str, Slot]) -> Rule:
    """The rule of a benefit, validated against its schema and the slots.

    Raises:
        BrokenRule: naming the first field that does not fit.
    """
    kind: Any = benefit.rule.get("kind")
    model = _KINDS.get(kind) if isinstance(kind, str) else None
    if model is None:
        raise BrokenRule(benefit.id, "kind", f"{kind!r} is not a kind of rule; use one of {', '.join(_KINDS)}")
    try:
        rule = model.model_validate(benefit.rule)
    except ValidationError as error:
        first = error.errors()[0]
        raise BrokenRule(benefit.id, ".".join(str(part) for part in first["loc"]), first["msg"]) from error
    for field, problem in rule.mistakes(slots):
        raise BrokenRule(benefit.id, field, problem)
    return rule


def bind(dossier: Dossier) -> Calculator:
    """The calculator of a policy.

    Raises:
        BrokenRule: naming the benefit and the first field that does not fit.
    """
    rules = {benefit.id: read_rule(benefit, dossier.slots) for benefit in dossier.benefits.values()}
    return Calculator(dossier.benefits, dossier.slots, rules)
