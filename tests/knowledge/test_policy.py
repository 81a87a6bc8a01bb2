"""The period of a policy, and the tree of its text."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.library import load_library
from knowledge.policy import Period, Policy

CLAUSE = "some-policy/s3.1"


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_library().main.policy


@pytest.mark.parametrize(
    ("start", "years", "end"),
    [
        (date(2025, 7, 1), 3, date(2028, 7, 1)),
        (date(2024, 2, 29), 3, date(2027, 2, 28)),
        (date(2024, 2, 29), 1, date(2025, 2, 28)),
        (date(2025, 12, 31), 2, date(2027, 12, 31)),
    ],
)
def test_a_period_ends_on_the_same_day_years_later(start: date, years: int, end: date) -> None:
    assert Period(years, CLAUSE, start).end == end


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 30))
def test_a_period_covers_its_first_day_and_not_the_day_it_ends(start: date, years: int) -> None:
    period = Period(years, CLAUSE, start)
    assert period.end is not None

    assert period.covers(start) is True
    assert period.covers(start - timedelta(days=1)) is False
    assert period.covers(period.end - timedelta(days=1)) is True
    assert period.covers(period.end) is False


def test_a_period_without_a_start_neither_covers_nor_excludes_a_day() -> None:
    period = Period(3, CLAUSE, None)

    assert period.end is None
    assert period.covers(date(2026, 1, 1)) is None


def test_a_period_from_one_leap_day_to_another_keeps_the_day() -> None:
    assert Period(4, CLAUSE, date(2024, 2, 29)).end == date(2028, 2, 29)


def test_every_clause_has_one_id_in_reading_order(policy: Policy) -> None:
    lines = [clause.line for clause in policy.clauses.values()]

    assert len(policy.clauses) > 50
    assert lines == sorted(lines)
    assert all(clause.id == key and key.startswith(f"{policy.id}/") for key, clause in policy.clauses.items())


def test_sentences_are_all_clauses_but_the_headings(policy: Policy) -> None:
    headings = [clause for clause in policy.clauses.values() if clause.is_heading]

    assert len(headings) == len(policy.sections) + len(policy.groups) + len(policy.measures)
    assert len(policy.sentences) + len(headings) == len(policy.clauses)


def test_a_measure_holds_its_heading_and_its_sentences(policy: Policy) -> None:
    measure = policy.measures[7]

    assert measure.clauses[0].text == f"7.{measure.title}"
    assert [clause.id for clause in measure.clauses] == [f"{policy.id}/7.{n}" for n in range(len(measure.clauses))]
    assert {clause.measure for clause in measure.clauses} == {7}
