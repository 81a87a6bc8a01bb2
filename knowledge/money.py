"""Yuan, rates and counts as the official text prints them, exact on `Decimal`."""

import re
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from knowledge.errors import UnreadableAmount
from knowledge.numerals import HUNDRED_MILLION, TEN_THOUSAND, YUAN, read_number

_AMOUNT = re.compile(rf"(?P<number>[^{YUAN}%]+?){YUAN}")
_RATE = re.compile(r"(?P<number>\d+(?:\.\d+)?)%")
_FOUR_PLACES = Decimal("0.0001")
_PLACES = (Decimal("0.01"), _FOUR_PLACES, Decimal("0.000001"))
_WAN, _YI, _FEN = Decimal(10**4), Decimal(10**8), Decimal("0.01")


def parse_yuan(text: str) -> Decimal:
    """Yuan of a printed amount.

    >>> parse_yuan("500" + TEN_THOUSAND + YUAN)
    Decimal('5000000')

    Raises:
        UnreadableAmount: the text is not an amount that ends in the unit.
    """
    match = _AMOUNT.fullmatch(text)
    number = read_number(match["number"]) if match else None
    if number is None or number.vague:
        raise UnreadableAmount(f"{text!r} is not an amount in yuan; write it as the clause prints it")
    return number.value


def parse_rate(text: str) -> Decimal:
    """A printed percentage as a fraction of one.

    >>> parse_rate("10%")
    Decimal('0.1')

    Raises:
        UnreadableAmount: the text is not a percentage.
    """
    match = _RATE.fullmatch(text)
    if match is None:
        raise UnreadableAmount(f"{text!r} is not a rate; write it as the clause prints it, with a percent sign")
    return Decimal(match["number"]) / 100


def plain(value: Decimal) -> str:
    """Digits without exponent or trailing zeros.

    >>> plain(Decimal("1.20E+3")), plain(Decimal("0.50"))
    ('1200', '0.5')
    """
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def format_yuan(value: Decimal) -> str:
    """An amount as people read it: in its large units where that stays short and exact, else in yuan to the fen.

    >>> format_yuan(Decimal(600000)) == "60" + TEN_THOUSAND + YUAN, format_yuan(Decimal("12.5")) == "12.5" + YUAN
    (True, True)
    """
    magnitude = abs(value)
    for unit, name in ((_YI, HUNDRED_MILLION), (_WAN, TEN_THOUSAND)):
        scaled = magnitude / unit
        if magnitude >= unit and scaled == scaled.quantize(Decimal("0.0001")):
            return f"{plain(value / unit)}{name}{YUAN}"
    return f"{plain(value)}{YUAN}"


def format_rate(value: Decimal) -> str:
    """A fraction of one as a percentage, exact if it ends within four decimals, else rounded to two or more.

    A rounded percentage is never whole: 19.999999 % must not be read as 20 % beside a threshold of 20 %.

    >>> format_rate(Decimal("0.205")), format_rate(Decimal(2) / 3), format_rate(Decimal("0.19999999"))
    ('20.5%', '66.67%', '19.999999%')
    """
    percent = value * 100
    if percent == percent.quantize(_FOUR_PLACES):
        return f"{plain(percent)}%"
    for places in _PLACES:
        rounded = percent.quantize(places, rounding=ROUND_HALF_UP)
        if rounded != rounded.to_integral_value():
            return f"{plain(rounded)}%"
    return f"{plain(percent.quantize(_PLACES[-1], rounding=ROUND_DOWN))}%"


def whole_fen(value: Decimal) -> bool:
    """Whether the amount can be paid: it has no fraction of a fen."""
    return value == value.quantize(_FEN)
