"""A citation says only what its clause says."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.citation import Citation
from knowledge.errors import BrokenQuotation
from knowledge.policy import Clause

TEXT = "对科技型中小企业创新项目给予最高100万元支持。"
CLAUSE = Clause("some-policy/7.1", TEXT, 12, "7.增强科技型中小企业创新能力", 7)
LABEL = "《…若干措施》政策解读 四（三）第7条"


@given(st.integers(0, len(TEXT) - 1), st.integers(1, len(TEXT)))
def test_any_part_of_a_clause_can_be_quoted(start: int, length: int) -> None:
    quote = TEXT[start : start + length]

    assert Citation(CLAUSE, quote, LABEL).quote == quote


@given(st.text())
def test_a_quotation_is_in_the_clause_or_refused(quote: str) -> None:
    if quote and quote in TEXT:
        assert Citation(CLAUSE, quote, LABEL).quote == quote
    else:
        with pytest.raises(BrokenQuotation):
            Citation(CLAUSE, quote, LABEL)


@pytest.mark.parametrize("quote", ["", "最高200万元", "最高１００万元", "最高 100万元", TEXT + TEXT])
def test_words_that_the_clause_does_not_say_are_refused(quote: str) -> None:
    with pytest.raises(BrokenQuotation, match=r"some-policy/7\.1 does not say") as caught:
        Citation(CLAUSE, quote, LABEL)

    assert repr(quote) in str(caught.value)


def test_a_citation_cannot_be_changed_after_it_was_verified() -> None:
    citation = Citation(CLAUSE, "最高100万元", LABEL)

    with pytest.raises(dataclasses.FrozenInstanceError):
        citation.quote = "最高200万元"  # type: ignore[misc]
