"""The registry: every kind once, every rule validated, every mistake named."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from calculators import rules
from calculators.errors import BrokenRule, InvalidInput
from calculators.inputs import Inputs
from calculators.registry import bind, kinds_of, rule_models
from calculators.rules.fixed_amount import FixedAmount
from knowledge.library import Dossier, load_library

DOSSIER = load_library().main
CALCULATOR = bind(DOSSIER)


def with_rule(benefit_id: str, rule: Mapping[str, object]) -> Dossier:
    benefit = DOSSIER.benefits[benefit_id].model_copy(update={"rule": rule})
    return replace(DOSSIER, benefits={**DOSSIER.benefits, benefit_id: benefit})


def changed(benefit_id: str, **fields: object) -> Dossier:
    return with_rule(benefit_id, {**DOSSIER.benefits[benefit_id].rule, **fields})


def test_every_module_of_rules_is_found() -> None:
    models = rule_models()
    kinds = {kind for model in models for kind in get_args(model.model_fields["kind"].annotation)}
    files = {path.stem for path in Path(rules.__path__[0]).glob("*.py")} - {"__init__"}

    assert {model.__module__.rpartition(".")[2] for model in models} == files
    assert len(kinds) == len(models) > 5
    assert {benefit.rule["kind"] for benefit in DOSSIER.benefits.values()} <= kinds


def test_a_kind_claimed_twice_is_refused() -> None:
    with pytest.raises(BrokenRule, match="already the kind of FixedAmount"):
        kinds_of((FixedAmount, FixedAmount))


@pytest.mark.parametrize(
    ("dossier", "benefit_id", "field", "words"),
    [
        (with_rule("rd_subsidy", {"kind": "lottery"}), "rd_subsidy", "kind", "not a kind"),
        (with_rule("rd_subsidy", {}), "rd_subsidy", "kind", "not a kind"),
        (changed("rd_subsidy", kind=["ceiling"]), "rd_subsidy", "kind", "not a kind"),
        (changed("rd_subsidy", cap="much"), "rd_subsidy", "cap", "not an amount"),
        (changed("rd_subsidy", cap=5_000_000), "rd_subsidy", "cap", "as the clause prints it"),
        (changed("rd_subsidy", cap="0元"), "rd_subsidy", "cap", "above zero"),
        (changed("rd_subsidy", floor="1元"), "rd_subsidy", "floor", "Extra inputs"),
        (changed("joint_lab", rate="10"), "joint_lab", "rate", "not a rate"),
        (changed("joint_lab", bound="roughly"), "joint_lab", "bound", "exact"),
        (changed("joint_lab", base="nobody"), "joint_lab", "slot", "no slot nobody"),
        (changed("joint_lab", base="headcount"), "joint_lab", "slot", "of kind count"),
        (
            changed("sme_project", counts=[{"slot": "project_count", "limit": "两年"}]),
            "sme_project",
            "counts.0.limit",
            "count",
        ),
        (changed("intl_base_assessment", grades={"中": "50万元"}), "intl_base_assessment", "grades", "no option"),
    ],
)
def test_a_broken_rule_names_benefit_and_field(dossier: Dossier, benefit_id: str, field: str, words: str) -> None:
    with pytest.raises(BrokenRule, match=words) as caught:
        bind(dossier)
    assert (caught.value.benefit_id, caught.value.field) == (benefit_id, field)


def test_a_derived_slot_needs_its_sources() -> None:
    slots = {slot_id: slot for slot_id, slot in DOSSIER.slots.items() if slot_id != "lab_total"}
    with pytest.raises(BrokenRule, match="no slot lab_total"):
        bind(replace(DOSSIER, slots=slots))


def test_an_unknown_benefit_is_a_misuse() -> None:
    with pytest.raises(InvalidInput, match="lottery"):
        CALCULATOR.calculate("lottery", Inputs())


def test_slots_and_primary_money_slots() -> None:
    assert CALCULATOR.slot_ids("joint_lab") == ("lab_nonfiscal", "lab_total", "lab_fiscal")
    assert CALCULATOR.slot_ids("postdoc_allowance") == ("headcount", "station_years")
    primary = {name: slot for name in CALCULATOR.benefits if (slot := CALCULATOR.primary_money_slot(name))}
    assert primary == {
        "rd_subsidy": "rd_expense",
        "rd_growth_bonus": "rd_expense",
        "joint_lab": "lab_nonfiscal",
        "industry_academia": "transaction_paid",
    }
    assert CALCULATOR.rule("rd_subsidy").slot_ids[:2] == ("rd_expense", "rd_expense_previous")
