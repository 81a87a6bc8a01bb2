"""The HTTP endpoint of WeCom callbacks, the same for applications and AI bots."""

import logging
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from bot.channels.request_body import body_of
from bot.channels.wecom.crypto import CallbackCrypto, CallbackRefused, Query

MOST_BYTES = 64 * 1024
_PATIENCE = 5.0  # seconds; the platform itself waits no longer for a callback
_FORM = {"request", "xml", "json"}  # stages that look at the form alone; the others depend on keys and content
_log = logging.getLogger(__name__)


class CallbackTooLarge(CallbackRefused):
    """A callback is larger than any that the platform sends."""

    def __init__(self) -> None:
        """Refuse the request as such; nothing of it was looked at."""
        super().__init__("request")


async def opened(request: Request, envelope: CallbackCrypto, read: Callable[[bytes], str], *, now: float) -> str:
    """The plaintext of a callback; `read` takes the encrypted text out of the body.

    Raises:
        CallbackRefused: query, body, signature, time or content are not the platform's.
    """
    query = _query(request)
    body = await body_of(request, most=MOST_BYTES, seconds=_PATIENCE)
    if body is None:
        raise CallbackTooLarge
    return envelope.open(query, read(body), now=now)


def verification(request: Request, envelope: CallbackCrypto, *, now: float) -> Response:
    """The answer to the platform's check of our address: the plaintext of `echostr`, and nothing else.

    Raises:
        CallbackRefused: the check does not come from the platform.
    """
    return PlainTextResponse(envelope.open(_query(request), _only(request, "echostr"), now=now))


def refused(error: CallbackRefused, channel: str) -> Response:
    """The answer to a refused callback. It does not tell a bad signature from a bad padding; only the log does."""
    _log.warning("callback refused: %s", error.stage, extra={"channel": channel, "stage": error.stage})
    if isinstance(error, CallbackTooLarge):
        return PlainTextResponse("too large", 413, {"Connection": "close"})
    if error.stage in _FORM:
        return PlainTextResponse("bad request", 400)
    return PlainTextResponse("forbidden", 403)


def _query(request: Request) -> Query:
    return Query(_only(request, "msg_signature"), _only(request, "timestamp"), _only(request, "nonce"))


def _only(request: Request, name: str) -> str:
    """The value of a name that must occur once; the framework has decoded it, and nobody may do so again."""
    values = request.query_params.getlist(name)
    if len(values) != 1:
        raise CallbackRefused("request")
    return values[0]
