"""Telegram as a channel: the suite of all channels, by polling and by webhook."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path

from bot.service.sessions import Responder
from tests.bot.channels.contract import ChannelContract
from tests.bot.channels.rig import Rig
from tests.bot.channels.telegram_peer import telegram_rig


class TestPolling(ChannelContract):
    def rig(self, folder: Path, responder: Responder) -> AbstractAsyncContextManager[Rig]:
        return telegram_rig(folder, responder)


class TestWebhook(ChannelContract):
    def rig(self, folder: Path, responder: Responder) -> AbstractAsyncContextManager[Rig]:
        return telegram_rig(folder, responder, webhook=True)
