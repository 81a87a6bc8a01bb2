"""The dispatcher keeps an account of what it answers: once, masked, and before the answer is out."""

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from bot.records.journal import Wanted
from bot.service.message import Feedback, InboundMessage
from tests.bot.channels.rig import NOW, Scripted, until
from tests.bot.channels.test_dispatcher import Letterbox, running, write

pytestmark = pytest.mark.anyio


async def test_an_answer_is_on_record_when_it_reaches_its_person(tmp_path: Path) -> None:
    box = Letterbox()
    async with running(tmp_path, Scripted(), box) as desk:
        number = (await write(desk, "hello", source_id="m1")).number
        await until(lambda: box.delivered)

        (record,) = await desk.journal.latest(Wanted())
        entry = record.entry
        assert (entry.channel, entry.source, entry.session) == ("letterbox", "m1", desk.journal.name("letterbox", "li"))
        assert (entry.said.message, entry.said.number, entry.said.as_of) == ("hello", number, NOW.date())
        assert (entry.at, entry.reply.text, entry.by) == (NOW, "answer to hello", "")


async def test_what_identifies_a_person_reaches_neither_the_disk_nor_the_answer(tmp_path: Path) -> None:
    box, responder = Letterbox(), Scripted()
    async with running(tmp_path, responder, box) as desk:
        await write(desk, "我是13800138000，研发费用12000000元", source_id="m1")
        await until(lambda: box.delivered)

    masked = f"我是{'●' * 11}，研发费用12000000元"
    assert responder.heard == [masked]
    assert box.to("li") == [f"answer to {masked}"]
    for file in tmp_path.iterdir():
        assert b"13800138000" not in file.read_bytes()


async def test_an_answer_that_a_crash_kept_from_the_inbox_is_on_record_once(tmp_path: Path) -> None:
    box = Letterbox()
    async with running(tmp_path, Scripted(), box) as desk:
        await write(desk, "hello")
        await until(lambda: box.delivered)
    with sqlite3.connect(tmp_path / "luce.db") as connection:  # as it stands between the record and the inbox
        connection.execute("UPDATE messages SET status = 'waiting', parts = '', address = '{\"to\": \"li\"}'")
    connection.close()

    async with running(tmp_path, Scripted(), box) as desk:
        await until(lambda: len(box.delivered) == 2)
        assert [record.id for record in await desk.journal.latest(Wanted())] == [1]


async def test_what_is_no_turn_or_failed_is_not_on_record(tmp_path: Path) -> None:
    box = Letterbox()
    async with running(tmp_path, Scripted(fails=frozenset({"fail"})), box) as desk:
        await write(desk, "fail")
        await desk.dispatcher.accept(InboundMessage("letterbox", "a", "li", {"to": "li"}, "", "arrival"))
        await desk.dispatcher.accept(InboundMessage("letterbox", "u", "wang", {"to": "wang"}, "image", "unreadable"))
        await until(lambda: len(box.delivered) == 3)

        assert await desk.journal.latest(Wanted()) == []


async def test_an_opinion_that_a_channel_reports_stands_with_its_record(tmp_path: Path) -> None:
    box = Letterbox()
    async with running(tmp_path, Scripted(), box) as desk:
        await write(desk, "hello", source_id="m1")
        await until(lambda: box.delivered)

        await desk.dispatcher.feedback(Feedback("letterbox", "f1", "li", "m1", "bad", ("incomplete",)))

        (record,) = await desk.journal.latest(Wanted(opinion="bad"))
        assert record.reason == "incomplete"


async def test_a_start_drops_what_is_older_than_it_is_to_be_kept(tmp_path: Path) -> None:
    box = Letterbox()
    async with running(tmp_path, Scripted(), box) as desk:
        await write(desk, "hello")
        await until(lambda: box.delivered)
        desk.clock.now += timedelta(days=366)
        await desk.dispatcher.start(desk.dispatcher._channels)

        assert await desk.journal.latest(Wanted()) == []
