"""The journal: an answer is kept once, masked, for so many days, with what was thought of it."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.records.journal import Record, SqliteJournal, Wanted
from bot.service.message import Feedback
from bot.service.sessions import PAST_MESSAGES
from tests.bot.conftest import ROOT
from tests.bot.records.entries import NOON, Clock, entry, journal_in, reply

pytestmark = pytest.mark.anyio


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def journal(tmp_path: Path, clock: Clock) -> Iterator[SqliteJournal]:
    with journal_in(tmp_path, clock) as journal:
        yield journal


def dump(folder: Path) -> str:
    connection = sqlite3.connect(folder / "luce.db")
    try:
        return "\n".join(connection.iterdump())
    finally:
        connection.close()


async def test_an_entry_is_found_as_it_was_kept(journal: SqliteJournal) -> None:
    number = await journal.keep(entry())

    assert await journal.find(number) == Record(number, entry())
    assert await journal.find(number + 1) is None


async def test_a_repetition_takes_the_place_of_the_former(journal: SqliteJournal) -> None:
    number = await journal.keep(entry("one"))
    await journal.judge(number, "bad", "wrong")

    assert await journal.keep(entry("two")) == number
    assert await journal.keep(replace(entry("two"), channel="other")) != number
    found = await journal.find(number)
    assert found is not None
    assert (found.entry.said.message, found.opinion, found.reason) == ("two", None, "")


async def test_what_identifies_a_person_is_never_on_disk(journal: SqliteJournal, tmp_path: Path) -> None:
    person = entry("我是13800138000，身份证11010519491231002X，研发费用12000000元")
    person = replace(person, reply=reply("您说的13800138000没有听懂，12000000元", session="13900139000"))
    number = await journal.keep(person)
    await journal.judge(number, "bad", "请打 13900139000")

    kept = dump(tmp_path)
    for number_of_a_person in ("13800138000", "11010519491231002X", "13900139000"):
        assert number_of_a_person not in kept
    found = await journal.find(number)
    assert found is not None
    assert found.entry.said.message == f"我是{'●' * 11}，身份证{'●' * 18}，研发费用12000000元"
    assert f"您说的{'●' * 11}没有听懂，12000000元" in found.entry.reply.text
    assert "0592-2021807" in found.entry.reply.text
    assert found.entry.reply.session == person.session
    assert found.entry.reply.citations == person.reply.citations


async def test_what_the_reply_repeats_is_masked_also_where_it_would_pass_for_a_sum(journal: SqliteJournal) -> None:
    number = await journal.keep(replace(entry("打 13800138000 吧"), reply=reply("按您说的13800138000元计算")))

    found = await journal.find(number)
    assert found is not None
    assert found.entry.reply.text.startswith(f"按您说的{'●' * 11}元计算")


async def test_a_telephone_that_the_reply_quotes_stays_in_it_also_where_a_person_wrote_it(
    journal: SqliteJournal,
) -> None:
    number = await journal.keep(replace(entry("0592-2021807"), reply=reply("0592-2021807")))

    found = await journal.find(number)
    assert found is not None
    assert found.entry.reply == reply("0592-2021807", session="test:s")


async def test_halves_of_characters_can_be_kept(journal: SqliteJournal) -> None:
    odd = replace(entry("half \ud83d"), reply=reply("half \ud83d"))

    found = await journal.find(await journal.keep(odd))

    assert found is not None
    assert found.entry.said.message == "half ?"


async def test_the_latest_come_first_and_only_what_is_wanted(journal: SqliteJournal) -> None:
    night = NOON.replace(hour=0, minute=0)
    times = [night - timedelta(seconds=1), night, NOON, night + timedelta(days=1)]
    numbers = [await journal.keep(entry(source=str(n), at=at)) for n, at in enumerate(times)]
    other = await journal.keep(
        replace(entry(source="x"), channel="other", reply=reply().model_copy(update={"outcome": "not_covered"}))
    )
    await journal.judge(numbers[0], "good", "")

    async def found(wanted: Wanted) -> list[int]:
        return [record.id for record in await journal.latest(wanted)]

    assert await found(Wanted()) == [other, *numbers[::-1]]
    assert await found(Wanted(most=2)) == [other, numbers[3]]
    assert await found(Wanted(before=numbers[2])) == numbers[1::-1]
    assert await found(Wanted(day=NOON.date())) == [other, numbers[2], numbers[1]]
    assert await found(Wanted(channel="other")) == [other]
    assert await found(Wanted(outcome="not_covered", day=NOON.date())) == [other]
    assert await found(Wanted(opinion="good")) == numbers[:1]
    assert await found(Wanted(day=date(2020, 1, 1))) == []


async def test_the_past_of_a_session_is_that_of_a_day_and_its_last_messages(
    journal: SqliteJournal, clock: Clock
) -> None:
    await journal.keep(entry("long ago", source="old", at=NOON - timedelta(hours=25)))
    await journal.keep(entry("of another", source="other", session="test:t"))
    for number in range(PAST_MESSAGES + 2):
        await journal.keep(entry(f"{number}", source=f"{number}"))

    past = await journal.past("test:s")

    assert [said.message for said in past] == [f"{number}" for number in range(2, PAST_MESSAGES + 2)]
    assert {(said.number, said.after) for said in past} == {(7, 5)}
    clock.now += timedelta(hours=24)
    assert await journal.past("test:s") == ()


async def test_a_message_without_a_number_has_that_of_its_turn(journal: SqliteJournal) -> None:
    uncounted = entry()
    await journal.keep(replace(uncounted, said=replace(uncounted.said, number=None), reply=reply(turn=3)))

    assert [said.number for said in await journal.past("test:s")] == [3]


async def test_an_opinion_of_nothing_is_told_so(journal: SqliteJournal) -> None:
    assert not await journal.judge(99, "good", "")


async def test_feedback_is_kept_once_with_its_record_and_without_naming_the_person(
    journal: SqliteJournal, tmp_path: Path
) -> None:
    session = journal.name("test", "PersonalName")
    by_source = await journal.keep(entry(source="m1", session=session))
    by_number = entry(source="m2", session=session)
    by_number_id = await journal.keep(replace(by_number, said=replace(by_number.said, number=8)))
    await journal.keep(entry(source="m3", session="test:of another"))

    first = Feedback("test", "f1", "PersonalName", "m1", "bad", ("不准确", "打13800138000"))
    await journal.keep_feedback(first)
    await journal.keep_feedback(replace(first, opinion="good"))  # a repetition, by its name
    await journal.keep_feedback(Feedback("test", "f2", "PersonalName", "8-5f3a", "good"))
    await journal.keep_feedback(Feedback("test", "f3", "PersonalName", "m3", "bad"))
    await journal.keep_feedback(Feedback("test", "f4", "PersonalName", "9" * 40, "bad"))

    opinions = {record.id: (record.opinion, record.reason) for record in await journal.latest(Wanted())}
    assert opinions.pop(by_source) == ("bad", "不准确; 打●●●●●●●●●●●")
    assert opinions.pop(by_number_id) == ("good", "")
    assert set(opinions.values()) == {(None, "")}
    kept = dump(tmp_path)
    assert kept.count('INSERT INTO "feedback"') == 4
    assert "PersonalName" not in kept
    assert "13800138000" not in kept


async def test_records_and_opinions_are_dropped_when_their_days_are_over(tmp_path: Path, clock: Clock) -> None:
    with journal_in(tmp_path, clock, kept_days=30) as journal:
        first = await journal.keep(entry(source="1"))
        await journal.keep_feedback(Feedback("test", "f1", "li", "1", "bad"))
        clock.now += timedelta(days=29)
        second = await journal.keep(entry(source="2", at=clock.now))
        await journal.prune()
        assert await journal.find(first) is not None

        clock.now += timedelta(days=1, seconds=1)
        await journal.prune()

        assert await journal.find(first) is None
        assert await journal.find(second) is not None
        assert 'INSERT INTO "feedback"' not in dump(tmp_path)
        assert await journal.keep(entry(source="3")) > second  # numbers are never used again


async def test_many_at_the_same_time_are_all_kept(journal: SqliteJournal) -> None:
    numbers = await asyncio.gather(*(journal.keep(entry(source=f"{n % 300}")) for n in range(600)))

    assert len(set(numbers)) == 300
    assert len(await journal.latest(Wanted(most=1000))) == 300


async def test_names_differ_by_person_channel_and_folder_and_last(tmp_path: Path, clock: Clock) -> None:
    names = []
    for folder in ("a", "a", "b"):
        with journal_in(tmp_path / folder, clock) as journal:
            names.append(journal.name("web", "li"))
            assert len({journal.name("web", "li"), journal.name("web", "wang"), journal.name("wecom", "li")}) == 3
            assert "li" not in journal.name("web", "li").removeprefix("web:")

    assert names[0] == names[1] != names[2]


KEEPING = """
import asyncio, itertools, sys
from pathlib import Path
from tests.bot.records.entries import Clock, entry, journal_in

async def main():
    with journal_in(Path(sys.argv[1]), Clock()) as journal:
        async def keep(lane):
            for number in itertools.count():
                print(await journal.keep(entry(source=f"{lane}.{number}")), f"{lane}.{number}", flush=True)
        await asyncio.gather(*(keep(lane) for lane in range(8)))

asyncio.run(main())
"""


async def test_a_kill_loses_nothing_that_was_acknowledged(tmp_path: Path, clock: Clock) -> None:
    acknowledged: dict[int, str] = {}
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", KEEPING, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        with process:
            assert process.stdout is not None
            for _ in range(200):
                number, source = process.stdout.readline().split()
                acknowledged[int(number)] = source
            process.kill()
            for line in process.stdout.read().splitlines(keepends=True):
                if line.endswith("\n"):
                    number, source = line.split()
                    acknowledged[int(number)] = source

    with journal_in(tmp_path, clock) as journal:
        kept = {record.id: record.entry.source for record in await journal.latest(Wanted(most=100_000))}
    assert acknowledged.items() <= kept.items()
    assert len(acknowledged) >= 200
