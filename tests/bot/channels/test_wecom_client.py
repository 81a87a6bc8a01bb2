import asyncio
import logging
import socket
from collections.abc import AsyncIterator

import pytest

from bot.channels.channel import DeliveryDelayed, DeliveryError, Undeliverable
from bot.channels.wecom.app import identify
from bot.channels.wecom.client import WecomClient
from tests.bot.channels.wecom_api import IP, Fault, WecomApi, wecom_api
from tests.bot.channels.wecom_peer import AGENT, SECRET, app_settings

pytestmark = pytest.mark.anyio
SEND = "/cgi-bin/message/send"


@pytest.fixture
async def api() -> AsyncIterator[WecomApi]:
    async with wecom_api() as api:
        yield api


@pytest.fixture
async def client(api: WecomApi) -> AsyncIterator[WecomClient]:
    client = WecomClient(app_settings(api.url))
    yield client
    await client.close()


def text(to: str = "li") -> dict[str, object]:
    return {"touser": to, "agentid": int(AGENT), "msgtype": "text", "text": {"content": "x"}}


async def test_all_who_need_a_token_at_once_wait_for_the_same(api: WecomApi, client: WecomClient) -> None:
    api.delay = 0.05
    await asyncio.gather(*(client.call(SEND, text(f"p{number}")) for number in range(30)))

    assert len(api.sent) == 30
    assert api.calls.count("gettoken") == 1


@pytest.mark.parametrize("code", [40001, 40014, 42001])
async def test_a_token_that_holds_no_more_is_replaced_once(api: WecomApi, client: WecomClient, code: int) -> None:
    api.faults["message/send"] = [code]
    await client.call(SEND, text())
    assert api.calls == ["gettoken", "message/send", "gettoken", "message/send"]
    assert len(api.sent) == 1

    api.faults["message/send"] = [code, code, 0]
    with pytest.raises(DeliveryError, match=str(code)):
        await client.call(SEND, text())
    assert api.faults["message/send"] == [0]


@pytest.mark.parametrize("fault", [-1, 45009, 45033, "500", "html", "cut", "list", "lost"])
async def test_a_platform_that_is_busy_or_broken_may_take_it_later(
    api: WecomApi, client: WecomClient, fault: Fault
) -> None:
    api.faults["message/send"] = [fault]
    with pytest.raises(DeliveryDelayed):
        await client.call(SEND, text())

    await client.call(SEND, text("wang"))
    assert api.texts("wang") == ["x"]


@pytest.mark.parametrize("code", [40003, 60011, 60111, 81013, 95001, 95018])
async def test_who_is_not_reached_for_good_is_undeliverable(api: WecomApi, client: WecomClient, code: int) -> None:
    api.faults["message/send"] = [code]
    with pytest.raises(Undeliverable, match=str(code)):
        await client.call(SEND, text())


@pytest.mark.parametrize("fault", [60020, 40058, 48002, "404"])
async def test_other_refusals_name_the_code_and_nothing_that_the_platform_says(
    api: WecomApi, client: WecomClient, fault: Fault
) -> None:
    api.faults["message/send"] = [fault]
    with pytest.raises(DeliveryError, match=str(fault)) as refused:
        await client.call(SEND, text())

    assert not isinstance(refused.value, Undeliverable | DeliveryDelayed)
    assert IP not in str(refused.value)


async def test_a_platform_that_is_not_reached_may_be_later() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        client = WecomClient(app_settings(f"http://127.0.0.1:{nobody.getsockname()[1]}"))
        for _ in range(2):
            with pytest.raises(DeliveryDelayed, match="not reached"):
                await client.call(SEND, text())
        await client.close()


async def test_a_platform_that_does_not_answer_may_have_taken_it(api: WecomApi) -> None:
    client = WecomClient(app_settings(api.url), patience=0.2)
    api.faults["message/send"] = ["slow"]
    with pytest.raises(DeliveryDelayed, match="did not answer"):
        await client.call(SEND, text())
    await client.close()


async def test_a_token_that_could_not_be_fetched_is_fetched_by_the_next_call(
    api: WecomApi, client: WecomClient
) -> None:
    api.faults["gettoken"] = ["500"]
    outcomes = await asyncio.gather(*(client.call(SEND, text()) for _ in range(3)), return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {DeliveryDelayed}

    await client.call(SEND, text())
    assert api.texts("li") == ["x"]


async def test_whoever_gives_up_waiting_for_a_token_takes_it_from_nobody(api: WecomApi, client: WecomClient) -> None:
    api.delay = 0.05
    gone, stays = (asyncio.create_task(client.call(SEND, text(person))) for person in ("gone", "stays"))
    await asyncio.sleep(0)
    gone.cancel()
    await stays

    assert api.texts("stays") == ["x"]
    assert api.texts("gone") == []


async def test_no_token_and_no_secret_is_logged(
    api: WecomApi, client: WecomClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    api.faults["message/send"] = [40014]
    await client.call(SEND, text())

    assert "AccessToken" not in caplog.text
    assert SECRET not in caplog.text


async def test_the_application_is_known_by_its_name(api: WecomApi) -> None:
    assert await identify(app_settings(api.url)) == "鹭策"


@pytest.mark.parametrize(
    ("path", "code", "advice"),
    [
        ("agent/get", 60020, "trusted IPs"),
        ("gettoken", 60020, "trusted IPs"),
        ("gettoken", 40013, "id of the corporation"),
        ("agent/get", 301002, "same application"),
    ],
)
async def test_an_application_that_is_refused_is_told_what_to_do(
    api: WecomApi, path: str, code: int, advice: str
) -> None:
    api.faults[path] = [code]
    with pytest.raises(DeliveryError, match=f"errcode {code}.*{advice}") as refused:
        await identify(app_settings(api.url))
    assert IP not in str(refused.value)


async def test_a_wrong_secret_is_told(api: WecomApi) -> None:
    with pytest.raises(DeliveryError, match="copy the secret") as refused:
        await identify(app_settings(api.url, secret="Another"))
    assert "Another" not in str(refused.value)
