import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.channels.channel import Channel, DeliveryDelayed, DeliveryError, Undeliverable
from bot.channels.wecom.app import WecomApp
from bot.channels.wecom.client import WecomClient
from bot.channels.wecom.customer_service import CustomerService, pause_before
from bot.channels.wecom.messages import News
from bot.nlg.block import Block
from bot.nlg.message import Choice, OutboundMessage
from bot.nlg.wording import say
from bot.records.database import RecordsUnavailable
from bot.service.message import Admission, Delivery, InboundMessage, Medium
from bot.service.sessions import Responder
from tests.bot.channels.contract import ChannelContract
from tests.bot.channels.rig import Desk, Rig, Scripted, application, serving, until
from tests.bot.channels.test_wecom_app import Asking
from tests.bot.channels.wecom_api import Body, Fault, WecomApi, wecom_api
from tests.bot.channels.wecom_peer import NOW, Peer, Recorder, app_settings, news, peering, standing

ACCOUNT = "wkAJ2GCAAASSm4FhToWMFea0xAFfd3Q"


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    with peering() as peer:
        yield peer


@pytest.fixture
async def api() -> AsyncIterator[WecomApi]:
    async with wecom_api() as api:
        yield api


@dataclass
class ServiceRig:
    desk: Desk
    channel: Channel
    api: WecomApi
    peer: Peer
    http: httpx.AsyncClient

    def add(self, person: str, source_id: str | None = None, **fields: Any) -> Body:
        """What a person did, as the platform keeps it until it is fetched."""
        message: Body = {
            "msgid": source_id or f"msg{len(self.api.messages[ACCOUNT])}",
            "open_kfid": ACCOUNT,
            "external_userid": person,
            "send_time": NOW,
            "origin": 3,
            **fields,
        }
        self.api.messages[ACCOUNT].append(message)
        return message

    def says(self, person: str, words: str, source_id: str | None = None, **text: str) -> Body:
        return self.add(person, source_id, msgtype="text", text={"content": words, **text})

    async def ring(self, token: str = "SyncToken") -> int:
        callback = self.peer.callback(news(ACCOUNT, token))
        return (await self.http.post(callback.address, content=callback.body)).status_code

    async def write(self, person: str, words: str, *, source_id: str | None = None) -> None:
        self.says(person, words, source_id)
        assert await self.ring() == 200
        await until(self.read)

    async def read(self) -> bool:
        """Whether all messages were fetched and handed in."""
        marks = await self.desk.dispatcher.marks(f"wecom_service.{ACCOUNT}")
        return any(mark.endswith(f" c{len(self.api.messages[ACCOUNT])}") for mark in marks.values())

    async def show(self, person: str, medium: Medium) -> None:
        self.add(person, None, msgtype=medium, **{str(medium): {"media_id": "m"}})
        assert await self.ring() == 200

    async def heard(self, person: str) -> list[str]:
        return [text for text in self.told(person) if text not in (say("looking_up"), say("waiting"))]

    async def progress(self, person: str) -> int:
        return len(self.told(person)) - len(await self.heard(person))

    def told(self, person: str) -> list[str]:
        return [_words(each) for each in self.api.served if each["touser"] == person]


def _words(body: Body) -> str:
    text: str = body["text"]["content"] if body["msgtype"] == "text" else body["msgmenu"]["head_content"]
    return text


@asynccontextmanager
async def running(folder: Path, responder: Responder, peer: Peer, api: WecomApi) -> AsyncIterator[ServiceRig]:
    desk = Desk(folder, responder, standing())
    settings = app_settings(api.url, service=True)
    client = WecomClient(settings)
    service = CustomerService(desk.dispatcher, client, pause=lambda _attempt: 0.01)
    app = WecomApp(settings, desk.dispatcher, client, desk.clock, service)
    await desk.start(app, service)
    try:
        async with serving(application(app.routes())) as url, httpx.AsyncClient(base_url=url) as http:
            yield ServiceRig(desk, service, api, peer, http)
    finally:
        await desk.stop()


class TestWecomService(ChannelContract):
    @pytest.fixture(autouse=True)
    def with_platform(self, peer: Peer) -> None:
        self.peer = peer
        self.platform = WecomApi()  # it goes on while the desk is down

    def rig(self, folder: Path, responder: Responder) -> AbstractAsyncContextManager[Rig]:
        return self._rig(folder, responder)

    @asynccontextmanager
    async def _rig(self, folder: Path, responder: Responder) -> AsyncIterator[Rig]:
        async with wecom_api(self.platform) as api, running(folder, responder, self.peer, api) as rig:
            yield rig


pytestmark = pytest.mark.anyio


async def test_what_fills_many_pages_is_read_to_the_end_and_once(tmp_path: Path, api: WecomApi, peer: Peer) -> None:
    api.page = 2
    responder = Scripted()
    async with running(tmp_path, responder, peer, api) as rig:
        for number in range(7):
            rig.says(f"p{number}", f"q{number}")
        await asyncio.gather(*(rig.ring() for _ in range(3)))
        await until(lambda: len(api.served) == 7)
        await rig.write("p1", "more")
        await until(lambda: rig.told("p1") == ["answer to q1", "answer to more"])

    assert sorted(responder.heard) == ["more", *(f"q{number}" for number in range(7))]
    assert {each.get("token") for each in api.synced} == {"SyncToken"}
    assert [each["cursor"] for each in api.synced if "cursor" in each] == sorted(
        each["cursor"] for each in api.synced if "cursor" in each
    )


async def test_what_was_acknowledged_but_not_fetched_before_a_crash_is_fetched_after_it(
    tmp_path: Path, api: WecomApi, peer: Peer
) -> None:
    api.faults["kf/sync_msg"] = [45009] * 10_000
    async with running(tmp_path, Scripted(), peer, api) as rig:
        rig.says("li", "hello")
        assert await rig.ring() == 200
        await until(lambda: "kf/sync_msg" in api.calls)
    assert api.served == []
    api.faults["kf/sync_msg"] = []

    async with running(tmp_path, Scripted(), peer, api) as rig:  # nobody tells us again
        await until(lambda: rig.told("li") == ["answer to hello"])


async def test_reading_goes_on_where_it_stood_after_a_restart(tmp_path: Path, api: WecomApi, peer: Peer) -> None:
    async with running(tmp_path, Scripted(), peer, api) as rig:
        await rig.write("li", "one")
        await until(lambda: rig.told("li") == ["answer to one"])
    api.synced.clear()

    async with running(tmp_path, Scripted(), peer, api) as rig:
        await rig.write("li", "two")
        await until(lambda: rig.told("li") == ["answer to one", "answer to two"])

    assert "c0" not in {each.get("cursor", "c0") for each in api.synced}


@pytest.mark.parametrize("fault", [45009, -1, 60020, 95007, "500", "cut", "lost"])
async def test_a_fetch_that_fails_is_tried_again(tmp_path: Path, api: WecomApi, peer: Peer, fault: Fault) -> None:
    api.faults["kf/sync_msg"] = [fault, fault]
    async with running(tmp_path, Scripted(), peer, api) as rig:
        await rig.write("li", "hello")
        await until(lambda: rig.told("li") == ["answer to hello"])


async def test_a_token_that_is_refused_is_left_out(tmp_path: Path, api: WecomApi, peer: Peer) -> None:
    api.faults["kf/sync_msg"] = [95007]
    async with running(tmp_path, Scripted(), peer, api) as rig:
        await rig.write("li", "hello")
        await until(lambda: rig.told("li") == ["answer to hello"])

    assert [each.get("token") for each in api.synced] == [None]


async def test_only_customers_are_answered(tmp_path: Path, api: WecomApi, peer: Peer) -> None:
    responder = Scripted()
    async with running(tmp_path, responder, peer, api) as rig:
        rig.add("li", msgtype="text", text={"content": "a colleague"}, origin=5)
        rig.add("li", msgtype="event", origin=4, event={"event_type": "session_status_change"})
        rig.api.messages[ACCOUNT] += [{}, {"msgid": 7, "origin": 3}, "text", None]  # type: ignore[list-item]
        await rig.write("li", "hello")
        await until(lambda: rig.told("li") == ["answer to hello"])

    assert responder.heard == ["hello"]


async def test_what_was_written_before_the_desk_was_there_is_not_answered(
    tmp_path: Path, api: WecomApi, peer: Peer
) -> None:
    responder = Scripted()
    async with running(tmp_path, responder, peer, api) as rig:
        rig.add("wang", msgtype="text", text={"content": "yesterday"}, send_time=NOW - 86_400)
        await rig.write("li", "hello")
        await until(lambda: rig.told("li") == ["answer to hello"])

    assert responder.heard == ["hello"]


async def test_who_opens_the_conversation_is_greeted_through_the_code(
    tmp_path: Path, api: WecomApi, peer: Peer
) -> None:
    entered = {"event_type": "enter_session", "external_userid": "li", "open_kfid": ACCOUNT}
    async with running(tmp_path, Scripted(), peer, api) as rig:
        rig.add("", msgtype="event", origin=4, event={**entered, "welcome_code": "WelcomeCode"})
        rig.add("", msgtype="event", origin=4, event=entered)  # greeted within two days: the platform gives no code
        assert await rig.ring() == 200
        await until(lambda: api.welcomes)
        await rig.write("li", "hello")
        await until(lambda: rig.told("li") == ["answer to hello"])

    (welcome,) = api.welcomes
    assert (welcome["code"], _words(welcome)) == ("WelcomeCode", say("hello"))


async def test_choices_are_a_menu_and_an_item_says_its_words(tmp_path: Path, api: WecomApi, peer: Peer) -> None:
    responder = Asking("优", "良")
    async with running(tmp_path, responder, peer, api) as rig:
        await rig.write("li", "hello")
        await until(lambda: rig.told("li"))
        items = api.served[0]["msgmenu"]["list"]
        assert [item["click"]["content"] for item in items] == ["优", "良"]

        rig.says("li", "label", menu_id=items[1]["click"]["id"])
        rig.says("li", "typed", menu_id="not-ours")
        assert await rig.ring() == 200
        await until(lambda: len(rig.told("li")) == 3)
        number = int(items[1]["click"]["id"].partition(".")[0])
        told = [await rig.desk.inbox.find("wecom_service", number + later) for later in (1, 2)]
        assert [each and each.after for each in told] == [number, None]

    assert responder.heard == ["hello", "良", "typed"]


def delivery(number: int = 1, part: int = 0) -> Delivery:
    return Delivery(number, part, 2, "a")


async def test_a_part_that_arrived_although_the_call_failed_counts_as_delivered(
    tmp_path: Path, api: WecomApi, peer: Peer
) -> None:
    api.faults["kf/send_msg"] = ["lost"]
    async with running(tmp_path, Scripted(), peer, api) as rig:
        to, part = {"to": "li", "account": ACCOUNT}, OutboundMessage((Block("said", "x"),))
        with pytest.raises(DeliveryDelayed):
            await rig.channel.send(to, part, delivery())
        await rig.channel.send(to, part, delivery())
        assert rig.told("li") == ["x"]
        with pytest.raises(DeliveryError):  # a name that is taken for another reason is no success
            await rig.channel.send(to, part, delivery())


@pytest.mark.parametrize("code", [95001, 95002, 95018])
async def test_a_colleague_who_has_taken_over_is_not_interrupted(
    tmp_path: Path, api: WecomApi, peer: Peer, code: int
) -> None:
    api.faults["kf/send_msg"] = [code]
    async with running(tmp_path, Scripted(), peer, api) as rig:
        with pytest.raises(Undeliverable, match=str(code)):
            await rig.channel.send({"to": "li", "account": ACCOUNT}, OutboundMessage((Block("said", "x"),)), delivery())


@pytest.mark.parametrize(
    ("text", "labels"), [("长" * 342, ["优"]), ("text", ["长" * 43]), ("text", [str(n) for n in range(11)])]
)
async def test_choices_that_no_menu_holds_are_told_in_the_text_alone(
    tmp_path: Path, api: WecomApi, peer: Peer, text: str, labels: list[str]
) -> None:
    part = OutboundMessage((Block("said", text),), tuple(Choice(label, label) for label in labels))
    async with running(tmp_path, Scripted(), peer, api) as rig:
        await rig.channel.send({"to": "li", "account": ACCOUNT}, part, delivery())
        assert api.served[0]["msgtype"] == "text"
        assert rig.told("li") == [text]


class Failing(Recorder):
    """Records that are unavailable as the second message is handed in."""

    async def accept(self, incoming: InboundMessage) -> Admission:
        if len(self.accepted) == 1:
            self.accepted.append(incoming)
            raise RecordsUnavailable("full")
        return await super().accept(incoming)


async def test_no_message_is_passed_over_where_one_could_not_be_kept(api: WecomApi) -> None:
    reception = Failing()
    client = WecomClient(app_settings(api.url))
    service = CustomerService(reception, client, pause=lambda _attempt: 0.01)
    for words in ("one", "two", "three"):
        text = {"msgtype": "text", "text": {"content": words}}
        api.messages[ACCOUNT].append({"msgid": words, "external_userid": "li", "send_time": NOW, "origin": 3, **text})
    await service.start()
    await service.fetch(News(ACCOUNT, "SyncToken", NOW))
    await until(lambda: reception.places[f"wecom_service.{ACCOUNT}"].endswith(" c3"))
    await service.stop()
    await client.close()

    assert [each.words for each in reception.accepted] == ["one", "two", "one", "two", "three"]


async def test_one_account_that_cannot_be_read_holds_up_no_other(tmp_path: Path, api: WecomApi, peer: Peer) -> None:
    desk = Desk(tmp_path, Scripted(), standing())
    settings = app_settings(api.url, service=True)
    client = WecomClient(settings)
    service = CustomerService(desk.dispatcher, client, pause=lambda _attempt: 3600)
    app = WecomApp(settings, desk.dispatcher, client, desk.clock, service)
    api.faults["kf/sync_msg"] = [45009]
    await desk.start(app, service)
    async with serving(application(app.routes())) as url, httpx.AsyncClient(base_url=url) as http:
        rig = ServiceRig(desk, service, api, peer, http)
        callback = peer.callback(news("another"))
        assert (await http.post(callback.address, content=callback.body)).status_code == 200
        await until(lambda: not api.faults["kf/sync_msg"])
        await rig.write("li", "hello")
        await until(lambda: rig.told("li") == ["answer to hello"])
    await desk.stop()


def test_pauses_grow_to_a_minute() -> None:
    assert [pause_before(attempt) for attempt in (1, 2, 3, 7, 1000)] == [1, 2, 4, 60, 60]
