import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from starlette.routing import BaseRoute

from bot.channels.channel import DeliveryDelayed, Undeliverable
from bot.nlg.block import Block
from bot.nlg.message import ChannelCapabilities, Limit, OutboundMessage, utf8_bytes
from bot.nlg.wording import say
from bot.service.message import Admission, Delivery, InboundMessage, ReplyTarget
from bot.service.sessions import Responder
from tests.bot.channels.rig import Desk, Scripted, until

pytestmark = pytest.mark.anyio


class Letterbox:
    """A channel whose platform is a list; it can be told to fail."""

    name = "letterbox"
    capabilities = ChannelCapabilities(Limit(200, utf8_bytes), patience=0.0)

    def __init__(self) -> None:
        self.delivered: list[tuple[str, str, str]] = []
        self.shown: list[tuple[str, bool]] = []
        self.failures: list[Exception] = []
        self.stuck_after: int | None = None
        self.stuck = False

    def routes(self) -> Sequence[BaseRoute]:
        return ()

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def close(self) -> None: ...

    async def send(self, address: ReplyTarget, part: OutboundMessage, delivery: Delivery) -> None:
        if self.stuck_after is not None and len(self.delivered) >= self.stuck_after:
            self.stuck = True
            await asyncio.Event().wait()
        if self.failures:
            raise self.failures.pop(0)
        self.delivered.append((address["to"], part.text, delivery.key))

    async def show_progress(self, address: ReplyTarget, sentence: str, *, waits: bool) -> None:
        self.shown.append((sentence, waits))

    def to(self, person: str) -> list[str]:
        return [text for to, text, _ in self.delivered if to == person]


@asynccontextmanager
async def running(folder: Path, responder: Responder, box: Letterbox) -> AsyncIterator[Desk]:
    desk = Desk(folder, responder)
    await desk.start(box)
    try:
        yield desk
    finally:
        await desk.stop()


async def write(desk: Desk, words: str, *, person: str = "li", source_id: str | None = None) -> Admission:
    incoming = InboundMessage("letterbox", source_id or f"{person}.{words}", person, {"to": person}, words)
    return await desk.dispatcher.accept(incoming)


def long_answer(words: str) -> tuple[Block, ...]:
    return tuple(Block("said", f"{number} {words} " + "x" * 150) for number in range(4))


async def test_one_person_who_waits_holds_up_nobody_else(tmp_path: Path) -> None:
    box = Letterbox()
    box.failures = [DeliveryDelayed("busy", seconds=3600)]
    async with running(tmp_path, Scripted(), box) as desk:
        await write(desk, "one", person="blocked")
        await until(lambda: not box.failures)
        await write(desk, "two", person="free")

        await until(lambda: box.to("free") == ["answer to two"])
        await desk.dispatcher.stop(0)
    assert box.to("blocked") == []


async def test_a_delivery_that_is_delayed_is_repeated_with_the_same_key(tmp_path: Path) -> None:
    box = Letterbox()
    box.failures = [DeliveryDelayed("busy"), DeliveryDelayed("busy"), DeliveryDelayed("busy", seconds=0.01)]
    async with running(tmp_path, Scripted(), box) as desk:
        admission = await write(desk, "one")

        await until(lambda: box.delivered == [("li", "answer to one", f"luce-{admission.number}-0")])


@pytest.mark.parametrize("error", [Undeliverable("gone"), RuntimeError("a mistake of ours")])
async def test_an_answer_that_cannot_be_delivered_gives_way_to_the_next(tmp_path: Path, error: Exception) -> None:
    box = Letterbox()
    box.failures = [error]
    async with running(tmp_path, Scripted(), box) as desk:
        number = (await write(desk, "one")).number
        await write(desk, "two")

        await until(lambda: box.to("li") == ["answer to two"])
        assert (await desk.dispatcher.answer_to("letterbox", number))[0] == "failed"


async def test_a_part_that_went_out_before_a_crash_does_not_go_out_again(tmp_path: Path) -> None:
    box = Letterbox()
    box.stuck_after = 2
    async with running(tmp_path, Scripted(blocks=long_answer), box) as desk:
        await write(desk, "one")
        await until(lambda: box.stuck)
        await desk.dispatcher.stop(0)
    box.stuck_after = None
    responder = Scripted(blocks=long_answer)

    async with running(tmp_path, responder, box):
        await until(lambda: len(box.delivered) == 4)

    assert [text[0] for text in box.to("li")] == ["0", "1", "2", "3"]
    assert len({key for _, _, key in box.delivered}) == 4
    assert responder.heard == []  # the answer was on disk


async def test_a_conversation_goes_on_after_a_restart(tmp_path: Path) -> None:
    box = Letterbox()
    async with running(tmp_path, Scripted(), box) as desk:
        for words in ("one", "two"):
            await write(desk, words)
        await until(lambda: len(box.delivered) == 2)
    responder = Scripted()

    async with running(tmp_path, responder, box) as desk:
        await write(desk, "three")
        await until(lambda: len(box.delivered) == 3)

    assert responder.heard == ["one", "two", "three"]
    assert len(box.delivered) == 3


async def test_messages_of_a_channel_that_is_not_served_wait_for_it(tmp_path: Path) -> None:
    box = Letterbox()
    responder = Scripted(holding=True)
    async with running(tmp_path, responder, box) as desk:
        await write(desk, "one")
        await desk.dispatcher.stop(0)
    responder.holding = False
    desk = Desk(tmp_path, Scripted())
    await desk.start()
    await desk.stop()
    assert box.delivered == []

    async with running(tmp_path, Scripted(), box):
        await until(lambda: box.to("li") == ["answer to one"])


async def test_who_waits_behind_an_earlier_question_is_told_once(tmp_path: Path) -> None:
    box = Letterbox()
    responder = Scripted(holding=True)
    async with running(tmp_path, responder, box) as desk:
        for words in ("one", "two", "three"):
            await write(desk, words)
        await until(lambda: (say("waiting"), True) in box.shown)
        responder.holding = False
        await until(lambda: len(box.delivered) == 3)

    assert box.shown.count((say("waiting"), True)) == 1


async def test_who_is_refused_again_and_again_is_told_once_a_minute(tmp_path: Path) -> None:
    box = Letterbox()
    responder = Scripted(holding=True)
    async with running(tmp_path, responder, box) as desk:
        admissions = [await write(desk, str(number)) for number in range(10)]
        await until(lambda: box.to("li") == [say("refused_pending")])
        responder.holding = False
        await until(lambda: len(box.delivered) == 4)

    assert [a.verdict for a in admissions] == ["accepted"] * 3 + ["refused"] * 7
    assert {a.sentence for a in admissions[3:]} == {say("refused_pending")}


async def test_arrivals_are_greeted_and_are_not_part_of_the_conversation(tmp_path: Path) -> None:
    box = Letterbox()
    responder = Scripted()
    async with running(tmp_path, responder, box) as desk:
        for _ in range(2):
            await desk.dispatcher.accept(InboundMessage("letterbox", "day", "li", {"to": "li"}, kind="arrival"))
        await write(desk, "one")

        await until(lambda: box.to("li") == [say("hello"), "answer to one"])
    assert responder.heard == ["one"]


async def test_a_failure_is_logged_without_naming_anybody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    box = Letterbox()
    async with running(tmp_path, Scripted(fails=frozenset({"private words"})), box) as desk:
        await write(desk, "private words", person="PersonalName")
        await until(lambda: box.to("PersonalName") == [say("turn_failed")])

    record = next(record for record in caplog.records if record.exc_info)
    assert vars(record)["session"].startswith("letterbox:")
    assert "PersonalName" not in caplog.text
    assert "private words" not in caplog.text


async def test_two_hundred_people_at_once_are_all_answered_in_their_order(tmp_path: Path) -> None:
    box = Letterbox()
    async with running(tmp_path, Scripted(), box) as desk:

        async def talk(person: str) -> None:
            for words in ("a", "b", "c"):
                assert (await write(desk, words, person=person)).verdict == "accepted"

        await asyncio.gather(*(talk(f"p{number}") for number in range(200)))
        await until(lambda: len(box.delivered) == 600)

    assert all(box.to(f"p{n}") == ["answer to a", "answer to b", "answer to c"] for n in range(200))
