import asyncio
import itertools
import json
import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.app import App
from bot.channels.channel import Channel
from bot.channels.wecom.aibot_websocket import AibotWebsocket
from bot.channels.wecom.websocket_client import Timing
from bot.nlg.block import Block
from bot.nlg.wording import say
from bot.service.message import Medium
from bot.service.rewriter import Rewriter
from bot.service.sessions import Responder
from bot.settings import WecomSocketSettings
from tests.bot.channels.bot_peer import event, node, text
from tests.bot.channels.contract import ChannelContract
from tests.bot.channels.rewriter import CLAUSE, WORDS, ScriptedRewriter
from tests.bot.channels.rig import Desk, Rig, Scripted, until
from tests.bot.channels.socket_peer import BOT, SECRET, Exchange, Frame, exchange

pytestmark = pytest.mark.anyio

QUICK = Timing(beat=0.05, acknowledged=1.0, soonest=0.02, latest=0.1, after_refusal=0.02)
GROUP = {"chatid": "wrGroup"}


@dataclass
class SocketRig:
    desk: Desk
    channel: Channel
    there: Exchange

    async def write(self, person: str, words: str, *, source_id: str | None = None) -> None:
        named = {"msgid": source_id} if source_id else {}
        pushed = await self.there.push(person, text(words) | named)
        await until(lambda: self._is_written(pushed["msgid"]))

    async def show(self, person: str, medium: Medium) -> None:
        await self.there.push(person, {"msgtype": medium, medium: {"url": "https://example.invalid/x", "aeskey": "k"}})

    async def heard(self, person: str) -> list[str]:
        return [words for to, words in self.there.finished if to == person]

    async def progress(self, person: str) -> int:
        return sum(to == person for to, _ in self.there.shown)

    async def status(self, number: int) -> str:
        message = await self.desk.inbox.find("wecom_socket", number)
        return message.status if message else "unknown"

    def sent(self, command: str) -> list[Frame]:
        return [frame for frame in self.there.frames if frame["cmd"] == command]

    async def _is_written(self, source_id: str) -> bool:
        for number in itertools.count(1):
            message = await self.desk.inbox.find("wecom_socket", number)
            if message is None or message.source_id == source_id:
                break
        return message is not None


@asynccontextmanager
async def running(
    folder: Path,
    responder: Responder,
    *,
    secret: str = SECRET,
    timing: Timing = QUICK,
    rewriter: Rewriter | None = None,
) -> AsyncIterator[SocketRig]:
    async with exchange() as there:
        settings = WecomSocketSettings(bot=BOT, secret=SecretStr(secret), url=there.url)
        desk = Desk(folder, responder, rewriter=rewriter)
        channel = AibotWebsocket(settings, desk.dispatcher, timing=timing)
        await desk.start(channel)
        try:
            yield SocketRig(desk, channel, there)
        finally:
            await desk.stop()


class TestContract(ChannelContract):
    def rig(self, folder: Path, responder: Responder) -> AbstractAsyncContextManager[Rig]:
        return running(folder, responder)


async def test_an_answer_grows_in_the_place_of_the_question(tmp_path: Path) -> None:
    responder = Scripted(holding=True)
    async with running(tmp_path, responder) as rig:
        pushed = await rig.there.push("li", text("hello"))
        await until(lambda: rig.there.shown == [("li", say("looking_up"))])
        responder.holding = False
        await until(lambda: rig.there.finished == [("li", "answer to hello")])

        frames = rig.sent("aibot_respond_msg")
        assert {frame["headers"]["req_id"] for frame in frames} == {pushed["req_id"]}
        assert len({frame["body"]["stream"]["id"] for frame in frames}) == 1
        assert rig.sent("aibot_send_msg") == []


async def test_an_answer_is_shown_before_its_words_are_final(tmp_path: Path, app: App) -> None:
    rewriter = ScriptedRewriter(held=True)
    async with running(tmp_path, app.desk, rewriter=rewriter) as rig:
        await rig.there.push("li", text("研发费用补助怎么算？"))
        await until(lambda: any(CLAUSE in words for _, words in rig.there.shown))
        assert rig.there.finished == []
        rewriter.held = False
        await until(lambda: rig.there.finished)
        assert rig.there.finished[0][1].startswith(WORDS)
        assert CLAUSE in rig.there.finished[0][1]


async def test_whoever_comes_in_is_greeted(tmp_path: Path) -> None:
    async with running(tmp_path, Scripted()) as rig:
        pushed = await rig.there.push("li", event("enter_chat"))

        await until(lambda: rig.there.greeted == [("li", say("hello"))])
        (frame,) = rig.sent("aibot_respond_welcome_msg")
        assert frame["headers"]["req_id"] == pushed["req_id"]


async def test_a_greeting_that_is_too_late_is_not_made_a_message(tmp_path: Path) -> None:
    async with running(tmp_path, Scripted()) as rig:
        rig.there.codes["aibot_respond_welcome_msg"] = [846605]
        await rig.there.push("li", event("enter_chat"))
        await rig.write("li", "hello")

        await until(lambda: rig.there.finished == [("li", "answer to hello")])
        assert await rig.status(1) == "failed"


async def test_an_opinion_names_the_message_that_was_answered(tmp_path: Path) -> None:
    async with running(tmp_path, Scripted()) as rig:
        await rig.write("li", "hello", source_id="7001")
        await until(lambda: rig.there.finished)
        (frame,) = rig.sent("aibot_respond_msg")
        name = frame["body"]["stream"]["feedback"]["id"]
        await rig.there.push("li", event("feedback_event", id=name, type=1) | {"msgid": "f1"})
        await rig.write("li", "bye")

        rows = sqlite3.connect(tmp_path / "luce.db").execute("SELECT source_id, answer, opinion FROM feedback")
        assert rows.fetchall() == [("f1", "7001", "good")]


async def test_a_group_is_answered_as_a_group(tmp_path: Path) -> None:
    responder = Scripted(holding=True)
    async with running(tmp_path, responder) as rig:
        await rig.there.push("li", GROUP | text("@小策 hello"))
        await until(lambda: rig.there.shown)
        await rig.there.drop()
        responder.holding = False

        await until(lambda: rig.there.finished == [("wrGroup", "answer to hello")])
        (frame,) = rig.sent("aibot_send_msg")
        assert frame["body"]["chatid"] == "wrGroup"


async def test_an_answer_comes_as_a_message_of_its_own_after_the_connection_was_lost(tmp_path: Path) -> None:
    responder = Scripted(holding=True)
    async with running(tmp_path, responder) as rig:
        await rig.write("li", "hello")
        await rig.there.drop()
        await until(lambda: rig.there.signed_in == 2)
        responder.holding = False

        await until(lambda: rig.there.finished == [("li", "answer to hello")])
        assert len(rig.sent("aibot_send_msg")) == 1
        assert [frame for frame in rig.sent("aibot_respond_msg") if frame["body"]["stream"]["finish"]] == []


async def test_an_answer_waits_for_the_connection(tmp_path: Path) -> None:
    responder = Scripted(holding=True)
    async with running(tmp_path, responder, timing=replace(QUICK, acknowledged=0.05)) as rig:
        await rig.write("li", "hello")
        rig.there.deaf_to.add("aibot_subscribe")
        await rig.there.drop()
        responder.holding = False
        await until(lambda: len(rig.sent("aibot_subscribe")) > 2)
        rig.there.deaf_to.clear()

        await until(lambda: rig.there.finished == [("li", "answer to hello")])


async def test_a_connection_without_heartbeat_is_made_anew(tmp_path: Path) -> None:
    async with running(tmp_path, Scripted()) as rig:
        rig.there.deaf_to.add("ping")
        await until(lambda: rig.there.signed_in == 2)
        rig.there.deaf_to.clear()
        await rig.there.push("li", text("hello"))

        await until(lambda: rig.there.finished == [("li", "answer to hello")])


async def test_a_connection_with_heartbeat_stays(tmp_path: Path) -> None:
    async with running(tmp_path, Scripted()) as rig:
        await until(lambda: len(rig.sent("ping")) == 6)

        assert rig.there.signed_in == 1


async def test_a_bot_that_was_taken_over_stays_away_and_says_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(tmp_path, Scripted()) as rig:
        await rig.there.push("li", event("disconnected_event"))
        await until(lambda: "another instance has connected" in caplog.text)
        await until(lambda: rig.there.connection is None)

        assert rig.there.signed_in == 1
        running_links = [task for task in asyncio.all_tasks() if "Link.run" in repr(task.get_coro())]
        assert running_links == []


async def test_what_was_taken_before_another_instance_took_over_is_answered_after_a_restart(tmp_path: Path) -> None:
    responder = Scripted(holding=True)
    async with running(tmp_path, responder) as rig:
        await rig.write("li", "hello")
        await rig.there.push("li", event("disconnected_event"))
        await until(lambda: rig.there.connection is None)
        responder.holding = False
        await until(lambda: responder.heard)
        await rig.desk.dispatcher.stop(0.0)

    async with running(tmp_path, Scripted()) as rig:
        await until(lambda: rig.there.finished == [("li", "answer to hello")])


async def test_a_wrong_secret_is_told_without_it_and_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(tmp_path, Scripted(), secret="not the secret") as rig:
        await until(lambda: rig.there.refused == 2)

    assert "853000" in caplog.text
    assert "LUCE_WECOM_SOCKET_SECRET" in caplog.text
    assert "not the secret" not in caplog.text


async def test_an_answer_whose_place_is_gone_comes_as_a_message(tmp_path: Path) -> None:
    async with running(tmp_path, Scripted()) as rig:
        rig.there.codes["aibot_respond_msg"] = [846608]
        await rig.write("li", "hello")

        await until(lambda: rig.there.finished == [("li", "answer to hello")])
        assert len(rig.sent("aibot_send_msg")) == 1


async def test_a_busy_platform_is_asked_again(tmp_path: Path) -> None:
    async with running(tmp_path, Scripted()) as rig:
        rig.there.codes |= {"aibot_respond_msg": [846608, 846608], "aibot_send_msg": [-1]}
        await rig.write("li", "hello")

        await until(lambda: rig.there.finished == [("li", "answer to hello")])


async def test_a_message_that_is_refused_for_good_does_not_hold_up_the_next(tmp_path: Path) -> None:
    async with running(tmp_path, Scripted()) as rig:
        rig.there.codes |= {"aibot_respond_msg": [846608], "aibot_send_msg": [60020]}
        await rig.write("li", "hello")
        await rig.write("li", "bye")

        await until(lambda: rig.there.finished == [("li", "answer to bye")])
        assert await rig.status(1) == "failed"


async def test_an_answer_that_is_not_acknowledged_is_sent_again_in_the_same_place(tmp_path: Path) -> None:
    async with running(tmp_path, Scripted(), timing=replace(QUICK, acknowledged=0.1)) as rig:
        rig.there.deaf_to.add("aibot_respond_msg")
        await rig.write("li", "hello")
        await until(lambda: len(rig.sent("aibot_respond_msg")) == 2)
        rig.there.deaf_to.clear()

        await until(lambda: rig.there.finished == [("li", "answer to hello")])
        assert len({frame["body"]["stream"]["id"] for frame in rig.sent("aibot_respond_msg")}) == 1


async def test_one_frame_at_a_time_waits_for_its_acknowledgement(tmp_path: Path) -> None:
    responder = Scripted(holding=True)
    async with running(tmp_path, responder) as rig:
        rig.there.deaf_to.add("aibot_respond_msg")
        pushed = await rig.there.push("li", text("hello"))
        await until(lambda: len(rig.sent("aibot_respond_msg")) == 1)
        responder.holding = False
        await until(lambda: responder.heard)
        assert len(rig.sent("aibot_respond_msg")) == 1
        rig.there.deaf_to.clear()
        await rig.there.acknowledge(pushed["req_id"])

        await until(lambda: rig.there.finished == [("li", "answer to hello")])


async def test_a_very_long_answer_goes_on_in_messages_of_its_own(tmp_path: Path) -> None:
    sentences = tuple(Block("said", f"第{number}句。" * 400) for number in range(12))
    async with running(tmp_path, Scripted(blocks=lambda _words: sentences)) as rig:
        await rig.write("li", "hello")
        await until(lambda: len(rig.there.finished) == 3)

        assert len(rig.sent("aibot_respond_msg")) == 1
        words = "".join(words for _, words in rig.there.finished)
        assert [f"第{number}句。" in words for number in range(12)] == [True] * 12


@pytest.mark.parametrize(
    "frame",
    [
        *("no json", "[]", "[" * 60_000, "{}", '{"headers":7}', '{"headers":{"req_id":"unknown"},"errcode":0}'),
        '{"cmd":"aibot_msg_callback","headers":{"req_id":"x"}}',
        '{"cmd":"aibot_msg_callback","headers":{"req_id":"x"},"body":{"msgtype":"text"}}',
        '{"cmd":"aibot_event_callback","headers":{"req_id":"x"},"body":{"msgtype":"event","event":[]}}',
    ],
)
async def test_a_frame_of_another_kind_is_passed_over(tmp_path: Path, frame: str) -> None:
    async with running(tmp_path, Scripted()) as rig:
        await until(lambda: rig.there.connection)
        assert rig.there.connection
        await rig.there.connection.send(frame)
        await rig.write("li", "hello")

        await until(lambda: rig.there.finished == [("li", "answer to hello")])
        assert rig.there.signed_in == 1


async def test_a_message_after_the_stop_is_declined_in_words(tmp_path: Path) -> None:
    responder = Scripted()
    async with running(tmp_path, responder) as rig:
        await until(lambda: rig.there.connection)
        await rig.channel.stop()
        await rig.there.push("li", text("hello"))

        await until(lambda: rig.there.finished == [("li", say("turn_failed"))])
    assert responder.heard == []


async def test_logs_name_neither_secret_nor_person_nor_words(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("websockets.server").setLevel(logging.WARNING)  # the stand-in's own
    async with running(tmp_path, Scripted()) as rig:
        rig.there.codes |= {"aibot_respond_msg": [846608], "aibot_send_msg": [60020]}
        await rig.there.push("li_the_person", text("question_words"))
        await until(lambda: "not delivered" in caplog.text)
        await rig.there.drop()
        await until(lambda: rig.there.signed_in == 2)

    for secret in (SECRET, "li_the_person", "question_words"):
        assert secret not in caplog.text


async def test_tencents_own_client_takes_the_stand_in_for_wecom() -> None:
    async with exchange() as there, node("connect", there.url, BOT, SECRET) as client:
        told = asyncio.create_task(_lines(client, 5))
        await until(lambda: there.connection)
        await there.push("li", event("enter_chat"))
        await until(lambda: there.greeted == [("li", "welcome")])
        await there.push("li", text("hello"))
        await until(lambda: len(there.finished) == 2)
        await until(lambda: sum(frame["cmd"] == "ping" for frame in there.frames) > 2)
        await there.push("li", event("disconnected_event"))

        lines = await told
    assert there.shown == [("li", "one moment")]
    assert there.finished == [("li", "heard hello"), ("li", "more")]
    events = ["authenticated", "welcomed", "answered", "pushed", "taken over"]
    assert [line["event"] for line in lines] == events
    assert {line.get("errcode", 0) for line in lines} == {0}


async def test_tencents_own_client_is_refused_with_a_wrong_secret() -> None:
    async with exchange() as there, node("connect", there.url, BOT, "wrong") as client:
        (line,) = await _lines(client, 1)
    assert "853000" in line["message"]


async def _lines(client: asyncio.subprocess.Process, count: int) -> list[dict[str, Any]]:
    assert client.stdout
    return [json.loads(await client.stdout.readline()) for _ in range(count)]
