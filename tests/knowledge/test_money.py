"""Amounts and rates as the official text prints them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.errors import UnreadableAmount
from knowledge.money import format_rate, format_yuan, parse_rate, parse_yuan, plain, whole_fen

amounts = st.integers(0, 10**14).map(lambda fen: Decimal(fen) / 100)


@given(amounts)
def test_an_amount_survives_being_printed_and_read(amount: Decimal) -> None:
    assert parse_yuan(format_yuan(amount)) == amount


@given(st.integers(0, 10**6).map(lambda n: Decimal(n) / 10**6))
def test_a_rate_of_four_decimals_survives_being_printed_and_read(rate: Decimal) -> None:
    assert parse_rate(format_rate(rate)) == rate


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=0, max_value=10**12, places=6))
def test_plain_digits_keep_the_value_without_exponent(value: Decimal) -> None:
    text = plain(value.normalize())

    assert Decimal(text) == value
    assert "E" not in text
    assert not text.endswith((".", ".0"))


@pytest.mark.parametrize(
    ("text", "yuan"),
    [
        ("500万元", "5000000"),
        ("3000万元", "30000000"),
        ("100亿元", "10000000000"),
        ("1,200万元", "12000000"),
        ("0.5元", "0.5"),
        ("十万元", "100000"),
    ],
)
def test_a_printed_amount_is_read_exactly(text: str, yuan: str) -> None:
    assert parse_yuan(text) == Decimal(yuan)


@pytest.mark.parametrize("text", ["", "元", "500万", "一千来万元", "-5万元", "10%元", "nan元", "五百万圆", "500万元整"])
def test_what_is_no_amount_is_refused_with_its_words(text: str) -> None:
    with pytest.raises(UnreadableAmount, match="as the clause prints it") as caught:
        parse_yuan(text)

    assert repr(text) in str(caught.value)


@pytest.mark.parametrize(("text", "rate"), [("10%", "0.1"), ("0.5%", "0.005"), ("100%", "1"), ("3.4%", "0.034")])
def test_a_printed_rate_is_a_fraction_of_one(text: str, rate: str) -> None:
    assert parse_rate(text) == Decimal(rate)


@pytest.mark.parametrize("text", ["", "10", "%", "-1%", "1e1%", "10.%", "百分之十", "10%以上"])
def test_what_is_no_rate_is_refused_with_its_words(text: str) -> None:
    with pytest.raises(UnreadableAmount, match="percent sign") as caught:
        parse_rate(text)

    assert repr(text) in str(caught.value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0", "0元"),
        ("12.50", "12.5元"),
        ("9999.99", "9999.99元"),
        ("10000", "1万元"),
        ("600000", "60万元"),
        ("1E+6", "100万元"),
        ("123456789", "12345.6789万元"),
        ("150000000", "1.5亿元"),
        ("-60000", "-6万元"),
    ],
)
def test_an_amount_is_printed_in_the_unit_that_stays_short(value: str, text: str) -> None:
    assert format_yuan(Decimal(value)) == text


@pytest.mark.parametrize(("value", "text"), [("0.205", "20.5%"), ("1", "100%"), ("0", "0%"), ("0.33333333", "33.33%")])
def test_a_rate_is_printed_as_a_percentage(value: str, text: str) -> None:
    assert format_rate(Decimal(value)) == text


@pytest.mark.parametrize(("value", "payable"), [("0.01", True), ("15.50", True), ("0.005", False)])
def test_an_amount_can_be_paid_to_the_fen(value: str, payable: bool) -> None:
    assert whole_fen(Decimal(value)) is payable
