"""The self-built application of WeCom: members of the organisation write to it and are answered by messages."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.channels.channel import DeliveryDelayed, DeliveryError, MessageHandler, Undeliverable
from bot.channels.wecom.cards import Body, cards, choice_at
from bot.channels.wecom.client import WecomClient
from bot.channels.wecom.crypto import CallbackCrypto, CallbackRefused
from bot.channels.wecom.customer_service import CustomerService
from bot.channels.wecom.endpoint import opened, refused, verification
from bot.channels.wecom.messages import APP, Heard, News, Press, encrypted, fields_of, heard
from bot.channels.wecom.rate_limit import SendRateLimiter
from bot.nlg.message import ChannelCapabilities, Limit, OutboundMessage, utf8_bytes
from bot.nlg.wording import say
from bot.records.database import RecordsUnavailable
from bot.service.message import Delivery, InboundMessage, ReplyTarget
from bot.settings import WecomAppSettings

_LONGEST = 2048  # bytes; the platform cuts a longer text without a word
_MOST_PARTS = 8  # within what one person may be sent at once
_TWICE = 180  # seconds within which the platform drops a repeated text, if it was asked to
_log = logging.getLogger(__name__)


class WecomApp:
    """The channel of a self-built application. News for customer service comes in at the same address.

    Views are not offered as buttons: they would need a message of their own under almost every answer.
    """

    name = APP
    capabilities = ChannelCapabilities(Limit(_LONGEST, utf8_bytes, _MOST_PARTS), patience=2.0)

    def __init__(
        self,
        settings: WecomAppSettings,
        reception: MessageHandler,
        client: WecomClient,
        clock: Callable[[], datetime],
        service: CustomerService | None = None,
        *,
        pace: SendRateLimiter | None = None,
    ) -> None:
        """Hear through `routes`, answer through `client`.

        Raises:
            EnvelopeError: token or key have another form than WeCom's.
        """
        token = settings.token.get_secret_value()
        self._envelope = CallbackCrypto(token, settings.key.get_secret_value(), settings.corp)
        self._agent = int(settings.agent) if settings.agent.isdecimal() else settings.agent
        self._names = token.encode()
        self._reception = reception
        self._client = client
        self._clock = clock
        self._service = service
        self._pace = SendRateLimiter() if pace is None else pace
        self._repeated: set[str] = set()
        self._beside: set[asyncio.Task[None]] = set()

    def routes(self) -> Sequence[BaseRoute]:
        """The address that is entered for callbacks."""
        verify = Route("/wecom/app", self._verify, methods=["GET"])
        return (verify, Route("/wecom/app", self._called, methods=["POST"]))

    async def start(self) -> None:
        """Callbacks come as soon as the server runs."""

    async def stop(self) -> None:
        """Callbacks end with the server."""

    async def close(self) -> None:
        """End what runs beside, and give the connections back."""
        for task in list(self._beside):
            task.cancel()
        await asyncio.gather(*self._beside, return_exceptions=True)
        await self._client.close()

    # -- hearing

    async def _verify(self, request: Request) -> Response:
        try:
            return verification(request, self._envelope, now=self._clock().timestamp())
        except CallbackRefused as error:
            return refused(error, self.name)

    async def _called(self, request: Request) -> Response:
        try:
            plaintext = await opened(request, self._envelope, encrypted, now=self._clock().timestamp())
            what = heard(fields_of(plaintext), self._names)
        except CallbackRefused as error:
            return refused(error, self.name)
        try:
            await self._take(what)
        except RecordsUnavailable:
            _log.exception("a callback could not be kept; the platform will repeat it")
            return Response(status_code=503)
        return Response()

    async def _take(self, what: Heard) -> None:
        """Keep what was heard; after that it may be acknowledged."""
        match what:
            case InboundMessage():
                await self._reception.accept(what)
            case Press():
                await self._take_press(what)
            case News() if self._service is not None:
                await self._service.fetch(what)
            case _:
                return

    async def _take_press(self, press: Press) -> None:
        """A button says its words; under an answer that is forgotten, a conversation begins anew."""
        address = {"to": press.person}
        choice = await choice_at(self._reception, self.name, press.number, press.index)
        if choice is None:
            await self._reception.accept(InboundMessage(APP, press.source_id, press.person, address, kind="arrival"))
            return
        said = InboundMessage(APP, press.source_id, press.person, address, choice.words, after=press.number)
        if (await self._reception.accept(said)).verdict == "accepted" and press.response_code:
            self._spawn(self._show_picked(press, choice.label))

    async def _show_picked(self, press: Press, label: str) -> None:
        """Put what was picked in place of the buttons, so that nobody picks twice. The answer does not wait for it."""
        button = {"replace_name": say("picked", label=label)}
        body = {"userids": [press.person], "agentid": self._agent, "response_code": press.response_code}
        with contextlib.suppress(DeliveryError):
            await self._client.call("/cgi-bin/message/update_template_card", {**body, "button": button})

    # -- answering

    async def send(self, address: ReplyTarget, part: OutboundMessage, delivery: Delivery) -> None:
        """Deliver the text of a part, then its buttons.

        The text says the choices as well, and cards do not show everywhere: where a card is not taken, the part still
        counts as delivered and is not said again. A crash between text and card repeats the text.

        Raises:
            DeliveryError: the text was not taken.
        """
        await self._say(address["to"], part.text, delivery.key)
        for card in cards(part.choices, delivery):
            try:
                await self._pace.turn(address["to"])
                await self._post(address["to"], {"msgtype": "template_card", "template_card": card})
            except DeliveryError as error:
                _log.warning("buttons not delivered: %s", error, extra={"number": delivery.number})

    async def show_progress(self, address: ReplyTarget, sentence: str, *, waits: bool) -> None:
        """Say the sentence, unless it would hold up the answer.

        Raises:
            DeliveryError: it was not taken.
        """
        if self._pace.free(address["to"]):
            await self._pace.turn(address["to"])
            await self._post(address["to"], _text(sentence))

    async def _say(self, person: str, text: str, key: str) -> None:
        """Send a text. One that may be out already is sent so that the platform drops it if it is."""
        body = _text(text)
        if key in self._repeated:
            body = {**body, "enable_duplicate_check": 1, "duplicate_check_interval": _TWICE}
        await self._pace.turn(person)
        try:
            await self._post(person, body)
        except DeliveryDelayed:
            self._repeated.add(key)
            raise
        except DeliveryError:
            self._repeated.discard(key)
            raise
        self._repeated.discard(key)

    async def _post(self, person: str, body: Body) -> None:
        answer = await self._client.call(
            "/cgi-bin/message/send", {"touser": person, "agentid": self._agent, "safe": 0, **body}
        )
        if answer.get("invaliduser") or answer.get("unlicenseduser"):
            raise Undeliverable("WeCom does not reach that person through the application")

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)


async def identify(settings: WecomAppSettings) -> str:
    """The name of the application, as the platform knows it.

    Raises:
        DeliveryError: the platform is not reached, or refuses; it says why and what to do.
    """
    client = WecomClient(settings)
    try:
        answer = await client.call("/cgi-bin/agent/get", query={"agentid": settings.agent})
    finally:
        await client.close()
    return str(answer.get("name", ""))


def _text(text: str) -> Body:
    return {"msgtype": "text", "text": {"content": text}}
