"""The WeCom AI bot by websocket: one connection that receives messages and sends answers."""

import asyncio
import logging
from collections.abc import Coroutine, Sequence

from starlette.routing import BaseRoute

from bot.channels.channel import DeliveryDelayed, MessageHandler, Undeliverable
from bot.channels.wecom.aibot_messages import Heard, Json, read
from bot.channels.wecom.crypto import CallbackRefused
from bot.channels.wecom.markdown import MOST_BYTES, escaped, markdown, measure
from bot.channels.wecom.rate_limit import SendRateLimiter
from bot.channels.wecom.websocket_client import Timing, WebsocketClient
from bot.nlg.message import ChannelCapabilities, Limit, OutboundMessage
from bot.nlg.wording import say
from bot.records.database import RecordsUnavailable
from bot.service.message import Delivery, Feedback, ReplyTarget
from bot.settings import WecomSocketSettings

_TOO_FAST = {45009, 45033, 846607}
_BUSY = {-1, 6000}
_A_MINUTE = 60.0
_log = logging.getLogger(__name__)


class AibotWebsocket:
    """The AI bot on a connection of its own.

    The platform tells a message once and wants no acknowledgement of it: what arrives is put on disk before anything
    else, and what arrives while we are not connected is lost. Answers are acknowledged. One that is not may have been
    shown: it is sent again, as a change to the same message while the connection holds, else as a message of its own.
    """

    name = "wecom_socket"
    capabilities = ChannelCapabilities(
        Limit(MOST_BYTES, measure, parts=4), patience=1.0, progress_every=120.0, shows_drafts=True
    )

    def __init__(
        self, settings: WecomSocketSettings, reception: MessageHandler, *, timing: Timing | None = None
    ) -> None:
        """Connect with nobody before `start`."""
        self._reception = reception
        self._link = WebsocketClient(settings, self._hear, timing or Timing())
        self._pace = SendRateLimiter()
        self._running: asyncio.Task[None] | None = None
        self._beside: set[asyncio.Task[int]] = set()
        self._opened: set[str] = set()
        self._hearing = False

    def routes(self) -> Sequence[BaseRoute]:
        """None: the platform does not call us."""
        return ()

    async def start(self) -> None:
        """Begin to connect, and stay connected."""
        self._hearing = True
        self._running = asyncio.create_task(self._link.run())

    async def stop(self) -> None:
        """Hear no more; answers still go out over the connection."""
        self._hearing = False

    async def close(self) -> None:
        """Disconnect."""
        tasks = [*self._beside, *([self._running] if self._running else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def send(self, address: ReplyTarget, part: OutboundMessage, delivery: Delivery) -> None:
        """Answer on the message itself, or by a message of our own where that connection is gone.

        Raises:
            DeliveryError: the platform did not take it.
        """
        await self._pace.turn(address["to"])
        if self._holds(address) and delivery.part == 0:
            code = await self._respond(address, part)
            if code == 0:
                return
            _log.warning("an answer in place was refused: %d", code, extra={"number": delivery.number})
        if "greets" in address:
            raise Undeliverable("it is too late to greet")
        content = {"content": markdown(part.blocks)}
        body = {"chatid": address["to"], "msgtype": "markdown", "markdown": content}
        _check(await self._link.send("aibot_send_msg", body))

    async def show_progress(self, address: ReplyTarget, sentence: str, *, waits: bool) -> None:
        """Show a sentence in the place of the answer, where that costs the answer no time.

        Raises:
            DeliveryError: the platform did not take it.
        """
        if self._holds(address) and "greets" not in address and self._pace.free(address["to"]):
            await self._pace.turn(address["to"])
            # Once begun it is seen through: its acknowledgement must not be taken for that of the answer.
            _check(await asyncio.shield(self._spawn(self._stream(address, escaped(sentence), finish=False))))

    # -- what is heard

    async def _hear(self, req_id: str, body: Json) -> None:
        try:
            heard = read(body, self.name)
        except CallbackRefused:
            _log.warning("a callback is not as the platform sends them", extra={"channel": self.name})
            return
        if isinstance(heard, Feedback):
            await self._reception.feedback(heard)
        elif isinstance(heard, Heard):
            await self._accept(heard, req_id)

    async def _accept(self, heard: Heard, req_id: str) -> None:
        address = {"req": req_id, "line": self._link.line, "to": heard.place, "stream": heard.source_id}
        if heard.greets:
            address["greets"] = "yes"
        try:
            if self._hearing:
                await self._reception.accept(heard.incoming(self.name, address))
                return
        except RecordsUnavailable:
            _log.exception("a message was not accepted; its person is told", extra={"channel": self.name})
        if not heard.greets:
            self._spawn(self._stream(address, escaped(say("turn_failed")), finish=True))

    # -- what is said

    def _holds(self, address: ReplyTarget) -> bool:
        """Whether the connection is the one on which the message came."""
        return address["line"] == self._link.line

    async def _respond(self, address: ReplyTarget, part: OutboundMessage) -> int:
        if "greets" not in address:
            return await self._stream(address, markdown(part.blocks), finish=True)
        body = {"msgtype": "text", "text": {"content": part.text}}
        return await self._link.send("aibot_respond_welcome_msg", body, req_id=address["req"])

    async def _stream(self, address: ReplyTarget, content: str, *, finish: bool) -> int:
        """Show all that is to be seen of an answer; opinions of it name the message that it answers."""
        name = address["stream"]
        stream: dict[str, object] = {"id": name, "finish": finish, "content": content}
        if name not in self._opened:
            stream["feedback"] = {"id": name}
        if finish:
            self._opened.discard(name)
        else:
            self._opened.add(name)
        return await self._link.send(
            "aibot_respond_msg", {"msgtype": "stream", "stream": stream}, req_id=address["req"]
        )

    def _spawn(self, work: Coroutine[object, object, int]) -> asyncio.Task[int]:
        task = asyncio.create_task(work)
        self._beside.add(task)
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: asyncio.Task[int]) -> None:
        self._beside.discard(task)
        if not task.cancelled() and task.exception():
            _log.warning("a sentence was not shown: %s", task.exception())


def _check(code: int) -> None:
    """Nothing, where the platform took a frame."""
    if code in _TOO_FAST or code in _BUSY:
        raise DeliveryDelayed(
            f"the platform asks for patience: {code}", seconds=_A_MINUTE if code in _TOO_FAST else None
        )
    if code:
        raise Undeliverable(f"the platform refused a message: {code}")
