"""The table of cases against the real library."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel, ConfigDict

from calculators.calculation import Calculation, NeedsSlots, NotEligible, Undetermined
from calculators.inputs import parse_inputs
from calculators.registry import bind
from knowledge.library import load_library
from knowledge.money import format_yuan, parse_yuan

CASES = Path(__file__).parents[1] / "cases" / "xiamen-sti-measures.yaml"
DOSSIER = load_library().main
CALCULATOR = bind(DOSSIER)
OUTCOMES = {
    "calculation": Calculation,
    "not_eligible": NotEligible,
    "undetermined": Undetermined,
    "needs_slots": NeedsSlots,
}


class Row(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    benefit: str
    inputs: dict[str, str]
    outcome: str = "calculation"
    amount: str | None = None
    bound: str | None = None
    reason: str = ""
    slots: tuple[str, ...] = ()


def read_rows() -> list[Row]:
    data: Any = yaml.safe_load(CASES.read_text(encoding="utf-8"))
    return [Row.model_validate(row) for row in data]


ROWS = read_rows()


def test_every_benefit_has_cases_under_distinct_names() -> None:
    assert len(ROWS) > 60
    assert {row.benefit for row in ROWS} == set(CALCULATOR.benefits)
    assert len({row.name for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_case(row: Row) -> None:
    outcome = CALCULATOR.calculate(row.benefit, parse_inputs(row.inputs, DOSSIER.slots))
    assert isinstance(outcome, OUTCOMES[row.outcome])
    match outcome:
        case Calculation():
            assert row.amount is not None
            assert (outcome.amount, outcome.bound) == (parse_yuan(row.amount), row.bound)
            assert outcome.steps[-1].value == format_yuan(outcome.amount)
        case NeedsSlots():
            assert outcome.slots == row.slots
        case _:
            assert row.reason
            assert row.reason in outcome.reason
            assert outcome.reason.endswith("。")


def test_every_worked_example_of_the_data_comes_out() -> None:
    examples = [(benefit, example) for benefit in DOSSIER.benefits.values() for example in benefit.examples]
    assert len(examples) >= len(DOSSIER.benefits) > 0
    for benefit, example in examples:
        outcome = CALCULATOR.calculate(benefit.id, parse_inputs(example.inputs, DOSSIER.slots))
        assert isinstance(outcome, Calculation)
        assert outcome.amount == parse_yuan(example.amount)
