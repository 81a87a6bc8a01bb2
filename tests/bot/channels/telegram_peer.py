"""Telegram as the tests know it: an emulated Bot API with people on it, and a gateway before it that can fail."""

import asyncio
import copy
import itertools
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, web
from lo_bot_api_emulator import LoBotApiEmulator
from lo_bot_api_emulator.updates import UpdateQueues
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from bot.channels.channel import Channel, MessageHandler
from bot.channels.telegram.adapter import TelegramChannel
from bot.nlg.message import utf16_units
from bot.service.message import Medium
from bot.service.sessions import Responder
from bot.settings import TelegramSettings, quieten
from tests.bot.channels.rig import Desk, application, serving, until

TOKEN = "7:AAE-token_of_the_tests"
ME = {"id": 7, "is_bot": True, "first_name": "Luce", "username": "LuceBot"}
GROUP = -4000
UNKNOWN_TO_THE_EMULATOR = ("link_preview_options", "message_thread_id")
MEDIA: dict[str, dict[str, Any]] = {
    "image": {"photo": [{"file_id": "p", "file_unique_id": "p", "width": 9, "height": 9}]},
    "voice": {"voice": {"file_id": "v", "file_unique_id": "v", "duration": 3}},
    "video": {"video": {"file_id": "f", "file_unique_id": "f", "width": 9, "height": 9, "duration": 3}},
    "file": {"document": {"file_id": "d", "file_unique_id": "d"}},
    "location": {"location": {"longitude": 118.1, "latitude": 24.5}},
    "sticker": {"dice": {"emoji": "🎲", "value": 3}},
    "other": {"contact": {"phone_number": "5", "first_name": "Wang"}},
}
quieten()

Json = dict[str, Any]


class _Queues(UpdateQueues):  # type: ignore[misc]  # the emulator ships no types
    """Queues that also take edited messages, and repetitions of an update."""

    async def enqueue(self, token: str, update: Json) -> int:
        state = self._state(token)
        async with state.condition:
            update = {"update_id": state.next_id, **copy.deepcopy(update)}
            state.next_id = max(state.next_id, update["update_id"] + 1)
            state.updates.append(update)
            state.condition.notify_all()
        await self.deliver(token)
        return int(update["update_id"])

    def holds(self, token: str, update_id: int) -> bool:
        return any(update["update_id"] == update_id for update in self._state(token).updates)


@dataclass
class Call:
    """One call of the bot, and what it got."""

    method: str
    fields: Json
    result: Any

    @property
    def chat(self) -> int:
        return int(self.fields.get("chat_id", 0))

    @property
    def seen(self) -> str:
        """The text as people see it."""
        text = self.fields.get("text", "")
        return visible(text) if self.fields.get("parse_mode") == "HTML" else str(text)

    @property
    def buttons(self) -> list[Json]:
        rows = self.json("reply_markup").get("inline_keyboard", [])
        return [button for row in rows for button in row]

    def json(self, name: str) -> Json:
        value = self.fields.get(name, "{}")
        return dict(json.loads(value)) if isinstance(value, str) else dict(value)


class Telegram(LoBotApiEmulator):  # type: ignore[misc]  # the emulator ships no types
    """The Bot API. It remembers what the bot did, and people write to the bot through it."""

    def __init__(self) -> None:
        super().__init__(allow_insecure_loopback_webhooks=True)
        self._update_queues = _Queues(record=lambda _item: None, insecure_webhooks=True)
        self.next_id = 50_000
        self.calls: list[Call] = []
        self._numbers = itertools.count(100)

    def validate(self, method: str, fields: Json, uploads: Json) -> Any:
        kept = dict(fields)
        for name in UNKNOWN_TO_THE_EMULATOR:
            fields.pop(name, None)
        result = super().validate(method, fields, uploads)
        if method == "getMe":
            result = {**result, **ME}
        self.calls.append(Call(method, kept, result))
        return result

    def did(self, method: str, chat: int | None = None) -> list[Call]:
        return [call for call in self.calls if call.method == method and chat in (None, call.chat)]

    def heard(self, chat: int) -> list[str]:
        return [call.seen for call in self.did("sendMessage", chat)]

    async def push(self, update: Json) -> None:
        """Deliver an update; return once the bot has acknowledged it."""
        update_id = await self.enqueue_update(update, token=TOKEN)
        await until(lambda: self._acknowledged(update_id))

    async def _acknowledged(self, update_id: int) -> bool:
        if self.webhook["url"]:
            await self.deliver_updates(token=TOKEN)
        return not self._update_queues.holds(TOKEN, update_id)

    @property
    def webhook(self) -> Json:
        return dict(self._update_queues.info(TOKEN))

    @property
    def secret(self) -> str:
        return str(self._update_queues._state(TOKEN).secret)

    def next_message(self) -> int:
        return next(self._numbers)


def user(number: int, **more: Any) -> Json:
    return {"id": number, "is_bot": False, "first_name": "Li", **more}


def private(number: int) -> Json:
    return {"id": number, "type": "private", "first_name": "Li"}


def group(**more: Any) -> Json:
    return {"id": GROUP, "type": "supergroup", "title": "Luce", **more}


def message(number: int, who: int, words: str = "", **more: Any) -> Json:
    """A message, in private unless a chat is given; commands and names in it are marked as Telegram does."""
    said = {"text": words, "entities": entities(words)} if words else {}
    sent = {"message_id": number, "date": 1_790_000_000, "chat": private(who), "from": user(who)}
    return {key: value for key, value in {**sent, **said, **more}.items() if value is not None}


def entities(words: str) -> list[Json]:
    found, offset = [], 0
    for word in words.split(" "):
        units = utf16_units(word)
        kind = "bot_command" if word.startswith("/") and not offset else "mention" if word.startswith("@") else None
        if kind:
            found.append({"type": kind, "offset": offset, "length": units})
        offset += units + 1
    return found


def pressed(query: str, who: int, data: str, under: Json) -> Json:
    return {"callback_query": {"id": query, "from": user(who), "chat_instance": "1", "data": data, "message": under}}


def answer_as_seen(call: Call, *, chat: Json, reply_to: Json | None = None) -> Json:
    """A message of the bot as it comes back under a press."""
    more = {"reply_to_message": reply_to} if reply_to else {}
    return {"message_id": call.result["message_id"], "date": 1, "chat": chat, "from": ME, "text": call.seen, **more}


class _Visible(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ("b", "blockquote"), tag
        assert attrs == []
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def visible(html: str) -> str:
    """The words in HTML that Telegram would take; fails where it would not."""
    parser = _Visible()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    return "".join(parser.words)


@dataclass
class Gateway:
    """Stands before Telegram. A method with faults waiting gets the next of them instead of an answer."""

    url: str
    faults: dict[str, list["Fault"]] = field(default_factory=dict)
    tried: list[str] = field(default_factory=list)

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/bot{token}/{method}", self._pass)
        return app

    def has_left(self, method: str, faults: int) -> bool:
        return len(self.faults[method]) == faults

    async def _pass(self, request: web.Request) -> web.StreamResponse:
        method, body = request.match_info["method"], await request.read()
        self.tried.append(method)
        waiting = self.faults.get(method)
        fault = waiting.pop(0) if waiting else None
        if fault and not fault.arrives:
            return fault.response(request)
        async with (
            ClientSession() as session,
            session.post(self.url + request.path, data=body, headers={"Content-Type": request.content_type}) as answer,
        ):
            passed = web.Response(status=answer.status, body=await answer.read(), content_type=answer.content_type)
        return fault.response(request) if fault else passed


@dataclass(frozen=True)
class Fault:
    """What comes back instead of an answer. `status` 0: the connection ends. `arrives`: the call still took effect."""

    status: int
    description: str = ""
    parameters: Mapping[str, object] = field(default_factory=dict)
    arrives: bool = False
    raw: str = ""

    def response(self, request: web.Request) -> web.Response:
        if not self.status:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if self.raw:
            return web.Response(status=self.status, text=self.raw, content_type="text/html")
        failure: Json = {"ok": False, "error_code": self.status, "description": self.description}
        if self.parameters:
            failure["parameters"] = dict(self.parameters)
        return web.json_response(failure, status=self.status)


@asynccontextmanager
async def listening(app: web.Application, port: int = 0) -> AsyncIterator[str]:
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@dataclass
class TelegramRig:
    """The channel, the desk behind it, Telegram and the gateway between."""

    desk: Desk
    channel: Channel
    telegram: Telegram
    gateway: Gateway
    settings: TelegramSettings

    async def write(self, person: str, words: str, *, source_id: str | None = None) -> None:
        number = int(source_id) if source_id else self.telegram.next_message()
        await self.telegram.push({"message": message(number, number_of(person), words)})

    async def show(self, person: str, medium: Medium) -> None:
        sent = message(self.telegram.next_message(), number_of(person), **MEDIA[medium])
        await self.telegram.push({"message": sent})

    async def heard(self, person: str) -> list[str]:
        return self.telegram.heard(number_of(person))

    async def progress(self, person: str) -> int:
        return len(self.telegram.did("sendChatAction", number_of(person)))


def number_of(person: str) -> int:
    return 1000 + int.from_bytes(person.encode()[:2])


@dataclass
class _Doorway:
    """An ASGI application that is exchanged once the channel exists, since the channel must know its address."""

    app: Starlette = field(default_factory=Starlette)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


def pause_briefly(_attempt: int) -> float:
    return 0.01


@asynccontextmanager
async def telegram_rig(
    folder: Path,
    responder: Responder,
    *,
    webhook: bool = False,
    telegram: Telegram | None = None,
    starts: bool = True,
    secret: str = "",
    faults: Mapping[str, list[Fault]] | None = None,
    through: Callable[[MessageHandler], MessageHandler] = lambda reception: reception,
) -> AsyncIterator[TelegramRig]:
    """The channel at work on a fresh Telegram, or on one that was there before."""
    telegram = telegram or Telegram()
    desk, doorway = Desk(folder, responder), _Doorway()
    async with listening(telegram.app()) as behind:
        gateway = Gateway(behind, {method: list(waiting) for method, waiting in (faults or {}).items()})
        async with listening(gateway.app()) as api, serving(doorway) as door:
            settings = TelegramSettings(SecretStr(TOKEN), door if webhook else "", SecretStr(secret), api)
            channel = TelegramChannel(settings, through(desk.dispatcher), pause=pause_briefly)
            doorway.app = application(channel.routes())
            await desk.start(channel)
            try:
                if starts:
                    await until(
                        lambda: webhook == bool(telegram.webhook["url"]) and bool(telegram.did("setMyCommands"))
                    )
                yield TelegramRig(desk, channel, telegram, gateway, settings)
            finally:
                await asyncio.shield(desk.stop())
