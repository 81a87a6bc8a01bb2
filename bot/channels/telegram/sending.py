"""Sending to Telegram: parts of answers, typing indicators, answers to callback queries."""

import contextlib
import logging
from collections.abc import Iterator

from telegram import InlineKeyboardMarkup, LinkPreviewOptions, ReplyParameters
from telegram.constants import ChatAction, ParseMode
from telegram.error import BadRequest, ChatMigrated, TelegramError

from bot.channels.telegram.api import TelegramBot, described, may_have_arrived, refusal
from bot.channels.telegram.markup import html_of, keyboard
from bot.channels.telegram.updates import Press
from bot.nlg.block import Block
from bot.nlg.message import Limit, OutboundMessage, utf16_units
from bot.nlg.wording import say
from bot.service.message import ReplyTarget

LIMIT = Limit(4096, utf16_units)
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_log = logging.getLogger(__name__)


class Sender:
    """Writes to chats in the name of a bot."""

    def __init__(self, bot: TelegramBot) -> None:
        """Write by that bot."""
        self._bot = bot

    async def write(self, address: ReplyTarget, part: OutboundMessage, number: int) -> None:
        """Send one part; `number` is that of its answer.

        A message that went out whole but was not confirmed counts as sent: Telegram cannot be asked whether it has it,
        and far more often than not it does. To repeat it would answer people twice.

        Raises:
            DeliveryError: it was not taken.
        """
        try:
            await self._send(address, part, keyboard(part, number))
        except TelegramError as error:
            if not may_have_arrived(error):
                raise refusal(error) from None  # its own text can name the token
            _log.warning("a message went out, and Telegram did not confirm it: %s", described(error))

    async def show_typing(self, address: ReplyTarget) -> None:
        """Show for five seconds that an answer is being written.

        Raises:
            DeliveryError: it was not taken.
        """
        with _refused():
            thread = _number(address, "thread")
            await self._bot.send_chat_action(_chat(address), ChatAction.TYPING, message_thread_id=thread)

    async def acknowledge(self, press: Press, told: str = "") -> None:
        """End the waiting of a button, with words for whoever pressed it."""
        with _told("a press was not acknowledged"):
            await self._bot.answer_callback_query(press.id, told or None)

    async def settle(self, press: Press, part: OutboundMessage, label: str) -> None:
        """Show under a question what was chosen, in place of its buttons."""
        chat, message = _chat(press.address), press.message
        settled = OutboundMessage((*part.blocks, Block("note", say("pressed", label=label))))
        with _told("a question still shows its buttons"):
            if LIMIT.measure(settled.text) > LIMIT.size:
                await self._bot.edit_message_reply_markup(chat, message)
            else:
                html = html_of(settled.blocks)
                await self._bot.edit_message_text(
                    html, chat, message, parse_mode=ParseMode.HTML, link_preview_options=_NO_PREVIEW
                )

    async def _send(self, address: ReplyTarget, part: OutboundMessage, buttons: InlineKeyboardMarkup | None) -> None:
        html = html_of(part.blocks)
        try:
            await self._send_text(address, html, ParseMode.HTML, buttons)
        except ChatMigrated as moved:  # a group became a supergroup; its topics and messages have other numbers
            await self._send_text({"chat": str(moved.new_chat_id)}, html, ParseMode.HTML, buttons)
        except BadRequest as error:
            if "can't parse" not in error.message.lower():
                raise
            _log.error("Telegram cannot read the markup of an answer; it goes out without")
            await self._send_text(address, part.text, None, buttons)

    async def _send_text(
        self, address: ReplyTarget, text: str, mode: str | None, buttons: InlineKeyboardMarkup | None
    ) -> None:
        reply = _number(address, "reply")
        await self._bot.send_message(
            _chat(address),
            text,
            parse_mode=mode,
            link_preview_options=_NO_PREVIEW,
            message_thread_id=_number(address, "thread"),
            reply_parameters=ReplyParameters(reply, allow_sending_without_reply=True) if reply else None,
            reply_markup=buttons,
        )


@contextlib.contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except TelegramError as error:
        raise refusal(error) from None


@contextlib.contextmanager
def _told(consequence: str) -> Iterator[None]:
    """Go on without what only makes a chat nicer to read."""
    try:
        yield
    except TelegramError as error:
        _log.warning("%s: %s", consequence, described(error))


def _chat(address: ReplyTarget) -> int:
    return int(address["chat"])


def _number(address: ReplyTarget, name: str) -> int | None:
    return int(address[name]) if name in address else None
