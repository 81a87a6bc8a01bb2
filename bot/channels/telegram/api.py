"""The Bot API: the bot that speaks it, and what its errors mean for a delivery."""

import logging
from datetime import timedelta
from typing import Any

import httpx
from telegram import Update
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError
from telegram.ext import AIORateLimiter, ExtBot
from telegram.request import HTTPXRequest

from bot.channels.channel import DeliveryDelayed, DeliveryError, Undeliverable
from bot.settings import TelegramSettings

TelegramBot = ExtBot[int]

_PATIENCE = 30.0  # seconds for an answer; a short patience would leave us in doubt whether a message arrived
_MAYBE_ARRIVED = (httpx.ReadTimeout, httpx.ReadError, httpx.CloseError, httpx.RemoteProtocolError)
_log = logging.getLogger(__name__)


class _PollingRequest(HTTPXRequest):
    """A request for updates. One that the library cannot read becomes empty, so that it holds up no other."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The answer of Telegram as JSON."""
        answer = HTTPXRequest.parse_json_payload(payload)
        if isinstance(updates := answer.get("result"), list):
            answer["result"] = [u if readable(u) else {"update_id": u["update_id"]} for u in updates]
        return answer


def open_bot(settings: TelegramSettings) -> TelegramBot:
    """A bot that keeps to Telegram's rates; it calls nobody yet.

    `ExtBot` without an `Application`: answers are ordered and kept by the desk, so that a second queue in memory would
    only be a place to lose messages. The limiter does not repeat by itself: it would hold up all chats for the sake of
    one, where the desk repeats for that chat alone.

    Raises:
        InvalidToken: the token is empty.
    """
    _silence()
    api = settings.api.rstrip("/")
    return ExtBot(
        settings.token.get_secret_value(),
        base_url=f"{api}/bot",
        base_file_url=f"{api}/file/bot",
        request=HTTPXRequest(64, read_timeout=_PATIENCE, connect_timeout=10.0, pool_timeout=10.0),
        get_updates_request=_PollingRequest(1, read_timeout=10.0, connect_timeout=10.0),
        rate_limiter=AIORateLimiter(max_retries=0),
    )


def readable(update: dict[str, Any]) -> bool:
    """Whether the library knows how to read an update."""
    try:
        Update.de_json(update, None)
    except Exception as error:  # noqa: BLE001 (whatever is wrong with it, it must not hold up those behind it)
        _log.error("an update of Telegram was passed over, it cannot be read: %s", type(error).__name__)
        return False
    return True


def described(error: TelegramError) -> str:
    """What went wrong, in words that hold neither token nor message."""
    match error:
        case InvalidToken():
            return "Telegram does not know this token"
        case Conflict():
            return "another instance asks for the messages of this bot; only one may"
        case RetryAfter():
            return f"Telegram asks to wait {seconds_of(error):.0f} seconds"
        case Forbidden():
            return "the bot was blocked, or is not in the chat any more"
    cause = error.__cause__
    if isinstance(error, NetworkError) and cause and not isinstance(cause, TelegramError):
        return f"Telegram cannot be reached ({type(cause).__name__})"
    return f"Telegram says: {error.message.partition('. Parsing the server response')[0]}"


def seconds_of(error: TelegramError) -> float | None:
    """How long Telegram wants us to wait, where it says so."""
    if not isinstance(error, RetryAfter):
        return None
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


def may_have_arrived(error: TelegramError) -> bool:
    """Whether a request went out whole and its answer did not come back."""
    return isinstance(error.__cause__, _MAYBE_ARRIVED)


def refusal(error: TelegramError) -> DeliveryError:
    """What an error means for a message that has surely not arrived."""
    if isinstance(error, Forbidden | BadRequest):
        return Undeliverable(described(error))
    cause = error.__cause__
    if cause and not isinstance(cause, TelegramError | httpx.HTTPError):
        return Undeliverable(described(error))  # the request cannot even be written; it never will
    return DeliveryDelayed(described(error), seconds=seconds_of(error))


def _silence() -> None:
    """Keep libraries from logging: addresses hold the token, and what is sent and heard holds people's words.

    The library prints what it cannot parse at any level; what it would tell, this package tells in words of its own.
    """
    logging.getLogger("telegram").setLevel(logging.CRITICAL + 1)
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
