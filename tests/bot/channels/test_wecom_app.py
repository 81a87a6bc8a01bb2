import asyncio
import itertools
import logging
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from bot.app import App
from bot.channels.channel import Channel, Undeliverable
from bot.channels.wecom.app import WecomApp
from bot.channels.wecom.client import WecomClient
from bot.channels.wecom.rate_limit import SendRateLimiter
from bot.dialog.reply import Remark, SlotQuestion
from bot.dialog.state import State
from bot.nlg.block import Block
from bot.nlg.message import Choice, OutboundMessage
from bot.nlg.turn import Conversation, Turn
from bot.nlg.wording import say
from bot.service.message import Delivery, Medium
from bot.service.sessions import Responder
from tests.bot.channels.contract import ChannelContract
from tests.bot.channels.rig import Desk, Rig, Scripted, application, serving, until
from tests.bot.channels.wecom_api import WecomApi, wecom_api
from tests.bot.channels.wecom_peer import (
    NOW,
    SECRET,
    TOKEN,
    Peer,
    Recorder,
    app_settings,
    event,
    peering,
    standing,
    text_message,
    xml,
)

DAY = 86_400


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    with peering() as peer:
        yield peer


@dataclass
class AppRig:
    desk: Desk
    channel: Channel
    api: WecomApi
    peer: Peer
    http: httpx.AsyncClient
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(9001))

    async def post(self, message: str) -> int:
        callback = self.peer.callback(message)
        response = await self.http.post(callback.address, content=callback.body)
        assert response.content == b"" or response.status_code >= 400
        return response.status_code

    async def write(self, person: str, words: str, *, source_id: str | None = None) -> None:
        assert await self.post(text_message(person, words, source_id or str(next(self.numbers)))) == 200

    async def show(self, person: str, medium: Medium) -> None:
        named = {"MsgType": medium, "MediaId": "m", "MsgId": str(next(self.numbers))}
        assert await self.post(xml(FromUserName=person, CreateTime=str(NOW), **named)) == 200

    async def happen(self, person: str, name: str, *, at: int = NOW, **fields: str) -> None:
        assert await self.post(event(person, name, at=at, **fields)) == 200

    async def heard(self, person: str) -> list[str]:
        return [text for text in self.api.texts(person) if text not in (say("looking_up"), say("waiting"))]

    async def progress(self, person: str) -> int:
        return len(self.api.texts(person)) - len(await self.heard(person))


@asynccontextmanager
async def running(folder: Path, responder: Responder, peer: Peer, api: WecomApi) -> AsyncIterator[AppRig]:
    desk = Desk(folder, responder, standing())
    settings = app_settings(api.url)
    channel = WecomApp(settings, desk.dispatcher, WecomClient(settings), desk.clock, pace=SendRateLimiter(1000, 1))
    await desk.start(channel)
    try:
        async with serving(application(channel.routes())) as url, httpx.AsyncClient(base_url=url) as http:
            yield AppRig(desk, channel, api, peer, http)
    finally:
        await desk.stop()


class TestWecomApp(ChannelContract):
    @pytest.fixture(autouse=True)
    def with_peer(self, peer: Peer) -> None:
        self.peer = peer

    def rig(self, folder: Path, responder: Responder) -> AbstractAsyncContextManager[Rig]:
        return self._rig(folder, responder)

    @asynccontextmanager
    async def _rig(self, folder: Path, responder: Responder) -> AsyncIterator[Rig]:
        async with wecom_api() as api, running(folder, responder, self.peer, api) as rig:
            yield rig


class Asking:
    """Asks which of the options is meant, and echoes whatever else it hears."""

    def __init__(self, *options: str) -> None:
        self.options = options
        self.heard: list[str] = []

    def respond(self, conversation: Conversation, message: str, *, as_of: object) -> Turn:
        self.heard.append(message)
        blocks = (Block("said", f"answer to {message}: {'、'.join(self.options)}"),)
        question = SlotQuestion(Remark("ask"), (), options=self.options)
        return Turn(conversation.next_number, message, question, blocks, State(said=(message,)))


@pytest.fixture
async def api() -> AsyncIterator[WecomApi]:
    async with wecom_api() as api:
        yield api


pytestmark = pytest.mark.anyio


async def test_choices_are_buttons_under_the_text_and_a_press_is_answered(
    tmp_path: Path, api: WecomApi, peer: Peer
) -> None:
    responder = Asking("优", "良")
    async with running(tmp_path, responder, peer, api) as rig:
        await rig.write("li", "hello")
        await until(lambda: api.cards("li"))
        (card,) = api.cards("li")
        assert [each["msgtype"] for each in api.sent] == ["text", "template_card"]
        assert [button["text"] for button in card["button_list"]] == ["优", "良"]

        key = card["button_list"][1]["key"]
        pressed = {"EventKey": key, "TaskId": card["task_id"], "ResponseCode": "Code1"}
        await rig.happen("li", "template_card_event", **pressed)
        await rig.happen("li", "template_card_event", **pressed)  # the platform repeats what it thinks was lost
        await until(lambda: len(api.cards("li")) == 2)
        await until(lambda: api.updates)
        number = int(key.partition(".")[0])
        said = await rig.desk.inbox.find("wecom", number + 1)
        assert said is not None
        assert said.after == number

    assert responder.heard == ["hello", "良"]
    (update,) = api.updates
    assert (update["userids"], update["response_code"]) == (["li"], "Code1")
    assert update["button"] == {"replace_name": say("picked", label="良")}


async def test_more_choices_than_a_card_holds_come_on_two(tmp_path: Path, api: WecomApi, peer: Peer) -> None:
    async with running(tmp_path, Asking(*"一二三四五六七"), peer, api) as rig:
        await rig.write("li", "hello")
        await until(lambda: len(api.cards("li")) == 2)
        first, second = api.cards("li")
        assert [button["text"] for card in (first, second) for button in card["button_list"]] == list("一二三四五六七")

        await rig.happen("li", "template_card_event", EventKey=second["button_list"][0]["key"])

        await until(lambda: any(text.startswith("answer to 七") for text in api.texts("li")))


async def test_the_questions_that_most_ask_are_a_menu_of_buttons(
    tmp_path: Path, app: App, api: WecomApi, peer: Peer
) -> None:
    async with running(tmp_path, app.desk, peer, api) as rig:
        await rig.write("li", "/faq")
        await until(lambda: len(api.cards("li")) == 2)
        buttons = [button for card in api.cards("li") for button in card["button_list"]]
        assert [button["text"] for button in buttons] == list(app.desk.manager.featured)
        await rig.happen("li", "template_card_event", EventKey=buttons[-1]["key"])
        await until(lambda: any("0592-2021807" in text for text in api.texts("li")))


async def test_many_choices_are_told_in_the_text_alone(tmp_path: Path, api: WecomApi, peer: Peer) -> None:
    async with running(tmp_path, Asking(*map(str, range(13))), peer, api) as rig:
        await rig.write("li", "hello")
        await rig.write("li", "bye")
        await until(lambda: len(api.texts("li")) == 2)

    assert api.cards("li") == []


async def test_a_card_that_is_refused_does_not_repeat_the_text(tmp_path: Path, api: WecomApi, peer: Peer) -> None:
    part = OutboundMessage((Block("said", "text"),), (Choice("优", "优"),))
    async with running(tmp_path, Scripted(), peer, api) as rig:
        for person in ("li", "wang"):  # the second card has the name of the first: the platform refuses it
            await rig.channel.send({"to": person}, part, Delivery(1, 0, 1, "s"))

    assert [api.texts(person) for person in ("li", "wang")] == [["text"], ["text"]]
    assert [len(api.cards(person)) for person in ("li", "wang")] == [1, 0]


async def test_a_button_under_a_forgotten_answer_begins_anew(tmp_path: Path, api: WecomApi, peer: Peer) -> None:
    async with running(tmp_path, Scripted(), peer, api) as rig:
        await rig.happen("li", "template_card_event", EventKey="123456.0", TaskId="t", ResponseCode="c")

        await until(lambda: api.texts("li") == [say("hello")])
    assert api.updates == []


async def test_who_opens_the_application_is_greeted_once_a_day(tmp_path: Path, api: WecomApi, peer: Peer) -> None:
    midnight = NOW - (NOW + 8 * 3600) % DAY  # in China
    async with running(tmp_path, Scripted(), peer, api) as rig:
        for at in (midnight, midnight + 1, midnight + DAY - 1):
            await rig.happen("li", "enter_agent", at=at, EventKey="")
        await rig.happen("li", "subscribe", at=midnight + 5, EventKey="")
        await rig.write("li", "one")
        await until(lambda: api.texts("li") == [say("hello"), "answer to one"])

        await rig.happen("li", "enter_agent", at=midnight + DAY, EventKey="")
        await until(lambda: api.texts("li") == [say("hello"), "answer to one", say("hello")])


async def test_an_item_of_the_menu_is_a_command(tmp_path: Path, api: WecomApi, peer: Peer) -> None:
    responder = Scripted()
    async with running(tmp_path, responder, peer, api) as rig:
        await rig.happen("li", "click", EventKey="contact")
        await until(lambda: responder.heard)
        await rig.happen("li", "click", EventKey="MENU_CALC_PENSION")
        await rig.write("li", "bye")
        await until(lambda: len(api.texts("li")) == 2)

    assert responder.heard == [say("command_contact"), "bye"]


@pytest.mark.parametrize("name", ["unsubscribe", "LOCATION", "view", "batch_job_result", "something_new"])
async def test_other_events_are_acknowledged_and_nobody_is_answered(
    tmp_path: Path, api: WecomApi, peer: Peer, name: str
) -> None:
    responder = Scripted()
    async with running(tmp_path, responder, peer, api) as rig:
        await rig.happen("li", name)
        await rig.write("li", "bye")
        await until(lambda: api.texts("li") == ["answer to bye"])


@pytest.mark.parametrize(
    ("kind", "medium"), [("voice", "voice"), ("location", "location"), ("shortvideo", "video"), ("news", "other")]
)
async def test_each_medium_is_declined_by_its_name(
    tmp_path: Path, api: WecomApi, peer: Peer, kind: str, medium: str
) -> None:
    async with running(tmp_path, Scripted(), peer, api) as rig:
        message = xml(FromUserName="li", CreateTime=str(NOW), MsgType=kind, MsgId="5001")
        assert await rig.post(message) == 200
        await until(lambda: api.texts("li") == [say(f"unreadable_{medium}")])


async def test_a_callback_that_cannot_be_kept_is_not_acknowledged(tmp_path: Path, api: WecomApi, peer: Peer) -> None:
    async with running(tmp_path, Scripted(), peer, api) as rig:
        await rig.write("li", "one")
        await until(lambda: api.texts("li"))
        await rig.desk.database.run(lambda connection: connection.execute("PRAGMA busy_timeout = 1"))
        other = sqlite3.connect(tmp_path / "luce.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")  # as a full disk would, this keeps everything from being written

        assert await rig.post(text_message("li", "two", "5002")) == 503

        other.close()
        assert await rig.post(text_message("li", "two", "5002")) == 200
        await until(lambda: api.texts("li") == ["answer to one", "answer to two"])


async def test_an_access_token_that_expires_is_fetched_anew_and_nobody_notices(
    tmp_path: Path, api: WecomApi, peer: Peer
) -> None:
    async with running(tmp_path, Scripted(), peer, api) as rig:
        await rig.write("li", "one")
        await until(lambda: len(api.texts("li")) == 1)
        api.tokens.append("RevokedAllOthers")
        await asyncio.gather(*(rig.write(f"p{number}", "two") for number in range(20)))
        await until(lambda: all(api.texts(f"p{number}") == ["answer to two"] for number in range(20)))

    assert api.calls.count("gettoken") == 2


async def test_a_busy_platform_gets_the_answer_later(tmp_path: Path, api: WecomApi, peer: Peer) -> None:
    api.faults["message/send"] = [45009, 45009, -1, "500", "html"]
    async with running(tmp_path, Scripted(), peer, api) as rig:
        await rig.write("li", "one")
        await until(lambda: api.texts("li") == ["answer to one"])


async def test_a_text_that_arrived_although_the_call_failed_is_not_seen_twice(
    tmp_path: Path, api: WecomApi, peer: Peer
) -> None:
    api.faults["message/send"] = ["lost"]
    async with running(tmp_path, Scripted(), peer, api) as rig:
        await rig.write("li", "one")
        await rig.write("li", "two")
        await until(lambda: api.texts("li") == ["answer to one", "answer to two"])


async def test_who_is_not_reached_does_not_hold_up_their_next_question(
    tmp_path: Path, api: WecomApi, peer: Peer
) -> None:
    api.faults["message/send"] = [60020]
    async with running(tmp_path, Scripted(), peer, api) as rig:
        await rig.write("li", "one")
        await rig.write("li", "two")
        await until(lambda: api.texts("li") == ["answer to two"])


async def test_whom_the_platform_does_not_know_is_told_nothing(tmp_path: Path, api: WecomApi, peer: Peer) -> None:
    api.gone.add("gone")
    api.unlicensed.add("unlicensed")
    async with running(tmp_path, Scripted(), peer, api) as rig:
        for person in ("gone", "unlicensed"):
            with pytest.raises(Undeliverable):
                await rig.channel.send({"to": person}, OutboundMessage((Block("said", "x"),)), Delivery(1, 0, 1, "s"))


async def test_whoever_was_sent_much_is_shown_no_progress_that_would_hold_up_the_answer(api: WecomApi) -> None:
    settings = app_settings(api.url)
    channel = WecomApp(settings, Recorder(), WecomClient(settings), standing(), pace=SendRateLimiter(2, 3600))
    for sentence in ("one", "two", "three"):
        await channel.show_progress({"to": "li"}, sentence, waits=False)
    await channel.close()

    assert api.texts("li") == ["one", "two"]


async def test_logs_hold_no_token_no_words_and_no_person(
    tmp_path: Path, api: WecomApi, peer: Peer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    api.faults["message/send"] = [45009, 60020, "500", 81013]
    async with running(tmp_path, Scripted(), peer, api) as rig:
        for words in ("PrivateOne", "PrivateTwo", "PrivateThree"):
            await rig.write("PersonalName", words)
        await until(lambda: api.texts("PersonalName"))

    assert "errcode 60020" in caplog.text
    for secret in ("AccessToken", SECRET, TOKEN, "PersonalName", "Private", "203.0.113"):
        assert secret not in caplog.text


async def test_one_person_is_not_sent_more_than_the_platform_delivers() -> None:
    pace = SendRateLimiter(2, 0.2)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    for _ in range(4):
        await pace.turn("li")

    assert loop.time() - begun > 0.15
    assert not pace.free("li")
    assert pace.free("wang")


async def test_who_was_not_written_to_lately_is_forgotten() -> None:
    pace = SendRateLimiter(1, 0.01)
    for number in range(1000):
        await pace.turn(str(number))
        if number % 100 == 0:
            await asyncio.sleep(0.02)

    assert len(pace) < 600
