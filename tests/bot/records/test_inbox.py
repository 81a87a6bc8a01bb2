import asyncio
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.records.inbox import KEPT_DAYS, MOST_PENDING, Inbox
from bot.records.schema import open_records
from bot.service.message import InboundMessage
from bot.service.sessions import PAST_AGE

pytestmark = pytest.mark.anyio
NOON = datetime(2026, 9, 21, 12, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def inbox(tmp_path: Path, clock: Clock) -> AsyncIterator[Inbox]:
    database = open_records(tmp_path)
    inbox = Inbox(database, clock, most_open=8, per_minute=5)
    await inbox.open()
    yield inbox
    database.close()


def said(words: str, *, source_id: str | None = None, person: str = "li", revises: str | None = None) -> InboundMessage:
    return InboundMessage("test", source_id or words, person, {"to": person}, words, revises=revises)


async def accept(inbox: Inbox, incoming: InboundMessage) -> int:
    admission, refusal = await inbox.accept(incoming)
    assert (admission.verdict, refusal) == ("accepted", None)
    return admission.number


async def answer(inbox: Inbox, incoming: InboundMessage) -> int:
    number = await accept(inbox, incoming)
    await inbox.answered(number, "[]")
    await inbox.done(number)
    return number


async def test_a_message_waits_until_it_is_done(inbox: Inbox) -> None:
    number = await accept(inbox, said("hello"))
    session = inbox.session_of(said("hello"))

    waiting = await inbox.next(session)
    assert waiting is not None
    assert (waiting.number, waiting.words) == (number, "hello")
    assert (waiting.address, waiting.status) == ({"to": "li"}, "waiting")

    await inbox.answered(number, '["parts"]')
    await inbox.sent(number, 1)
    answered = await inbox.next(session)
    assert answered is not None
    assert (answered.parts, answered.sent, answered.status) == ('["parts"]', 1, "answered")

    await inbox.done(number)
    assert await inbox.next(session) is None


async def test_one_name_on_the_platform_is_one_message(inbox: Inbox) -> None:
    number = await accept(inbox, said("hello"))

    outcomes = await asyncio.gather(*(inbox.accept(said("hello")) for _ in range(3)))

    assert {(admission.verdict, admission.number) for admission, _ in outcomes} == {("duplicate", number)}


async def test_the_same_name_on_another_channel_is_another_message(inbox: Inbox) -> None:
    await accept(inbox, said("hello"))

    await accept(inbox, InboundMessage("other", "hello", "li", {}, "hello"))


async def test_messages_of_a_session_come_in_the_order_of_their_acceptance(inbox: Inbox) -> None:
    numbers = [await accept(inbox, said(words)) for words in ("c", "a", "b")]
    session = inbox.session_of(said("c"))

    seen = []
    while message := await inbox.next(session):
        seen.append(message.number)
        await inbox.done(message.number)

    assert seen == numbers == sorted(numbers)


async def test_open_names_what_is_left_to_do_the_longest_waiting_first(tmp_path: Path, clock: Clock) -> None:
    database = open_records(tmp_path)
    inbox = Inbox(database, clock)
    await inbox.open()
    await accept(inbox, said("one", person="wang"))
    await accept(inbox, said("two", person="li"))
    await answer(inbox, said("three", person="zhao"))
    sessions = [("test", inbox.session_of(said("x", person=person))) for person in ("wang", "li")]
    database.close()

    database = open_records(tmp_path)
    assert list(await Inbox(database, clock).open()) == sessions
    database.close()


async def test_a_fourth_open_message_of_a_person_is_refused_and_stays_refused(inbox: Inbox) -> None:
    for number in range(MOST_PENDING):
        await accept(inbox, said(str(number)))

    admission, refusal = await inbox.accept(said("more"))
    assert (admission.verdict, refusal) == ("refused", "pending")

    again, reason = await inbox.accept(said("more"))
    assert (again.verdict, again.number, reason) == ("duplicate", admission.number, None)
    await accept(inbox, said("other", person="wang"))


async def test_a_person_may_send_so_many_a_minute(inbox: Inbox, clock: Clock) -> None:
    for number in range(5):
        await answer(inbox, said(str(number)))

    assert (await inbox.accept(said("six")))[1] == "rate"
    clock.now += timedelta(seconds=61)
    await accept(inbox, said("seven"))


async def test_refused_messages_do_not_count_towards_the_rate(inbox: Inbox, clock: Clock) -> None:
    for number in range(5):
        await answer(inbox, said(str(number)))
    clock.now += timedelta(seconds=50)
    assert (await inbox.accept(said("six")))[1] == "rate"
    clock.now += timedelta(seconds=11)

    await accept(inbox, said("seven"))


async def test_a_full_inbox_refuses_everybody_until_there_is_room(inbox: Inbox) -> None:
    numbers = [await accept(inbox, said(str(n), person=f"p{n}")) for n in range(8)]

    assert (await inbox.accept(said("more", person="new")))[1] == "full"
    await inbox.done(numbers[0])
    await inbox.done(numbers[0])  # said twice, counted once
    await accept(inbox, said("again", person="new"))
    assert (await inbox.accept(said("too many", person="newer")))[1] == "full"


async def test_refused_words_and_addresses_are_not_kept(inbox: Inbox, tmp_path: Path) -> None:
    for number in range(MOST_PENDING):
        await accept(inbox, said(str(number)))
    await inbox.accept(said("private words", source_id="x"))

    kept = sqlite3.connect(tmp_path / "luce.db").execute("SELECT words, address FROM messages WHERE source_id = 'x'")
    assert kept.fetchone() == ("", "{}")


async def test_the_address_is_dropped_when_the_answer_is_out_and_no_person_is_named(
    inbox: Inbox, tmp_path: Path
) -> None:
    await answer(inbox, InboundMessage("test", "1", "PersonalName", {"to": "PersonalName"}, "hello"))

    dump = "\n".join(sqlite3.connect(tmp_path / "luce.db").iterdump())
    assert "hello" in dump
    assert "PersonalName" not in dump


async def test_past_is_what_was_said_before_on_that_day_without_what_was_refused(inbox: Inbox, clock: Clock) -> None:
    await answer(inbox, said("long ago"))
    clock.now += PAST_AGE + timedelta(minutes=1)
    first = await answer(inbox, said("first"))
    await answer(inbox, said("of another", person="wang"))
    await answer(inbox, InboundMessage("test", "greeting", "li", {}, "", "arrival"))
    second = await answer(inbox, said("edited", source_id="first.2", revises="first"))
    third = await accept(inbox, said("third"))
    message = await inbox.find("test", third)
    assert message is not None

    past = await inbox.past(message)

    assert [(p.number, p.words, p.instead_of) for p in past] == [(first, "first", None), (second, "edited", first)]
    assert {p.as_of for p in past} == {clock.now.date()}


async def test_an_edit_of_something_unknown_is_a_message_of_its_own(inbox: Inbox) -> None:
    number = await accept(inbox, said("edited", revises="never seen"))

    message = await inbox.find("test", number)
    assert message is not None
    assert message.instead_of is None


async def test_numbers_are_never_used_again(inbox: Inbox, clock: Clock) -> None:
    first = await answer(inbox, said("first"))
    clock.now += timedelta(days=KEPT_DAYS, minutes=1)
    await inbox.prune()

    assert await inbox.find("test", first) is None
    assert await accept(inbox, said("second")) > first


async def test_prune_keeps_what_is_not_answered(inbox: Inbox, clock: Clock) -> None:
    number = await accept(inbox, said("waiting"))
    clock.now += timedelta(days=KEPT_DAYS, minutes=1)
    await inbox.prune()

    assert await inbox.find("test", number) is not None


async def test_sessions_keep_their_names_over_a_restart_and_differ_between_files(tmp_path: Path, clock: Clock) -> None:
    names = []
    for folder in ("a", "a", "b"):
        database = open_records(tmp_path / folder)
        names.append(Inbox(database, clock).session_of(said("x")))
        database.close()

    assert names[0] == names[1] != names[2]


async def test_marks_are_kept_by_name(inbox: Inbox) -> None:
    await inbox.mark("kf.a", "1")
    await inbox.mark("kf.b", "2")
    await inbox.mark("kf.a", "3")

    assert await inbox.marks("kf.") == {"kf.a": "3", "kf.b": "2"}
    assert await inbox.marks("kf_") == {}


async def test_what_identifies_a_person_is_never_on_disk(inbox: Inbox, tmp_path: Path) -> None:
    await accept(inbox, said("我的电话13800138000，研发费用12000000元", source_id="1"))

    dump = "\n".join(sqlite3.connect(tmp_path / "luce.db").iterdump())
    assert "13800138000" not in dump
    assert "研发费用12000000元" in dump
