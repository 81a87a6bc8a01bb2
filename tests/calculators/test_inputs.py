"""What may be handed to a calculation, and what is refused at the door."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculators.errors import InvalidInput
from calculators.inputs import Inputs, parse_inputs
from knowledge.benefit import Slot
from knowledge.money import format_yuan

SLOTS = {
    "spent": Slot(id="spent", label="费用", kind="money"),
    "growth": Slot(id="growth", label="增长率", kind="rate"),
    "heads": Slot(id="heads", label="人数", kind="count", unit="名"),
    "grade": Slot(id="grade", label="等级", kind="grade", options=("优", "良")),
}


@pytest.mark.parametrize(
    ("slot_id", "text", "value"),
    [
        ("spent", "1200万元", Decimal(12_000_000)),
        ("spent", "1200万", Decimal(12_000_000)),
        ("spent", "12000000", Decimal(12_000_000)),
        ("spent", " １，２００万元 ", Decimal(12_000_000)),
        ("spent", "0.12亿", Decimal(12_000_000)),
        ("spent", "0", Decimal(0)),
        ("spent", "-300万元", Decimal(-3_000_000)),
        ("spent", "160万元+580万元", (Decimal(1_600_000), Decimal(5_800_000))),
        ("spent", "160万；580万", (Decimal(1_600_000), Decimal(5_800_000))),
        ("growth", "25%", Decimal("0.25")),
        ("growth", "２５％", Decimal("0.25")),
        ("growth", "-5%", Decimal("-0.05")),
        ("heads", "3", 3),
        ("heads", "三名", 3),
        ("grade", "优", "优"),
    ],
)
def test_texts_are_read(slot_id: str, text: str, value: object) -> None:
    assert parse_inputs({slot_id: text}, SLOTS)[slot_id] == value


@pytest.mark.parametrize(
    ("slot_id", "text"),
    [
        *[
            ("spent", text)
            for text in ("", "很多", "几百万", "100+", "1e999999999万", "99999999亿", "1" * 2000, "0.0000000000001")
        ],
        *[("growth", text) for text in ("25", "很快", "25.00000000000001%", "0.25")],
        *[("heads", text) for text in ("七八百", "-1", "1.5", "三名半", "1000000")],
        ("grade", "中"),
        ("nobody", "1"),
    ],
)
def test_other_texts_are_refused_by_slot(slot_id: str, text: str) -> None:
    with pytest.raises(InvalidInput, match=slot_id) as caught:
        parse_inputs({slot_id: text}, SLOTS)
    assert caught.value.slot_id == slot_id


@pytest.mark.parametrize(
    "value",
    [
        *[Decimal(text) for text in ("NaN", "Infinity", "-Infinity", "1.1e15", "-1.1e15", "1e-13")],
        *[-1, 10**6, True, 1.5, None, (), (1,), (Decimal("NaN"),), (Decimal(1),) * 2000],
    ],
)
def test_senseless_values_are_refused(value: Any) -> None:
    with pytest.raises(InvalidInput, match="spent"):
        Inputs({"spent": value})


def test_the_limit_itself_is_accepted() -> None:
    assert Inputs({"spent": Decimal(10**15)}).money("spent") == 10**15


def test_getters_refuse_other_kinds() -> None:
    inputs = Inputs(
        {"negative": Decimal(-1), "two": (Decimal(1), Decimal(2)), "count": 3, "text": "优", "rate": Decimal("-1.1")}
    )
    assert inputs.amounts("two") == (Decimal(1), Decimal(2))
    assert inputs.difference("negative") == -1
    refusals = [
        (inputs.money, "negative"),
        (inputs.money, "two"),
        (inputs.money, "count"),
        (inputs.amounts, "negative"),
        (inputs.difference, "two"),
        (inputs.rate, "rate"),
        (inputs.rate, "count"),
        (inputs.count, "text"),
        (inputs.count, "rate"),
        (inputs.grade, "count"),
    ]
    for getter, slot_id in refusals:
        with pytest.raises(InvalidInput, match=slot_id):
            getter(slot_id)


def test_an_unknown_slot_is_none() -> None:
    inputs = Inputs()
    getters = (inputs.money, inputs.amounts, inputs.difference, inputs.rate, inputs.count, inputs.grade)
    assert [getter("spent") for getter in getters] == [None] * len(getters)


def test_inputs_are_frozen_values() -> None:
    values: dict[str, Any] = {"spent": Decimal(1)}
    inputs = Inputs(values)
    values["spent"] = Decimal(2)
    assert inputs.money("spent") == 1
    assert inputs == Inputs({"spent": Decimal(1)})
    assert hash(inputs) == hash(Inputs({"spent": Decimal("1.0")}))
    assert inputs.updated({"heads": 2}, without=("spent",)) == Inputs({"heads": 2})
    with pytest.raises(TypeError):
        inputs["spent"] = Decimal(3)  # type: ignore[index]


@given(st.integers(0, 10**17).map(lambda number: Decimal(number) / 100))
def test_amounts_as_printed_are_read_back(amount: Decimal) -> None:
    assert parse_inputs({"spent": format_yuan(amount)}, SLOTS).money("spent") == amount
