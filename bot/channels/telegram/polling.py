"""Long polling: updates are fetched one batch after the other, each stored before the next is asked for."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from telegram import Update
from telegram.error import TelegramError

from bot.channels.telegram.api import TelegramBot, described, seconds_of
from bot.records.database import RecordsUnavailable

ALLOWED = (Update.MESSAGE, Update.EDITED_MESSAGE, Update.CALLBACK_QUERY)
Pause = Callable[[int], float]
_PATIENCE = 30  # seconds that Telegram holds a request while there is nothing new
_log = logging.getLogger(__name__)

T = TypeVar("T")


def pause_before(attempt: int) -> float:
    """Seconds before the n-th repetition: 1, 2, 4 ... 60."""
    return min(2.0 ** (attempt - 1), 60.0)


async def persist(step: Callable[[], Awaitable[T]], pause: Pause) -> T:
    """Ask Telegram until it answers; meanwhile the log tells why it does not."""
    attempt = 0
    while True:
        attempt += 1
        try:
            return await step()
        except TelegramError as error:
            _log.warning("no messages from Telegram for now: %s", described(error))
            wait = seconds_of(error)
        except Exception:  # noqa: BLE001 (a mistake in one answer must not end hearing)
            _log.exception("no messages from Telegram for now")
            wait = None
        await asyncio.sleep(pause(attempt) if wait is None else wait)


async def poll(bot: TelegramBot, take: Callable[[Update], Awaitable[None]], pause: Pause) -> None:
    """Hear for ever. An update is acknowledged by asking for those behind it, and that happens once it is on disk.

    The loop of the library acknowledges what it has put into a queue in memory; a crash would lose that.
    """
    offset = 0
    while True:
        ask = partial(bot.get_updates, offset, timeout=_PATIENCE, allowed_updates=ALLOWED)
        for update in await persist(ask, pause):
            await _take(update, take, pause)
            offset = update.update_id + 1


async def _take(update: Update, take: Callable[[Update], Awaitable[None]], pause: Pause) -> None:
    attempt = 0
    while True:
        attempt += 1
        try:
            await take(update)
        except RecordsUnavailable:
            _log.exception("a message of Telegram was not written; trying again")
            await asyncio.sleep(pause(attempt))
        else:
            return
