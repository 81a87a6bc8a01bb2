"""Figures and phrases of calculation steps."""

from collections.abc import Iterable
from decimal import ROUND_DOWN, Decimal
from pathlib import Path

from knowledge.money import format_yuan, plain
from knowledge.wording import load_wording

PRECISION = 60  # digits; a product of two inputs at their limits has 42
FEN = Decimal("0.01")
FINEST = Decimal("1E-8")  # yuan; the finest that inputs may have
_WORDING = Path(__file__).with_name("wording.yaml")


def say(key: str, **values: object) -> str:
    """The phrase of that key in `wording.yaml`."""
    return load_wording(_WORDING).say(key, **values)


def show_yuan(value: Decimal) -> str:
    """An amount as people read it; one that does not end is cut to the fen and marked as approximate."""
    return format_yuan(value) if _ends(value) else say("about", amount=_cut(value))


def show_rate(value: Decimal) -> str:
    """A stated or printed rate with all its digits, so that 20.0001% never looks like 20%."""
    return f"{plain(value * 100)}%"


def equals(left: str, value: Decimal) -> str:
    """An equation whose right side is an amount."""
    return f"{left} = {format_yuan(value)}" if _ends(value) else f"{left} ≈ {_cut(value)}"


def _ends(value: Decimal) -> bool:
    return value == value.quantize(FINEST)


def _cut(value: Decimal) -> str:
    return format_yuan(value.quantize(FEN, ROUND_DOWN))


def depends_on(labels: Iterable[str]) -> str:
    """A sentence that says which inputs still decide."""
    return say("depends_on", what=say("and_also").join(labels))
