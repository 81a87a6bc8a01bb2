"""Every phrase that code says is written, and every phrase written is said; figures look as people write them."""

import ast
from collections.abc import Iterator
from decimal import Decimal, localcontext
from pathlib import Path

import pytest

import calculators.phrases
from calculators.phrases import PRECISION, equals, show_rate, show_yuan
from knowledge.wording import load_wording

PACKAGE = Path(calculators.phrases.__file__).parent


def said() -> Iterator[tuple[str, frozenset[str]]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say":
                key = node.args[0]
                assert isinstance(key, ast.Constant), f"{path.name}:{node.lineno} computes its key"
                yield str(key.value), frozenset(str(keyword.arg) for keyword in node.keywords)


def test_phrases_said_are_the_phrases_written() -> None:
    wording = load_wording(PACKAGE / "wording.yaml")
    uses = set(said())
    assert len(uses) > 30
    assert {key for key, _ in uses} == set(wording.templates)
    assert {key: set(blanks) for key, blanks in uses} == {key: wording.blanks(key) for key in wording.templates}


@pytest.mark.parametrize(
    ("value", "shown", "equation"),
    [
        (Decimal(600_000), "60万元", "x = 60万元"),
        (Decimal("0.015"), "0.015元", "x = 0.015元"),
        (Decimal(-1_000_000), "-100万元", "x = -100万元"),
        (Decimal(10) / 3, "约3.33元", "x ≈ 3.33元"),
    ],
)
def test_amounts(value: Decimal, shown: str, equation: str) -> None:
    with localcontext(prec=PRECISION):
        assert show_yuan(value) == shown
        assert equals("x", value) == equation


def test_a_stated_rate_keeps_its_digits() -> None:
    assert show_rate(Decimal("0.2000001")) == "20.00001%"
