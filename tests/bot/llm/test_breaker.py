"""The circuit breaker: it opens, rests, tries once, and closes."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.llm.breaker import FAILURES, REST, Breaker, Switch


def failed(times: int, at: float = 0) -> Breaker:
    breaker = Breaker()
    for _ in range(times):
        breaker = breaker.passed().failed(at)
    return breaker


@pytest.mark.parametrize("times", range(FAILURES))
def test_a_few_failures_open_nothing(times: int) -> None:
    assert failed(times).lets_pass(0)


def test_five_in_a_row_open_it_for_half_a_minute() -> None:
    breaker = failed(5, at=100)

    assert not breaker.lets_pass(100)
    assert not breaker.lets_pass(129.9)
    assert breaker.lets_pass(130)


def test_a_success_between_failures_counts_them_anew() -> None:
    breaker = failed(4).succeeded()
    for _ in range(4):
        breaker = breaker.failed(0)

    assert breaker.lets_pass(0)


def test_after_the_rest_one_call_tries_and_no_other() -> None:
    trying = failed(5).passed()

    assert not trying.lets_pass(REST)
    assert not trying.lets_pass(10 * REST)


def test_a_try_that_fails_begins_the_rest_anew() -> None:
    breaker = failed(5).passed().failed(REST)

    assert not breaker.lets_pass(2 * REST - 1)
    assert breaker.lets_pass(2 * REST)


def test_a_try_that_succeeds_closes_it() -> None:
    assert failed(5).passed().succeeded() == Breaker()


def test_of_many_threads_one_tries() -> None:
    at = 0.0
    switch = Switch(lambda: at)
    for _ in range(FAILURES):
        assert switch.enter()
        switch.leave(well=False)
    at = REST

    with ThreadPoolExecutor(16) as threads:
        let_in = list(threads.map(lambda _: switch.enter(), range(200)))

    assert sum(let_in) == 1
