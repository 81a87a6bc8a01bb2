"""The websocket connection of an AI bot: subscription, heartbeats, acknowledged frames."""

import asyncio
import json
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal
from weakref import WeakValueDictionary

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from bot.channels.channel import DeliveryDelayed
from bot.channels.wecom.aibot_messages import Json, json_object
from bot.channels.wecom.crypto import CallbackRefused
from bot.settings import WecomSocketSettings

Ended = Literal["unreachable", "refused", "dropped", "taken over"]
Hear = Callable[[str, Json], Awaitable[None]]

_MOST_UNANSWERED = 2  # heartbeats; after that the connection is dead
_MOST_BYTES = 1 << 20
_WRONG_SECRET = 853000
_CALLBACKS = ("aibot_msg_callback", "aibot_event_callback")
_log = logging.getLogger(__name__)
logging.getLogger("websockets").setLevel(logging.WARNING)  # below that it logs frames, and with them the secret


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds: between heartbeats, until a frame must be acknowledged, and before a new attempt to connect."""

    beat: float = 30.0
    acknowledged: float = 5.0
    soonest: float = 1.0
    latest: float = 30.0
    after_refusal: float = 60.0


class WebsocketClient:
    """One connection at a time, made anew when it is lost; not where another instance took the bot over."""

    def __init__(self, settings: WecomSocketSettings, hear: Hear, timing: Timing) -> None:
        """`hear` is given the id and body of each callback, one after the other."""
        self._settings = settings
        self._hear = hear
        self._timing = timing
        self._connection: ClientConnection | None = None
        self._up = asyncio.Event()
        self._taken_over = False
        self._unanswered = 0
        self._awaited: dict[str, asyncio.Future[int]] = {}
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self.line = ""
        """Names the present connection, empty where there is none: ids of callbacks are good on their own one alone."""

    async def run(self) -> None:
        """Stay connected; ends only where another instance took the bot over."""
        pause = self._timing.soonest
        while True:
            ended = await self._connect()
            if ended == "taken over":
                _log.error(
                    "another instance has connected as the same AI bot, so this one has stopped hearing; "
                    "run the bot in one place alone, then start this one again"
                )
                return
            if ended == "dropped":
                pause = self._timing.soonest
            await asyncio.sleep(self._timing.after_refusal if ended == "refused" else pause)
            pause = min(pause * 2, self._timing.latest)

    async def send(self, command: str, body: Json, *, req_id: str = "") -> int:
        """Send a frame once its forerunners with the same id are acknowledged; the platform's code, 0 where it took it.

        Raises:
            DeliveryDelayed: there is no connection, or no acknowledgement came.
        """
        if self._taken_over:
            raise DeliveryDelayed("another instance has taken the bot over", seconds=self._timing.after_refusal)
        try:
            async with asyncio.timeout(self._timing.acknowledged):
                await self._up.wait()
        except TimeoutError as error:
            raise DeliveryDelayed("not connected") from error
        return await self._ask(command, body, req_id)

    async def _connect(self) -> Ended:
        try:
            async with connect(
                self._settings.url, ping_interval=None, max_size=_MOST_BYTES, close_timeout=1.0
            ) as connection:
                return await self._converse(connection)
        except (OSError, WebSocketException, TimeoutError, DeliveryDelayed) as error:
            _log.warning("the AI bot cannot connect: %s", type(error).__name__)
            return "unreachable"

    async def _converse(self, connection: ClientConnection) -> Ended:
        """Sign in and hear until the connection ends."""
        self._connection, self._unanswered = connection, 0
        self.line = secrets.token_hex(8)
        tasks = [asyncio.create_task(self._listen(connection))]
        try:
            secret = self._settings.secret.get_secret_value()
            code = await self._ask("aibot_subscribe", {"bot_id": self._settings.bot, "secret": secret})
            if code:
                _log.error(_refusal(code), code)
                return "refused"
            _log.info("the AI bot is connected")
            self._up.set()
            tasks.append(asyncio.create_task(self._beat(connection)))
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._connection, self.line = None, ""
            self._up.clear()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if self._taken_over:
            return "taken over"
        _log.warning("the AI bot lost its connection")
        return "dropped"

    async def _listen(self, connection: ClientConnection) -> None:
        try:
            async for text in connection:
                if await self._heard(text):
                    return
        finally:
            for awaited in self._awaited.values():
                if not awaited.done():
                    awaited.set_exception(DeliveryDelayed("the connection was lost"))

    async def _heard(self, text: str | bytes) -> bool:
        """Whether this was the last frame."""
        try:
            frame = json_object(text)
        except CallbackRefused:
            _log.warning("a frame is not JSON")
            return False
        headers, body = frame.get("headers"), frame.get("body")
        req_id = headers.get("req_id") if isinstance(headers, dict) else None
        if not isinstance(req_id, str):
            return False
        if frame.get("cmd") not in _CALLBACKS:
            self._acknowledge(req_id, frame.get("errcode"))
        elif isinstance(body, dict):
            if _takes_over(body):
                self._taken_over = True
                return True
            await self._hand_in(req_id, body)
        return False

    async def _hand_in(self, req_id: str, body: Json) -> None:
        try:
            await self._hear(req_id, body)
        except Exception:  # noqa: BLE001 (one callback is lost; the connection and the next ones are not)
            _log.exception("a callback was not heard")

    def _acknowledge(self, req_id: str, code: object) -> None:
        if req_id.startswith("ping"):
            self._unanswered = 0
        awaited = self._awaited.get(req_id)
        if awaited and not awaited.done():
            awaited.set_result(code if isinstance(code, int) else 0)

    async def _beat(self, connection: ClientConnection) -> None:
        while self._unanswered < _MOST_UNANSWERED:
            await asyncio.sleep(self._timing.beat)
            self._unanswered += 1
            await connection.send(_frame("ping", _new_id("ping")))

    async def _ask(self, command: str, body: Json, req_id: str = "") -> int:
        req_id = req_id or _new_id(command)
        turn = self._turns.setdefault(req_id, asyncio.Lock())
        async with turn:
            connection = self._connection
            if connection is None:
                raise DeliveryDelayed("the connection was lost")
            awaited: asyncio.Future[int] = asyncio.get_running_loop().create_future()
            self._awaited[req_id] = awaited
            try:
                async with asyncio.timeout(self._timing.acknowledged):
                    await connection.send(_frame(command, req_id, body))
                    return await awaited
            except (TimeoutError, ConnectionClosed) as error:
                raise DeliveryDelayed("a frame was not acknowledged") from error
            finally:
                del self._awaited[req_id]


def _frame(command: str, req_id: str, body: Json | None = None) -> str:
    frame: dict[str, object] = {"cmd": command, "headers": {"req_id": req_id}}
    if body is not None:
        frame["body"] = body
    return json.dumps(frame, ensure_ascii=False)


def _new_id(command: str) -> str:
    return f"{command}_{secrets.token_hex(8)}"


def _takes_over(body: Json) -> bool:
    event = body.get("event")
    return isinstance(event, dict) and event.get("eventtype") == "disconnected_event"


def _refusal(code: int) -> str:
    if code == _WRONG_SECRET:
        return (
            "WeCom knows no AI bot of this id and secret (%d); check LUCE_WECOM_SOCKET_BOT and LUCE_WECOM_SOCKET_SECRET"
        )
    return "WeCom did not let the AI bot in (%d)"
