"""The channels that the settings enable; each is imported only if it is served."""

from collections.abc import Callable, Mapping
from datetime import datetime

from bot.channels.channel import Channel, MessageHandler
from bot.settings import (
    ChannelSettings,
    Settings,
    TelegramSettings,
    WecomAppSettings,
    WecomBotSettings,
    WecomSocketSettings,
)

Clock = Callable[[], datetime]


def open_channels(settings: Settings, reception: MessageHandler, clock: Clock) -> Mapping[str, Channel]:
    """The channels whose settings are complete, by name; none of them hears anything yet.

    Raises:
        PolicyBotError: a setting has another form than the platform's.
    """
    channels = [
        channel
        for group in settings.channels
        if group.complete
        for channel in OPENERS[type(group)](settings, reception, clock)
    ]
    return {channel.name: channel for channel in channels}


def _telegram(settings: Settings, reception: MessageHandler, _clock: Clock) -> tuple[Channel, ...]:
    from bot.channels.telegram.adapter import TelegramChannel  # noqa: PLC0415 (only where it is served)

    return (TelegramChannel(settings.telegram, reception),)


def _wecom(settings: Settings, reception: MessageHandler, clock: Clock) -> tuple[Channel, ...]:
    from bot.channels.wecom.app import WecomApp  # noqa: PLC0415
    from bot.channels.wecom.client import WecomClient  # noqa: PLC0415
    from bot.channels.wecom.customer_service import CustomerService  # noqa: PLC0415

    client = WecomClient(settings.wecom)
    service = CustomerService(reception, client) if settings.wecom.service else None
    app = WecomApp(settings.wecom, reception, client, clock, service)
    return (app, service) if service else (app,)


def _wecom_bot(settings: Settings, reception: MessageHandler, clock: Clock) -> tuple[Channel, ...]:
    from bot.channels.wecom.aibot_callback import AibotCallback  # noqa: PLC0415

    return (AibotCallback(settings.wecom_bot, reception, clock),)


def _wecom_socket(settings: Settings, reception: MessageHandler, _clock: Clock) -> tuple[Channel, ...]:
    from bot.channels.wecom.aibot_websocket import AibotWebsocket  # noqa: PLC0415

    return (AibotWebsocket(settings.wecom_socket, reception),)


Opener = Callable[[Settings, MessageHandler, Clock], tuple[Channel, ...]]
OPENERS: Mapping[type[ChannelSettings], Opener] = {
    TelegramSettings: _telegram,
    WecomAppSettings: _wecom,
    WecomBotSettings: _wecom_bot,
    WecomSocketSettings: _wecom_socket,
}
