import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.channels.wecom.aibot_callback import AibotCallback
from bot.channels.wecom.app import WecomApp
from bot.channels.wecom.client import WecomClient
from bot.channels.wecom.crypto import CallbackCrypto
from bot.channels.wecom.customer_service import CustomerService
from bot.channels.wecom.messages import fields_of
from bot.settings import WecomBotSettings
from tests.bot.channels.rig import Desk, Scripted, application, serving, until
from tests.bot.channels.wecom_api import wecom_api
from tests.bot.channels.wecom_peer import (
    CORP,
    KEY,
    NOW,
    TOKEN,
    VECTORS,
    Peer,
    Recorder,
    app_settings,
    peering,
    standing,
)

Case = Mapping[str, Any]
PATHS = {"app": "/wecom/app", "aibot": "/wecom/bot"}
SHARED = Path(__file__).parents[3].parent / "shared" / "wecom" / "vectors.json"


def ids(case: Case) -> str:
    return str(case["id"])


def cases(*, accept: bool, config: str | None = None) -> list[Case]:
    return [c for c in VECTORS["cases"] if c["expect"]["accept"] is accept and config in (None, c["config"])]


@asynccontextmanager
async def receiving(reception: Recorder) -> AsyncIterator[str]:
    """Both receivers of the vectors at their addresses."""
    client = WecomClient(app_settings())
    service = CustomerService(reception, client)
    app = WecomApp(app_settings(service=True), reception, client, standing(), service)
    config = VECTORS["configs"]["aibot"]
    bot = AibotCallback(
        WecomBotSettings(SecretStr(config["token"]), SecretStr(config["encoding_aes_key"])), reception, standing()
    )
    for hearing in (app, bot):
        await hearing.start()
    async with serving(application([*app.routes(), *bot.routes()])) as url:
        yield url
    for channel in (app, service, bot):
        await channel.stop()
        await channel.close()


async def call(http: httpx.AsyncClient, case: Case) -> httpx.Response:
    headers = {"Content-Type": case["content_type"]} if case["content_type"] else {}
    address = f"{PATHS[case['config']]}?{case['query_string']}"
    return await http.request(case["method"], address, content=(case["body"] or "").encode(), headers=headers)


def test_the_vectors_are_those_that_are_handed_out() -> None:
    copied = Path(__file__).with_name("wecom_vectors.json").read_bytes()

    assert not SHARED.exists() or SHARED.read_bytes() == copied
    assert (len(cases(accept=True)), len(cases(accept=False))) == (15, 22)


@pytest.mark.anyio
@pytest.mark.parametrize("case", cases(accept=True), ids=ids)
async def test_what_the_platform_sends_is_accepted(case: Case) -> None:
    reception = Recorder()
    async with receiving(reception) as url, httpx.AsyncClient(base_url=url) as http:
        response = await call(http, case)

    assert response.status_code == 200
    fields = case["expect"]["fields"]
    if case["kind"] == "url_verification":
        assert response.content == fields["response_body"].encode()
    elif case["config"] == "app":
        assert response.content == b""
        assert fields.items() <= fields_of(case["expect"]["plaintext"]).items()
        assert_handed_in(fields, reception)


def assert_handed_in(fields: Mapping[str, str], reception: Recorder) -> None:
    """What the platform says was handed in, as it is."""
    if fields["MsgType" if "MsgType" in fields else "Event"] == "text":
        (incoming,) = reception.accepted
        assert incoming.words == fields.get("Content", incoming.words)
        assert incoming.source_id == fields.get("MsgId", incoming.source_id)
        assert incoming.person == fields.get("FromUserName", incoming.person)
        return
    match fields["Event"]:
        case "subscribe" | "enter_agent":
            (incoming,) = reception.accepted
            assert (incoming.kind, incoming.person) == ("arrival", fields["FromUserName"])
            assert fields["FromUserName"] not in incoming.source_id
        case "kf_msg_or_event":
            assert list(reception.places) == [f"wecom_service.{fields['OpenKfId']}"]
        case _:  # a menu and a card that are not ours
            assert reception.accepted == []


@pytest.mark.anyio
@pytest.mark.parametrize("case", cases(accept=False), ids=ids)
async def test_what_somebody_else_sends_is_refused(case: Case, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    reception = Recorder()
    async with receiving(reception) as url, httpx.AsyncClient(base_url=url) as http:
        async with asyncio.timeout(1):
            response = await call(http, case)

    assert 400 <= response.status_code < 500
    assert response.text in ("bad request", "forbidden", "too large")
    assert reception.accepted == []
    assert reception.places == {}
    (record,) = [record for record in caplog.records if record.name.startswith("bot.")]
    assert vars(record)["stage"] in case["expect"]["error"]
    for said in (case["body"][:200], "LiMing", "wang_fang", TOKEN, KEY):
        assert not said or said not in caplog.text


@pytest.mark.anyio
async def test_what_the_platform_repeats_is_answered_once(tmp_path: Path) -> None:
    first, again = (case for case in VECTORS["cases"] if case["id"].startswith(("v02", "v03")))
    responder = Scripted()
    async with wecom_api() as api:
        desk = Desk(tmp_path, responder, standing())
        config = app_settings(api.url)
        app = WecomApp(config, desk.dispatcher, WecomClient(config), desk.clock)
        await desk.start(app)
        async with serving(application(app.routes())) as url, httpx.AsyncClient(base_url=url) as http:
            assert (await call(http, first)).status_code == 200
            assert {r.status_code for r in await asyncio.gather(*(call(http, again) for _ in range(3)))} == {200}
            await until(lambda: api.texts("LiMing"))
        await desk.stop()

    assert responder.heard == [first["expect"]["fields"]["Content"]]
    assert len(api.sent) == 1


@contextmanager
def receiving_in_a_thread(reception: Recorder) -> Iterator[str]:
    """The receivers in a loop of their own, for tests that are not in one."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    context = receiving(reception)
    try:
        yield asyncio.run_coroutine_threadsafe(context.__aenter__(), loop).result(20)
    finally:
        asyncio.run_coroutine_threadsafe(context.__aexit__(None, None, None), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture(scope="module")
def receiver() -> Iterator[httpx.Client]:
    with ExitStack() as stack:
        url = stack.enter_context(receiving_in_a_thread(Recorder()))
        yield stack.enter_context(httpx.Client(base_url=url))


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    with peering() as peer:
        yield peer


ENVELOPE = CallbackCrypto(TOKEN, KEY, CORP)
NAMES = st.sampled_from(["xml", "Encrypt", "ToUserName", "FromUserName", "MsgType", "Event", "EventKey", "CreateTime"])
VALUES = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["event", "text", "enter_agent", "click", "template_card_event", "kf_msg_or_event", "1.0", "contact"]
    ),
    st.integers().map(str),
)
MARKUP = st.recursive(
    VALUES,
    lambda inner: st.tuples(NAMES, st.lists(inner, max_size=6).map("".join)).map(lambda n: f"<{n[0]}>{n[1]}</{n[0]}>"),
    max_leaves=12,
)
FIELDS = st.dictionaries(NAMES | st.sampled_from(["MsgId", "Content", "TaskId", "OpenKfId"]), VALUES, max_size=8).map(
    lambda fields: "<xml>" + "".join(f"<{k}><![CDATA[{v}]]></{k}>" for k, v in fields.items()) + "</xml>"
)
HEADS = st.sampled_from(
    ["", "\ufeff", '<?xml version="1.0" encoding="gbk"?>', '<?xml version="1.0" encoding="x"?>', "<!DOCTYPE xml>", "\0"]
)
BODIES = st.one_of(
    st.binary(max_size=300), st.tuples(HEADS, MARKUP | FIELDS).map(lambda b: "".join(b).encode("utf-8", "replace"))
)
QUIET = settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.slow
@QUIET
@given(body=BODIES, signature=st.text(max_size=50))
def test_a_body_of_any_kind_is_refused(receiver: httpx.Client, body: bytes, signature: str) -> None:
    query = urlencode({"msg_signature": signature.encode("utf-8", "replace"), "timestamp": NOW, "nonce": "n"})
    response = receiver.post(f"/wecom/app?{query}", content=body)

    assert response.status_code in (400, 403)


@pytest.mark.slow
@QUIET
@given(plaintext=st.tuples(HEADS, MARKUP | FIELDS).map("".join))
def test_a_message_of_any_kind_that_is_signed_well_breaks_nothing(receiver: httpx.Client, plaintext: str) -> None:
    sealed = ENVELOPE.seal(plaintext.encode("utf-8", "replace").decode(), timestamp=NOW, nonce="n", random=bytes(16))
    query = urlencode({"msg_signature": sealed.signature, "timestamp": NOW, "nonce": "n"})
    response = receiver.post(f"/wecom/app?{query}", content=f"<xml><Encrypt>{sealed.encrypted}</Encrypt></xml>")

    assert response.status_code in (200, 400)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"<xml><Encrypt>" + b"A" * 70_000 + b"</Encrypt></xml>", 413),
        (b"<a>" * 20_000, 400),
        (b"<xml>" + b"<a>" * 8_000 + b"</a>" * 8_000 + b"</xml>", 400),
        (b"<xml><a><Encrypt>x</Encrypt></a></xml>", 400),
        (b"<xml><Encrypt><a/></Encrypt></xml>", 400),
        (b"<other><Encrypt>x</Encrypt></other>", 400),
    ],
)
def test_a_body_of_another_shape_is_refused(receiver: httpx.Client, body: bytes, status: int) -> None:
    response = receiver.post(f"/wecom/app?msg_signature=x&timestamp={NOW}&nonce=n", content=body)

    assert response.status_code == status


@pytest.mark.parametrize("query", ["", "msg_signature=a&msg_signature=b&timestamp=1&nonce=n", "%ff=%fe&timestamp"])
def test_a_query_of_another_shape_is_refused(receiver: httpx.Client, query: str) -> None:
    assert receiver.post(f"/wecom/app?{query}", content=b"<xml><Encrypt>x</Encrypt></xml>").status_code == 400
    assert receiver.get(f"/wecom/app?{query}").status_code == 400


@pytest.mark.parametrize(
    "inner",
    [
        "<MsgType>text</MsgType>",
        "<MsgType>text</MsgType><FromUserName>li</FromUserName>",
        "<MsgType>event</MsgType><FromUserName>li</FromUserName>",
        "<MsgType>event</MsgType><FromUserName>li</FromUserName><Event>enter_agent</Event><CreateTime>x</CreateTime>",
        "<MsgType>event</MsgType><FromUserName>li</FromUserName><Event>enter_agent</Event><CreateTime>99999999999"
        "</CreateTime>",
        "<MsgType>text</MsgType><FromUserName>li</FromUserName><FromUserName>wang</FromUserName><MsgId>1</MsgId>",
    ],
)
def test_a_message_that_lacks_something_is_refused(receiver: httpx.Client, peer: Peer, inner: str) -> None:
    callback = peer.callback(f"<xml>{inner}</xml>")

    assert receiver.post(callback.address, content=callback.body).status_code == 400


def test_a_second_encrypted_text_is_refused_also_where_the_first_is_signed(receiver: httpx.Client, peer: Peer) -> None:
    callback = peer.callback("<xml><MsgType>event</MsgType><Event>view</Event></xml>")
    assert receiver.post(callback.address, content=callback.body).status_code == 200

    for second in (b"<Encrypt>x</Encrypt></xml>", b"<a><Encrypt>x</Encrypt></a></xml>"):
        body = callback.body.replace(b"</xml>", second)
        assert receiver.post(callback.address, content=body).status_code == 400


@pytest.mark.parametrize("declared", ["<!DOCTYPE xml>", "<!DOCTYPE xml [<!ELEMENT xml ANY>]>"])
def test_a_declaration_is_refused_also_where_it_declares_no_entity(
    receiver: httpx.Client, peer: Peer, declared: str
) -> None:
    inner = "<xml><MsgType>event</MsgType><Event>view</Event></xml>"
    outside = peer.callback(inner)
    inside = peer.callback(declared + inner)

    assert receiver.post(outside.address, content=declared.encode() + outside.body).status_code == 400
    assert receiver.post(inside.address, content=inside.body).status_code == 400
