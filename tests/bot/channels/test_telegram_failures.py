"""Telegram that fails: refusals, delays, lost connections and restarts, against a real HTTP peer."""

import asyncio
import logging
import socket
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import SecretStr

from bot.channels.channel import DeliveryError, MessageHandler
from bot.channels.telegram.adapter import TelegramChannel, identify
from bot.nlg.block import Block
from bot.records.database import RecordsUnavailable
from bot.service.message import Admission, InboundMessage
from bot.settings import TelegramSettings
from tests.bot.channels.rig import Desk, Scripted, until
from tests.bot.channels.telegram_peer import (
    TOKEN,
    Fault,
    Gateway,
    Telegram,
    TelegramRig,
    listening,
    message,
    number_of,
    pause_briefly,
    telegram_rig,
)

pytestmark = pytest.mark.anyio
LI = number_of("li")
LOST = Fault(0)
LOST_AFTERWARDS = Fault(0, arrives=True)
PARSE = "Bad Request: can't parse entities: Unsupported start tag"


async def answers(rig: TelegramRig, *words: str) -> None:
    """What a person hears in the end, and nothing else."""
    await until(lambda: len(rig.telegram.heard(LI)) >= len(words))
    assert rig.telegram.heard(LI) == list(words)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(429, "Too Many Requests: retry after 1", {"retry_after": 1}),
        Fault(502, "Bad Gateway"),
        Fault(502, raw="<html>502 Bad Gateway</html>"),
        Fault(500, "Internal Server Error"),
        Fault(401, "Unauthorized"),
    ],
)
async def test_an_answer_that_was_not_taken_is_sent_again(tmp_path: Path, fault: Fault) -> None:
    async with telegram_rig(tmp_path, Scripted(), faults={"sendMessage": [fault, fault]}) as rig:
        await rig.write("li", "one")

        await answers(rig, "answer to one")
    assert rig.gateway.tried.count("sendMessage") == 3


@pytest.mark.parametrize(
    "fault",
    [
        Fault(403, "Forbidden: bot was blocked by the user"),
        Fault(400, "Bad Request: chat not found"),
        Fault(400, raw="<html>400</html>"),
    ],
)
async def test_an_answer_that_is_refused_for_good_gives_way_to_the_next(tmp_path: Path, fault: Fault) -> None:
    async with telegram_rig(tmp_path, Scripted(), faults={"sendMessage": [fault]}) as rig:
        await rig.write("li", "one")
        await rig.write("li", "two")

        await answers(rig, "answer to two")
        assert (await rig.desk.dispatcher.answer_to("telegram", 1))[0] == "failed"


async def test_one_chat_that_must_wait_holds_up_no_other(tmp_path: Path) -> None:
    fault = Fault(429, "Too Many Requests: retry after 3600", {"retry_after": 3600})
    async with telegram_rig(tmp_path, Scripted(), faults={"sendMessage": [fault]}) as rig:
        await rig.write("li", "one")
        await until(lambda: "sendMessage" in rig.gateway.tried)
        await rig.write("wang", "two")

        await until(lambda: rig.telegram.heard(number_of("wang")) == ["answer to two"])
        await rig.desk.dispatcher.stop(0)
    assert rig.telegram.heard(LI) == []


async def test_an_answer_that_went_out_but_was_not_confirmed_is_not_sent_twice(tmp_path: Path) -> None:
    async with telegram_rig(tmp_path, Scripted(), faults={"sendMessage": [LOST_AFTERWARDS]}) as rig:
        await rig.write("li", "one")
        await rig.write("li", "two")

        await answers(rig, "answer to one", "answer to two")


async def test_an_answer_whose_markup_is_refused_arrives_without_it(tmp_path: Path) -> None:
    responder = Scripted(blocks=lambda _words: (Block("heading", "a & b"),))
    async with telegram_rig(tmp_path, responder, faults={"sendMessage": [Fault(400, PARSE)]}) as rig:
        await rig.write("li", "one")

        await answers(rig, "a & b")
        (sent,) = rig.telegram.did("sendMessage")
    assert "parse_mode" not in sent.fields


async def test_a_group_that_moves_is_answered_where_it_is_now(tmp_path: Path) -> None:
    moved = Fault(400, "Bad Request: group chat was upgraded", {"migrate_to_chat_id": -1009})
    async with telegram_rig(tmp_path, Scripted(), faults={"sendMessage": [moved]}) as rig:
        await rig.write("li", "one")

        await until(lambda: rig.telegram.heard(-1009) == ["answer to one"])


async def test_signs_of_progress_that_fail_change_nothing(tmp_path: Path) -> None:
    responder = Scripted(holding=True)
    faults = {"sendChatAction": [Fault(403, "Forbidden: bot was blocked by the user")]}
    async with telegram_rig(tmp_path, responder, faults=faults) as rig:
        await rig.write("li", "one")
        await until(lambda: "sendChatAction" in rig.gateway.tried)
        responder.holding = False

        await answers(rig, "answer to one")


@pytest.mark.parametrize(
    ("method", "fault"),
    [
        ("getUpdates", Fault(409, "Conflict: terminated by other getUpdates request")),
        ("getUpdates", Fault(429, "Too Many Requests: retry after 1", {"retry_after": 1})),
        ("getUpdates", Fault(502, raw="<html>Bad Gateway</html>")),
        ("getUpdates", Fault(200, raw="no JSON")),
        ("getUpdates", Fault(401, "Unauthorized")),
        ("getUpdates", LOST),
        ("getUpdates", LOST_AFTERWARDS),
        ("getMe", Fault(401, "Unauthorized")),
        ("getMe", LOST),
        ("deleteWebhook", Fault(500, "Internal Server Error")),
    ],
)
async def test_hearing_outlives_every_failure(tmp_path: Path, method: str, fault: Fault) -> None:
    async with telegram_rig(tmp_path, Scripted(), faults={method: [fault]}) as rig:
        await rig.write("li", "one")

        await answers(rig, "answer to one")
    assert rig.gateway.tried.count(method) >= 2


async def test_a_second_instance_is_told_in_a_sentence(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    conflict = Fault(409, "Conflict: terminated by other getUpdates request")
    async with telegram_rig(tmp_path, Scripted(), faults={"getUpdates": [conflict]}) as rig:
        await rig.write("li", "one")
        await answers(rig, "answer to one")

    assert "another instance" in caplog.text


async def test_a_webhook_is_set_once_telegram_can_be_reached(tmp_path: Path) -> None:
    faults = {"setWebhook": [Fault(502, "Bad Gateway"), LOST], "setMyCommands": [Fault(500, "no")]}
    async with telegram_rig(tmp_path, Scripted(), webhook=True, faults=faults, starts=False) as rig:
        await rig.write("li", "one")

        await answers(rig, "answer to one")


async def test_a_start_without_a_network_hears_once_there_is_one(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    telegram, desk = Telegram(), Desk(tmp_path, Scripted())
    settings = TelegramSettings(SecretStr(TOKEN), api=f"http://127.0.0.1:{port}")
    await desk.start(TelegramChannel(settings, desk.dispatcher, pause=pause_briefly))
    async with listening(telegram.app(), port):
        await telegram.push({"message": message(20, LI, "one")})
        await until(lambda: telegram.heard(LI) == ["answer to one"])
        await desk.stop()


async def test_an_answer_waits_for_a_network(tmp_path: Path) -> None:
    responder, telegram = Scripted(holding=True), Telegram()
    async with listening(telegram.app()) as behind:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        desk = Desk(tmp_path, responder)
        settings = TelegramSettings(SecretStr(TOKEN), api=f"http://127.0.0.1:{port}")
        async with listening(Gateway(behind).app(), port):
            await desk.start(TelegramChannel(settings, desk.dispatcher, pause=pause_briefly))
            await telegram.push({"message": message(20, LI, "one")})
        responder.holding = False  # the question is answered while nobody can be reached
        await until(lambda: responder.heard == ["one"])
        async with listening(Gateway(behind).app(), port):
            await until(lambda: telegram.heard(LI) == ["answer to one"])
            await desk.stop()


# -- restarts


class Held:
    """A reception whose answer never comes: as at a kill, before a message is on disk or right after it."""

    def __init__(self, reception: MessageHandler, *, on_disk: bool) -> None:
        self.reception, self.on_disk = reception, on_disk
        self.heard: list[str] = []
        self.ended = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.reception, name)

    async def accept(self, incoming: InboundMessage) -> Admission:
        if self.on_disk:
            await self.reception.accept(incoming)
        self.heard.append(incoming.words)
        await self.ended.wait()
        raise RecordsUnavailable("the process ends")


class Unwritable:
    """A reception that cannot write the first two times."""

    def __init__(self, reception: MessageHandler) -> None:
        self.reception = reception
        self.refused = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.reception, name)

    async def accept(self, incoming: InboundMessage) -> Admission:
        if self.refused < 2:
            self.refused += 1
            raise RecordsUnavailable("the disk is full")
        return await self.reception.accept(incoming)


@pytest.mark.parametrize("on_disk", [False, True])
@pytest.mark.parametrize("webhook", [False, True])
async def test_what_was_not_acknowledged_before_a_kill_comes_again_and_is_answered_once(
    tmp_path: Path, on_disk: bool, webhook: bool
) -> None:
    telegram = Telegram()
    receptions: list[Held] = []

    def held(reception: MessageHandler) -> MessageHandler:
        receptions.append(Held(reception, on_disk=on_disk))
        return cast(MessageHandler, receptions[0])

    responder = Scripted(holding=True)
    async with telegram_rig(tmp_path, responder, webhook=webhook, telegram=telegram, through=held) as rig:
        pushing = asyncio.create_task(telegram.push({"message": message(20, LI, "one")}))
        await until(lambda: receptions[0].heard == ["one"])
        await rig.desk.dispatcher.stop(0)
        pushing.cancel()
        if webhook:
            receptions[0].ended.set()  # the server waits for its calls
    responder.holding = False
    assert telegram.heard(LI) == []

    async with telegram_rig(tmp_path, Scripted(), webhook=webhook, telegram=telegram) as rig:
        await rig.write("li", "two")

        await answers(rig, "answer to one", "answer to two")


@pytest.mark.parametrize("webhook", [False, True])
async def test_a_message_that_cannot_be_written_is_not_acknowledged(tmp_path: Path, webhook: bool) -> None:
    unwritable: list[Unwritable] = []

    def through(reception: MessageHandler) -> MessageHandler:
        unwritable.append(Unwritable(reception))
        return cast(MessageHandler, unwritable[0])

    async with telegram_rig(tmp_path, Scripted(), webhook=webhook, through=through) as rig:
        await rig.write("li", "one")

        await answers(rig, "answer to one")
    assert unwritable[0].refused == 2


async def test_an_update_that_nobody_can_read_holds_up_no_other(tmp_path: Path) -> None:
    async with telegram_rig(tmp_path, Scripted()) as rig:
        broken = asyncio.create_task(rig.telegram.push({"message": {"text": "no chat, no date"}}))
        await rig.write("li", "one")

        await answers(rig, "answer to one")
        await broken


# -- what is logged


@pytest.mark.parametrize("webhook", [False, True])
async def test_no_log_holds_the_token_a_person_or_words(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, webhook: bool
) -> None:
    page = f"<html>The requested URL /bot{TOKEN}/x was not found</html>"
    faults = {
        **{m: [Fault(404, raw=page), LOST] for m in ("getMe", "setWebhook", "getUpdates", "setMyCommands")},
        "sendMessage": [Fault(429, "no", {"retry_after": 1}), Fault(502, raw=page), Fault(400, raw=page), LOST],
    }
    caplog.set_level(logging.DEBUG)
    async with telegram_rig(tmp_path, Scripted(), webhook=webhook, faults=faults, starts=False) as rig:
        for left in (1, 0):  # the first answer is refused in the end, the second is lost
            await rig.write("li", "words-of-li")
            await until(partial(rig.gateway.has_left, "sendMessage", left))
        await rig.write("li", "words-of-li")
        await answers(rig, "answer to words-of-li")
        with pytest.raises(DeliveryError):
            await identify(replace(rig.settings, api=f"{rig.settings.api}/elsewhere"))

    assert all(said in caplog.text for said in ("delivery delayed", "not delivered", "did not confirm"))
    for kept in (TOKEN, TOKEN.partition(":")[2], "words-of-li", str(LI), *([rig.telegram.secret] if webhook else [])):
        assert kept not in caplog.text
