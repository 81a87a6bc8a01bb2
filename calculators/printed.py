"""Types of the figures in a rule, which stand there as the clause prints them."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator

from knowledge.errors import UnreadableAmount
from knowledge.money import parse_rate, parse_yuan

_COUNT = re.compile(r"(?P<number>[1-9]\d*)\D+")


def parse_count(text: str) -> int:
    """Whole number of a printed count such as two years, in digits followed by its unit.

    Raises:
        UnreadableAmount: the text is not a positive whole number with a unit.
    """
    match = _COUNT.fullmatch(text)
    if match is None:
        raise UnreadableAmount(f"{text!r} is not a count; write it as the clause prints it, with its unit")
    return int(match["number"])


def _printed(parse: Callable[[str], Decimal | int]) -> BeforeValidator:
    def read(value: object) -> Decimal | int:
        if not isinstance(value, str):
            raise ValueError(f"{value!r} is not text; write the figure as the clause prints it")
        try:
            figure = parse(value)
        except UnreadableAmount as error:
            raise ValueError(str(error)) from error
        if figure <= 0:
            raise ValueError(f"{value!r} must be above zero")
        return figure

    return BeforeValidator(read)


PrintedYuan = Annotated[Decimal, _printed(parse_yuan)]
PrintedRate = Annotated[Decimal, _printed(parse_rate)]
PrintedCount = Annotated[int, _printed(parse_count)]
