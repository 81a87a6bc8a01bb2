"""The WeCom AI bot by callback: the platform polls for the answer until it is complete."""

import json
import logging
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bot.channels.channel import MessageHandler, Progress, Undeliverable
from bot.channels.wecom.aibot_messages import Heard, Json, Poll, TakenOver, json_object, read
from bot.channels.wecom.crypto import CallbackCrypto, CallbackRefused
from bot.channels.wecom.endpoint import opened, refused, verification
from bot.channels.wecom.markdown import MOST_BYTES, escaped, markdown, measure
from bot.channels.wecom.pending_replies import PendingReplies
from bot.channels.wecom.response_url import ResponseUrls
from bot.channels.wecom.stream_ids import StreamIds
from bot.nlg.message import ChannelCapabilities, Limit, OutboundMessage
from bot.nlg.wording import say
from bot.records.database import RecordsUnavailable
from bot.service.message import Delivery, Feedback, ReplyTarget
from bot.settings import WecomBotSettings

_SHORTLY = 0.8  # seconds that a callback waits for an answer; the platform gives up after five
_GREETING = 3.0  # seconds that an arrival waits for its greeting, which cannot be given later
_POLLS_END = 10.0  # seconds without a poll after which no other is to come
_ADDRESS_LASTS = 3600  # seconds
_log = logging.getLogger(__name__)


class AibotCallback:
    """The AI bot in callback mode. All that is remembered here is who waits for what; the answers are on disk."""

    name = "wecom_bot"
    # Sentences that pass the time cost no message here, so they may be repeated.
    capabilities = ChannelCapabilities(
        Limit(MOST_BYTES, measure, parts=1), patience=1.0, progress_every=60.0, tells_refusals=False, shows_drafts=True
    )

    def __init__(
        self,
        settings: WecomBotSettings,
        reception: MessageHandler,
        clock: Callable[[], datetime],
        *,
        polls_end: float = _POLLS_END,
    ) -> None:
        """Hear nothing before `start`; `polls_end` is after how many seconds without a poll none is expected.

        Raises:
            EnvelopeError: token or key have another form than WeCom's.
        """
        key = settings.key.get_secret_value()
        self._envelope = CallbackCrypto(settings.token.get_secret_value(), key, "")
        self._streams = StreamIds(key)
        self._late = ResponseUrls(settings.api)
        self._reception = reception
        self._clock = clock
        self._polls_end = polls_end
        self._exchanges = PendingReplies()
        self._hearing = False

    def routes(self) -> Sequence[BaseRoute]:
        """The address that is entered in WeCom's console."""
        return (Route("/wecom/bot", self._serve, methods=["GET", "POST"]),)

    async def start(self) -> None:
        """Begin to hear."""
        self._hearing = True

    async def stop(self) -> None:
        """Hear no more; polls are still answered."""
        self._hearing = False

    async def close(self) -> None:
        """Give the connections back."""
        await self._late.close()

    async def send(self, address: ReplyTarget, part: OutboundMessage, delivery: Delivery) -> None:
        """Have the answer fetched; where no poll comes any more, post it to the address of the question.

        Raises:
            DeliveryError: it was not fetched, and could not be posted.
        """
        exchange = self._exchanges.about(delivery.number)
        exchange.ready.set()
        patience = min(self._polls_end, _GREETING + 1) if "greets" in address else self._polls_end
        try:
            if await exchange.is_fetched(patience):
                return
            if self._clock().timestamp() > float(address.get("until", "0")):
                raise Undeliverable("the answer was not fetched, and its address is no longer good")
            await self._late.post(address["url"], markdown(part.blocks))
        finally:
            self._exchanges.end(delivery.number)

    async def show_progress(self, address: ReplyTarget, sentence: str, *, waits: bool) -> None:
        """Have the next poll show the sentence; without one, each shows that the question is being looked up."""
        if waits:
            self._exchanges.tell(address.get("message", ""), sentence)

    # -- callbacks

    async def _serve(self, request: Request) -> Response:
        now = self._clock().timestamp()
        try:
            if request.method == "GET":
                return verification(request, self._envelope, now=now)
            text = await opened(request, self._envelope, _encrypted, now=now)
            heard = read(json_object(text), self.name)
        except CallbackRefused as error:
            return refused(error, self.name)
        try:
            return await self._answered(heard)
        except RecordsUnavailable:
            _log.exception("a callback was not accepted; the platform repeats it", extra={"channel": self.name})
            return PlainTextResponse("try again", 503)

    async def _answered(self, heard: Heard | Poll | Feedback | TakenOver | None) -> Response:
        match heard:
            case Poll():
                return await self._poll(heard)
            case Feedback():
                await self._reception.feedback(heard)
            case Heard() if not self._hearing:
                return PlainTextResponse("try again", 503)
            case Heard(greets=True):
                return await self._greet(heard)
            case Heard():
                return await self._begin(heard)
        return Response()

    async def _begin(self, heard: Heard) -> Response:
        """Put a message on disk, and open the stream of its answer; a repetition gets the same."""
        admission = await self._reception.accept(heard.incoming(self.name, self._address(heard)))
        stream = self._streams.name(admission.number, heard.place)
        if admission.verdict == "refused":
            return self._stream(stream, escaped(admission.sentence))
        progress, parts = await self._look(admission.number, _SHORTLY, heard.source_id)
        return self._told(admission.number, stream, progress, parts, first=True)

    async def _poll(self, poll: Poll) -> Response:
        number = self._streams.number(poll.stream, poll.place)
        if number is None:
            return self._stream(poll.stream, escaped(say("stream_gone")))
        progress, parts = await self._look(number, _SHORTLY)
        return self._told(number, poll.stream, progress, parts)

    async def _greet(self, heard: Heard) -> Response:
        admission = await self._reception.accept(heard.incoming(self.name, self._address(heard)))
        if admission.verdict == "refused":
            return Response()
        progress, parts = await self._look(admission.number, _GREETING, heard.source_id)
        if not parts:
            return Response()
        words = "\n\n".join(part.text for part in parts)
        return self._sealed({"msgtype": "text", "text": {"content": words}}, self._done(admission.number, progress))

    async def _look(
        self, number: int, patience: float, source_id: str = ""
    ) -> tuple[Progress, tuple[OutboundMessage, ...]]:
        """How far an answer is, after waiting for it a little."""
        progress, parts = await self._reception.answer_to(self.name, number)
        if progress != "waiting":
            return progress, parts
        exchange = self._exchanges.about(number)
        exchange.source_id = source_id or exchange.source_id
        await exchange.becomes_ready(patience)
        return await self._reception.answer_to(self.name, number)

    def _told(
        self, number: int, stream: str, progress: Progress, parts: tuple[OutboundMessage, ...], *, first: bool = False
    ) -> Response:
        """What the platform shows of an answer by now."""
        content = "\n\n".join(markdown(part.blocks) for part in parts)
        if parts and progress != "waiting":
            return self._stream(stream, content, first=first, after=self._done(number, progress))
        if parts:
            return self._stream(stream, content, finish=False, first=first)
        if progress == "waiting":
            sentence = self._exchanges.about(number).sentence or say("looking_up")
            return self._stream(stream, escaped(sentence), finish=False, first=first)
        return self._stream(stream, escaped(say("stream_gone")), first=first)

    def _stream(
        self,
        stream: str,
        content: str,
        *,
        finish: bool = True,
        first: bool = False,
        after: BackgroundTask | None = None,
    ) -> Response:
        told: dict[str, object] = {"id": stream, "finish": finish, "content": content}
        if first:
            told["feedback"] = {"id": stream}
        return self._sealed({"msgtype": "stream", "stream": told}, after)

    def _sealed(self, message: Json, after: BackgroundTask | None) -> Response:
        text = json.dumps(message, ensure_ascii=False)
        now, nonce = int(self._clock().timestamp()), str(secrets.randbelow(10**10))
        sealed = self._envelope.seal(text, timestamp=now, nonce=nonce, random=secrets.token_bytes(16))
        body = {
            "encrypt": sealed.encrypted,
            "msgsignature": sealed.signature,
            "timestamp": sealed.timestamp,
            "nonce": sealed.nonce,
        }
        return JSONResponse(body, background=after)

    def _done(self, number: int, progress: Progress) -> BackgroundTask | None:
        """What is left to do when an answer is out: tell `send`, which waits for that or is about to."""
        return BackgroundTask(self._exchanges.about(number).fetched.set) if progress == "answered" else None

    def _address(self, heard: Heard) -> ReplyTarget:
        if heard.greets:
            return {"greets": heard.source_id}
        address = {"message": heard.source_id}
        if not self._late.takes(heard.response_url):
            return address
        until = self._clock().timestamp() + _ADDRESS_LASTS
        return {**address, "url": heard.response_url, "until": str(int(until))}


def _encrypted(body: bytes) -> str:
    encrypted = json_object(body).get("encrypt")
    if not isinstance(encrypted, str):
        raise CallbackRefused("json")
    return encrypted
