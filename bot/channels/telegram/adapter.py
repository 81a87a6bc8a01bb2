"""The Telegram channel: long polling, or a webhook where a public address is set."""

import asyncio
import logging
import re
from collections.abc import Coroutine, Sequence
from functools import partial

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from telegram import BotCommand, Update
from telegram.error import TelegramError

from bot.channels.channel import DeliveryError, MessageHandler
from bot.channels.commands import descriptions
from bot.channels.telegram.api import TelegramBot, described, open_bot, readable
from bot.channels.telegram.polling import ALLOWED, Pause, pause_before, persist, poll
from bot.channels.telegram.sending import LIMIT, Sender
from bot.channels.telegram.updates import CHANNEL, Me, Press, read
from bot.channels.telegram.webhook import PATH, derived_secret, received
from bot.nlg.layout import one_part
from bot.nlg.message import ChannelCapabilities, Choice, OutboundMessage
from bot.nlg.wording import say
from bot.records.database import RecordsUnavailable
from bot.service.message import Delivery, InboundMessage, ReplyTarget
from bot.settings import TelegramSettings

_PATIENCE = 10.0  # seconds for whoever asks who the bot is
_PARTING = 2.0  # seconds for what is shown beside answers, once nothing is heard any more
_BUTTON = re.compile(r"(\d{1,18})\.(\d{1,3})", re.ASCII)
_log = logging.getLogger(__name__)


class TelegramChannel:
    """A Telegram bot."""

    name = CHANNEL
    capabilities = ChannelCapabilities(LIMIT, patience=0.3, progress_every=4.0, offers_views=True)

    def __init__(self, settings: TelegramSettings, reception: MessageHandler, *, pause: Pause = pause_before) -> None:
        """Hear nothing before `start`; `pause` gives the seconds before the n-th repetition of what failed."""
        self._settings = settings
        self._reception = reception
        self._pause = pause
        self._bot = open_bot(settings)
        self._sender = Sender(self._bot)
        self._secret = settings.secret.get_secret_value() or derived_secret(settings.token.get_secret_value())
        self._me: Me | None = None
        self._hearing: asyncio.Task[None] | None = None
        self._beside: set[asyncio.Task[None]] = set()

    def routes(self) -> Sequence[BaseRoute]:
        """The address that Telegram calls, if it is to call."""
        return (Route(PATH, self._called, methods=["POST"]),) if self._settings.webhook else ()

    async def start(self) -> None:
        """Begin to hear; where Telegram cannot be reached yet, as soon as it can."""
        self._hearing = asyncio.create_task(self._hear())

    async def stop(self) -> None:
        """Hear no more. Telegram keeps what is written meanwhile, also for an address that it calls."""
        self._me = None
        if self._hearing:
            self._hearing.cancel()
            await asyncio.gather(self._hearing, return_exceptions=True)
        if self._beside:
            await asyncio.wait(self._beside, timeout=_PARTING)

    async def close(self) -> None:
        """Give the connections back."""
        for task in self._beside:
            task.cancel()
        await asyncio.gather(*self._beside, return_exceptions=True)
        await self._bot.shutdown()

    async def send(self, address: ReplyTarget, part: OutboundMessage, delivery: Delivery) -> None:
        """Deliver one part.

        Raises:
            DeliveryError: it was not taken.
        """
        await self._sender.write(address, part, delivery.number)

    async def show_progress(self, address: ReplyTarget, sentence: str, *, waits: bool) -> None:
        """Show typing; whoever waits for an earlier answer reads the sentence.

        Raises:
            DeliveryError: it was not taken.
        """
        if waits:
            (part,) = one_part(sentence)
            await self._sender.write(address, part, 0)
        else:
            await self._sender.show_typing(address)

    # -- hearing

    async def _hear(self) -> None:
        await persist(self._bot.initialize, self._pause)
        self._me = me = _me(self._bot)
        self._spawn(self._show_commands())
        if self._settings.webhook:
            await persist(self._ask_to_be_called, self._pause)
            return
        await persist(self._ask_not_to_be_called, self._pause)
        await poll(self._bot, partial(self._take, me), self._pause)

    async def _ask_to_be_called(self) -> None:
        url = self._settings.webhook.rstrip("/") + PATH
        await self._bot.set_webhook(url, secret_token=self._secret, allowed_updates=ALLOWED)

    async def _ask_not_to_be_called(self) -> None:
        await self._bot.delete_webhook(drop_pending_updates=False)

    async def _show_commands(self) -> None:
        """Fill the menu of commands, for everybody and for those who read Chinese."""
        commands = [BotCommand(name, description) for name, description in descriptions().items()]
        try:
            for language in (None, "zh"):
                await self._bot.set_my_commands(commands, language_code=language)
        except TelegramError as error:
            _log.warning("the menu of commands was not set: %s", described(error))

    async def _take(self, me: Me, update: Update) -> None:
        """Hand in what an update says; returns when it may be acknowledged.

        Raises:
            RecordsUnavailable: it could not be written.
        """
        try:
            heard = read(update, me)
            if isinstance(heard, Press):
                await self._press(heard)
            elif heard:
                await self._reception.accept(heard)
        except RecordsUnavailable:
            raise
        except Exception:  # noqa: BLE001 (a mistake over one update must not hold up those behind it)
            _log.exception("an update of Telegram was passed over")

    async def _press(self, press: Press) -> None:
        part, choice = await self._choice(press)
        if choice is None:
            self._spawn(self._sender.acknowledge(press, say("press_gone")))
            return
        if press.of_another:
            self._spawn(self._sender.acknowledge(press, say("press_of_another")))
            return
        number = int(press.data.partition(".")[0])
        source_id = f"press.{press.id}"
        incoming = InboundMessage(CHANNEL, source_id, press.person, press.address, choice.words, after=number)
        admission = await self._reception.accept(incoming)
        self._spawn(self._sender.acknowledge(press))
        if choice.settles and admission.verdict != "refused":
            self._spawn(self._sender.settle(press, part, choice.label))

    async def _choice(self, press: Press) -> tuple[OutboundMessage, Choice | None]:
        """The part of an answer that a button stands under, and what the button says; no choice if it is gone."""
        button = _BUTTON.fullmatch(press.data)
        if button:
            _, parts = await self._reception.answer_to(CHANNEL, int(button[1]))
            index = int(button[2])
            for part in parts[-1:]:
                if index < len(part.choices):
                    return part, part.choices[index]
        return OutboundMessage(()), None

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    # -- being called

    async def _called(self, request: Request) -> Response:
        """Take one update, and acknowledge it once it is on disk."""
        update = await received(request, self._secret)
        if isinstance(update, Response):
            return update
        if self._me is None:
            return PlainTextResponse("not open", 503)  # Telegram calls again
        if readable(update):  # if another were refused, Telegram would call with it again and again
            try:
                await self._take(self._me, Update.de_json(update, self._bot))
            except RecordsUnavailable:
                _log.exception("a message of Telegram was not written; it will call again")
                return PlainTextResponse("try again", 503)
        return Response()


async def identify(settings: TelegramSettings) -> str:
    """The name of the bot, from Telegram itself.

    Raises:
        DeliveryError: Telegram does not give it, with the reason.
    """
    try:
        bot = open_bot(settings)
        try:
            async with asyncio.timeout(_PATIENCE):
                await bot.initialize()
            return f"@{_me(bot).username}"
        finally:
            await bot.shutdown()
    except TimeoutError:
        raise DeliveryError("Telegram does not answer") from None
    except TelegramError as error:
        raise DeliveryError(described(error)) from None  # its own text can name the token


def _me(bot: TelegramBot) -> Me:
    return Me(bot.id, bot.username or "")
