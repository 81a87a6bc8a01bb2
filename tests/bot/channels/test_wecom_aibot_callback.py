import json
import logging
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.channels.channel import DeliveryDelayed, Undeliverable
from bot.channels.wecom.aibot_callback import AibotCallback
from bot.channels.wecom.response_url import ResponseUrls
from bot.channels.wecom.stream_ids import StreamIds
from bot.nlg.wording import say
from bot.records.database import RecordsUnavailable
from bot.service.sessions import Responder
from bot.settings import WecomBotSettings
from tests.bot.channels.bot_peer import API, KEY, TENCENT, TOKEN, Platform, event, running, seen, text
from tests.bot.channels.contract import ChannelContract
from tests.bot.channels.rig import Desk, Rig, Scripted, StandingClock, application, serving, until

pytestmark = pytest.mark.anyio

SETTINGS = WecomBotSettings(token=SecretStr(TOKEN), key=SecretStr(KEY), api=API)
GROUP = {"chatid": "wrGroup"}


@pytest.fixture(scope="module", autouse=True)
def tencent() -> Iterator[None]:
    yield
    TENCENT.close()


@dataclass
class Mailbox:
    """The address to which late answers are posted."""

    answer: Mapping[str, object] = field(default_factory=lambda: {"errcode": 0, "errmsg": "ok"})
    posted: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    async def take(self, request: Request) -> Response:
        self.posted.append((request.url.query, await request.json()))
        return JSONResponse(self.answer)

    @property
    def application(self) -> Starlette:
        return application([Route("/cgi-bin/aibot/response", self.take, methods=["POST"])])


async def status_of(desk: Desk, number: int) -> str:
    message = await desk.inbox.find("wecom_bot", number)
    return message.status if message else "unknown"


async def settles_as(desk: Desk, number: int, status: str) -> bool:
    return await status_of(desk, number) == status


class TestContract(ChannelContract):
    def rig(self, folder: Path, responder: Responder) -> AbstractAsyncContextManager[Rig]:
        return running(folder, responder)


async def test_a_quick_answer_is_in_the_first_reply_and_asks_for_an_opinion(tmp_path: Path) -> None:
    async with running(tmp_path, Scripted()) as rig:
        reply = await rig.platform.tell(rig.platform.message("li", text("hello")))

        assert reply
        stream = reply["stream"]
        assert (stream["finish"], stream["content"]) == (True, "answer to hello")
        assert 0 < len(stream["feedback"]["id"].encode()) <= 256
        await until(lambda: settles_as(rig.desk, 1, "done"))


async def test_a_slow_answer_is_announced_and_then_fetched(tmp_path: Path) -> None:
    responder = Scripted(holding=True)
    async with running(tmp_path, responder) as rig:
        reply = await rig.platform.tell(rig.platform.message("li", text("hello")))
        responder.holding = False
        await until(lambda: rig.platform.finished)

        assert reply
        assert not reply["stream"]["finish"]
        assert seen(reply["stream"]["content"]) == say("looking_up")
        assert len(rig.platform.streams) == 1


async def test_an_answer_is_fetched_after_a_crash_under_the_name_given_before_it(tmp_path: Path) -> None:
    responder = Scripted(holding=True)
    async with running(tmp_path, responder) as rig:
        rig.platform.polls = False
        message = rig.platform.message("li", text("hello"))
        reply = await rig.platform.tell(message)
        await rig.desk.dispatcher.stop(0.0)
    responder.holding = False
    assert reply
    stream = reply["stream"]["id"]

    async with running(tmp_path, Scripted()) as rig:
        rig.platform.polls = False
        await until(lambda: asks_until_finished(rig.platform, message, stream))
        again = await rig.platform.ask(message, stream)

        assert rig.platform.finished == [("li", "answer to hello")]
        assert again["stream"]["content"] == "answer to hello"
        await until(lambda: settles_as(rig.desk, 1, "done"))


async def asks_until_finished(platform: Platform, message: Mapping[str, Any], stream: str) -> bool:
    return bool((await platform.ask(message, stream))["stream"]["finish"])


async def test_an_answer_is_given_to_nobody_elsewhere(tmp_path: Path) -> None:
    async with running(tmp_path, Scripted()) as rig:
        reply = await rig.platform.tell(rig.platform.message("li", text("hello")))
        assert reply
        stream = reply["stream"]["id"]
        elsewhere = [
            (rig.platform.message("wang", text("")), stream),
            (rig.platform.message("li", GROUP | text("")), stream),
            (rig.platform.message("li", text("")), "1"),
            (rig.platform.message("li", text("")), stream.replace("1-", "2-")),
            (rig.platform.message("li", text("")), ""),
        ]

        told = [await rig.platform.ask(message, name) for message, name in elsewhere]

        assert {seen(each["stream"]["content"]) for each in told} == {say("stream_gone")}
        assert all(each["stream"]["finish"] for each in told)


def test_a_name_of_a_stream_is_no_number_of_another() -> None:
    streams = StreamIds("secret")

    assert streams.number(streams.name(7, "li"), "li") == 7
    for name in ("", "7", "7-", "-", "٧-x", "7-\ud800", streams.name(7, "wang"), StreamIds("other").name(7, "li")):
        assert streams.number(name, "li") is None


async def test_a_repetition_gets_the_same_stream(tmp_path: Path) -> None:
    async with running(tmp_path, Scripted()) as rig:
        for _ in range(3):
            await rig.write("li", "hello", source_id="7001")

        assert len(rig.platform.streams) == 1


async def test_a_repetition_of_what_was_refused_is_not_taken(tmp_path: Path) -> None:
    responder = Scripted(holding=True)
    async with running(tmp_path, responder) as rig:
        for words in ("one", "two", "three"):
            await rig.write("li", words)
        first = await rig.platform.tell(rig.platform.message("li", text("four"), "7004"))
        second = await rig.platform.tell(rig.platform.message("li", text("four"), "7004"))
        responder.holding = False

        assert first
        assert second
        assert seen(first["stream"]["content"]) == say("refused_pending")
        assert seen(second["stream"]["content"]) == say("stream_gone")
        await until(lambda: settles_as(rig.desk, 3, "done"))
    assert responder.heard == ["one", "two", "three"]


async def test_whoever_waits_behind_a_question_of_their_own_is_told_so(tmp_path: Path) -> None:
    responder = Scripted(holding=True)
    async with running(tmp_path, responder) as rig:
        await rig.write("li", "one")
        await rig.write("li", "two")
        streams = list(rig.platform.streams.values())
        await until(lambda: seen(streams[1].contents[-1]) == say("waiting"))
        responder.holding = False

        await until(lambda: rig.platform.finished == [("li", "answer to one"), ("li", "answer to two")])


async def test_whoever_comes_in_is_greeted_in_the_reply(tmp_path: Path) -> None:
    async with running(tmp_path, Scripted()) as rig:
        reply = await rig.platform.tell(rig.platform.message("li", event("enter_chat"), "7001"))
        again = await rig.platform.tell(rig.platform.message("li", event("enter_chat"), "7001"))

        assert reply == again == {"msgtype": "text", "text": {"content": say("hello")}}
        await until(lambda: settles_as(rig.desk, 1, "done"))


async def test_an_opinion_is_kept_once_and_answered_with_nothing(tmp_path: Path) -> None:
    async with running(tmp_path, Scripted()) as rig:
        reply = await rig.platform.tell(rig.platform.message("li", text("hello")))
        assert reply
        name = reply["stream"]["feedback"]["id"]
        bad = event("feedback_event", id=name, type=2, content="没说清", inaccurate_reason_list=[2, 3, 99, True, []])
        for msgid, given in (("f1", bad), ("f1", bad), ("f2", event("feedback_event", id=name, type=3))):
            assert await rig.platform.tell(rig.platform.message("li", given, msgid)) is None
        for odd in (event("feedback_event", id=name, type=9), event("feedback_event"), event("template_card_event")):
            assert await rig.platform.tell(rig.platform.message("li", odd)) is None

    rows = sqlite3.connect(tmp_path / "luce.db").execute("SELECT source_id, answer, opinion, reasons FROM feedback")
    assert [(*row, json.loads(reasons)) for *row, reasons in rows] == [
        ("f1", name, "bad", ["incomplete", "wrong", "没说清"]),
        ("f2", name, "withdrawn", []),
    ]


async def test_an_answer_that_is_not_fetched_is_posted_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    mailbox, responder = Mailbox(), Scripted(holding=True)
    async with serving(mailbox.application) as api, running(tmp_path, responder, api=api, polls_end=0.2) as rig:
        rig.platform.polls = False
        rig.platform.response_url = f"{api}/cgi-bin/aibot/response?response_code=c0de"
        await rig.write("li_the_person", "question_words")
        responder.holding = False
        await until(lambda: settles_as(rig.desk, 1, "done"))

        body = {"msgtype": "markdown", "markdown": {"content": "answer to question\\_words"}}
        assert mailbox.posted == [("response_code=c0de", body)]
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name != "uvicorn.access")
    for secret in ("c0de", TOKEN, KEY, "li_the_person", "question_words"):
        assert secret not in ours


@pytest.mark.parametrize("answer", [{"errcode": 60140}, {}, [], "no"])
async def test_a_posted_answer_that_is_refused_is_given_up(tmp_path: Path, answer: Mapping[str, object]) -> None:
    mailbox, responder = Mailbox(answer), Scripted(holding=True)
    async with serving(mailbox.application) as api, running(tmp_path, responder, api=api, polls_end=0.1) as rig:
        rig.platform.polls = False
        rig.platform.response_url = f"{api}/cgi-bin/aibot/response"
        await rig.write("li", "hello")
        responder.holding = False

        await until(lambda: settles_as(rig.desk, 1, "failed"))
        assert len(mailbox.posted) == 1


async def test_nothing_is_posted_to_a_host_that_is_not_the_platforms(tmp_path: Path) -> None:
    mailbox, responder = Mailbox(), Scripted(holding=True)
    async with serving(mailbox.application) as elsewhere, running(tmp_path, responder, polls_end=0.1) as rig:
        rig.platform.polls = False
        rig.platform.response_url = f"{elsewhere}/cgi-bin/aibot/response"
        await rig.write("li", "hello")
        responder.holding = False

        await until(lambda: settles_as(rig.desk, 1, "failed"))
        assert mailbox.posted == []


async def test_nothing_is_posted_after_an_hour(tmp_path: Path) -> None:
    mailbox, responder = Mailbox(), Scripted(holding=True)
    async with serving(mailbox.application) as api, running(tmp_path, responder, api=api, polls_end=0.1) as rig:
        rig.platform.polls = False
        rig.platform.response_url = f"{api}/cgi-bin/aibot/response"
        await rig.write("li", "hello")
        rig.desk.clock.now += timedelta(hours=1, seconds=1)
        responder.holding = False

        await until(lambda: settles_as(rig.desk, 1, "failed"))
        assert mailbox.posted == []


@pytest.mark.parametrize(
    ("url", "taken"),
    [
        ("https://qyapi.weixin.qq.com/cgi-bin/aibot/response?response_code=x", True),
        ("https://qyapi.weixin.qq.com:443/x", True),
        ("http://qyapi.weixin.qq.com/x", False),
        ("https://qyapi.weixin.qq.com.example.invalid/x", False),
        ("https://qyapi.weixin.qq.com@example.invalid/x", False),
        ("https://u:p@qyapi.weixin.qq.com/x", False),
        ("https://qyapi.weixin.qq.com:8443/x", False),
        ("https://qyapi.weixin.qq.com:x/", False),
        ("https://127.0.0.1/x", False),
        ("//qyapi.weixin.qq.com/x", False),
        ("https://[x", False),
        ("", False),
    ],
)
async def test_late_answers_go_to_the_platform_alone(url: str, *, taken: bool) -> None:
    late = ResponseUrls(API)
    try:
        assert late.takes(url) == taken
    finally:
        await late.close()


async def test_a_late_answer_is_posted_to_no_other_host_even_from_the_records() -> None:
    mailbox, late = Mailbox(), ResponseUrls(API)
    async with serving(mailbox.application) as elsewhere:
        with pytest.raises(Undeliverable):
            await late.post(f"{elsewhere}/cgi-bin/aibot/response", "hello")
    await late.close()
    assert mailbox.posted == []


async def test_a_late_answer_waits_while_the_platform_cannot_be_reached() -> None:
    async with serving(application([])) as api:
        late = ResponseUrls(api)
    try:
        with pytest.raises(DeliveryDelayed):
            await late.post(f"{api}/x", "hello")
    finally:
        await late.close()


async def test_after_the_stop_messages_are_left_to_the_platform_and_polls_still_answered(tmp_path: Path) -> None:
    async with running(tmp_path, Scripted()) as rig:
        message = rig.platform.message("li", text("hello"))
        reply = await rig.platform.tell(message)
        await rig.channel.stop()

        assert reply
        assert (await rig.platform.call(rig.platform.message("li", text("bye")))).status_code == 503
        assert (await rig.platform.ask(message, reply["stream"]["id"]))["stream"]["content"] == "answer to hello"


class FullDisk:
    """A reception that can write nothing."""

    async def accept(self, incoming: object) -> NoReturn:
        raise RecordsUnavailable("disk full")

    async def answer_to(self, channel: str, number: int) -> NoReturn:
        raise RecordsUnavailable("disk full")

    async def feedback(self, feedback: object) -> NoReturn:
        raise RecordsUnavailable("disk full")

    async def mark(self, name: str, value: str) -> NoReturn:
        raise RecordsUnavailable("disk full")

    async def marks(self, prefix: str) -> NoReturn:
        raise RecordsUnavailable("disk full")


async def test_what_cannot_be_written_is_not_acknowledged() -> None:
    clock = StandingClock()
    channel = AibotCallback(SETTINGS, FullDisk(), clock)
    await channel.start()
    async with serving(application(channel.routes())) as url:
        platform = Platform(url, clock)

        assert (await platform.call(platform.message("li", text("hello")))).status_code == 503
    await channel.close()
