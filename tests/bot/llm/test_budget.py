"""Budgets: what is taken out, what comes back, what a day is, and what a restart remembers."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.llm.budget import FILE, LEAST_ANSWER, Day, Turn, grant, tokens_in
from bot.llm.clocks import CHINA

NOON = datetime(2026, 3, 2, 12, tzinfo=CHINA)


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("研发费用", 4), ("abc", 1), ("abcd", 2), ("研发200万元", 5), ("😀", 1)]
)
def test_tokens_are_estimated_by_characters(text: str, tokens: int) -> None:
    assert tokens_in(text) == tokens


def test_a_call_gets_what_the_turn_has_left() -> None:
    turn = Turn(1000)
    first = grant(300, 1000, (turn,))
    assert first is not None
    first.settle(400)

    second = grant(300, 1000, (turn,))

    assert (first.answer, second and second.answer) == (700, 300)


def test_without_room_for_an_answer_nothing_is_granted_and_nothing_lost() -> None:
    turn, day = Turn(1000), Day(100, lambda: NOON, None)

    assert grant(100 - LEAST_ANSWER + 1, 1000, (turn, day)) is None
    assert day.used == 0
    assert turn.take(1000, 1000) == 1000


def test_the_scarcer_pool_decides() -> None:
    turn, day = Turn(1000), Day(500, lambda: NOON, None)
    granted = grant(100, 1000, (turn, day))

    assert granted is not None
    assert (granted.answer, day.used, turn.take(500, 1000)) == (400, 500, 500)


def test_what_was_used_beyond_the_grant_is_counted() -> None:
    turn, day = Turn(1000), Day(5000, lambda: NOON, None)
    granted = grant(100, 1000, (turn, day))
    assert granted is not None
    granted.settle(1200)

    assert day.used == 1200
    assert grant(1, 1000, (turn, day)) is None


@given(
    st.integers(1, 500), st.integers(1, 500), st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), max_size=8)
)
def test_what_is_settled_is_what_is_used(turn_tokens: int, day_tokens: int, calls: list[tuple[int, int]]) -> None:
    turn, day, used = Turn(turn_tokens), Day(day_tokens, lambda: NOON, None), 0
    for asked, cost in calls:
        if granted := grant(asked, turn_tokens, (turn, day)):
            assert asked + granted.answer + used <= min(turn_tokens, day_tokens)
            granted.settle(min(cost, asked + granted.answer))
            used += min(cost, asked + granted.answer)

    assert day.used == used


def test_a_new_day_in_china_begins_with_nothing_used() -> None:
    at = datetime(2026, 3, 2, 23, 59, tzinfo=CHINA)
    day = Day(1000, lambda: at, None)
    assert day.take(1, 1000) == 1000
    assert day.take(1, 1000) == 0

    at += timedelta(minutes=1)

    assert day.take(1, 1000) == 1000


def test_a_restart_remembers_the_day(tmp_path: Path) -> None:
    Day(1000, lambda: NOON, tmp_path / FILE).take(1, 700)

    assert Day(1000, lambda: NOON, tmp_path / FILE).take(1, 1000) == 300
    assert Day(1000, lambda: NOON + timedelta(days=1), tmp_path / FILE).take(1, 1000) == 1000


def test_processes_share_the_file(tmp_path: Path) -> None:
    one, other = (Day(1000, lambda: NOON, tmp_path / "data" / FILE) for _ in range(2))
    one.take(1, 400)
    other.take(1, 400)
    one.give_back(100)

    assert one.used == other.used == 700


def test_the_file_holds_a_day_and_a_number(tmp_path: Path) -> None:
    Day(1000, lambda: NOON, tmp_path / FILE).take(1, 5)

    assert json.loads((tmp_path / FILE).read_text("utf-8")) == {"day": "2026-03-02", "tokens": 5}
    assert {path.name for path in tmp_path.iterdir()} == {FILE, f"{FILE}.lock"}


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"day": "2026-03-02", "tokens": "many"}', "\udcff"])
def test_a_broken_file_is_replaced_and_what_is_in_memory_holds(tmp_path: Path, content: str) -> None:
    day = Day(1000, lambda: NOON, tmp_path / FILE)
    day.take(1, 400)
    (tmp_path / FILE).write_bytes(content.encode("utf-8", "surrogateescape"))

    assert day.take(1, 1000) == 600
    assert Day(1000, lambda: NOON, tmp_path / FILE).used == 1000


def test_a_folder_that_cannot_be_written_leaves_the_count_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    day = Day(1000, lambda: NOON, tmp_path / "file" / FILE)

    assert (day.take(1, 600), day.take(1, 600), day.take(1, 600)) == (600, 400, 0)


@pytest.mark.parametrize("holders", [1, 8], ids=["one for all", "one each, as processes have"])
def test_threads_take_no_token_twice(tmp_path: Path, holders: int) -> None:
    days = [Day(1000, lambda: NOON, tmp_path / FILE) for _ in range(holders)]

    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(lambda number: days[number % holders].take(1, 7), range(200)))

    assert sum(taken) == days[0].used == 1000
