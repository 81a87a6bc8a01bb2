"""Figures as clauses print them."""

import pytest

from calculators.printed import parse_count
from knowledge.errors import UnreadableAmount


def test_a_count_is_read_with_its_unit() -> None:
    assert (parse_count("2年"), parse_count("12个月")) == (2, 12)


@pytest.mark.parametrize("text", ["2", "两年", "0年", "2.5年", "年", "-2年"])
def test_other_counts_are_refused(text: str) -> None:
    with pytest.raises(UnreadableAmount, match="count"):
        parse_count(text)
