"""Problems of a policy's benefits that no schema finds: uncited figures, idle slots, examples that do not come out."""

import re
from collections.abc import Iterator, Mapping

from calculators.calculation import Calculation
from calculators.errors import BrokenRule, InvalidInput
from calculators.inputs import parse_inputs
from calculators.registry import read_rule
from calculators.rule import Rule
from knowledge.benefit import Benefit
from knowledge.errors import UnreadableAmount
from knowledge.library import Dossier
from knowledge.money import parse_yuan


def problems(dossier: Dossier) -> list[str]:
    """What is wrong with the benefits of a policy, one English sentence each; empty where all is well."""
    found: list[str] = []
    rules: dict[str, Rule] = {}
    for benefit in dossier.benefits.values():
        try:
            rules[benefit.id] = read_rule(benefit, dossier.slots)
        except BrokenRule as error:
            found.append(f"{error}.")
        found += _uncited_figures(benefit, dossier)
    for benefit_id, rule in rules.items():
        found += _failing_examples(dossier.benefits[benefit_id], rule, dossier)
    found += _bad_slots(rules, dossier)
    return found


def _uncited_figures(benefit: Benefit, dossier: Dossier) -> Iterator[str]:
    texts = [dossier.policy.clauses[clause].text for clause in benefit.clauses]
    for field, leaf in _leaves(benefit.rule):
        if leaf in dossier.slots or isinstance(leaf, bool) or not _is_figure(leaf):
            continue
        # A figure inside a longer one is not the same figure.
        printed = re.compile(rf"(?<![\d.,]){re.escape(str(leaf))}")
        if not any(printed.search(text) for text in texts):
            cited = ", ".join(benefit.clauses)
            yield f"Benefit {benefit.id}: {field} {leaf} does not occur in the clauses that it cites ({cited})."


def _leaves(node: object, field: str = "rule") -> Iterator[tuple[str, object]]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from _leaves(value, f"{field}.{key}")
    elif isinstance(node, list | tuple):
        for number, value in enumerate(node):
            yield from _leaves(value, f"{field}.{number}")
    else:
        yield field, node


def _is_figure(leaf: object) -> bool:
    if not isinstance(leaf, str) or re.search(r"\d", leaf):
        return leaf is not None
    try:
        parse_yuan(leaf)
    except UnreadableAmount:
        return False
    return True


def _failing_examples(benefit: Benefit, rule: Rule, dossier: Dossier) -> Iterator[str]:
    for number, example in enumerate(benefit.examples, start=1):
        place = f"Benefit {benefit.id}: example {number}"
        try:
            outcome = rule.calculate(benefit, parse_inputs(example.inputs, dossier.slots), dossier.slots)
            expected = parse_yuan(example.amount)
        except (InvalidInput, UnreadableAmount) as error:
            yield f"{place} cannot be computed: {error}."
            continue
        if not isinstance(outcome, Calculation):
            yield f"{place} gives {type(outcome).__name__} where {example.amount} must come out."
        elif outcome.amount != expected:
            yield f"{place} gives {outcome.amount} yuan where {example.amount} must come out."


def _bad_slots(rules: Mapping[str, Rule], dossier: Dossier) -> Iterator[str]:
    used = {slot_id for rule in rules.values() for slot_id in rule.slot_ids}
    used |= {source for slot_id in used for source in dossier.slots[slot_id].difference_of or ()}
    for slot_id, slot in dossier.slots.items():
        if slot_id not in used:
            yield f"Slot {slot_id} is used by no benefit; remove it or name it in a rule."
        for source in slot.difference_of or ():
            if source not in dossier.slots:
                yield f"Slot {slot_id} is the difference of {source}, which is no slot."
    asked = dict.fromkeys(slot_id for rule in rules.values() for slot_id in rule.asked_slots(dossier.slots))
    for slot_id in asked:
        if not dossier.slots[slot_id].ask:
            yield f"Slot {slot_id} must be asked for, and has no question (ask)."
