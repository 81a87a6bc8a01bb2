"""The webhook endpoint: verifies that a call comes from Telegram and reads it."""

import hashlib
import hmac
import json
import logging
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from bot.channels.request_body import body_of

PATH = "/telegram"
MOST_BYTES = 1024 * 1024
_SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 (the name of a header)
_PATIENCE = 10.0  # seconds for a body
_log = logging.getLogger(__name__)


async def received(request: Request, secret: str) -> dict[str, Any] | Response:
    """The update of a call, as JSON; or the answer to a call that brings none."""
    given = request.headers.get(_SECRET_HEADER, "").encode("utf-8", "replace")
    if not hmac.compare_digest(given, secret.encode()):
        _log.warning("a call was refused, it does not come from Telegram")
        return PlainTextResponse("forbidden", 403)
    body = await body_of(request, most=MOST_BYTES, seconds=_PATIENCE)
    if body is None:
        return PlainTextResponse("too large", 413, {"Connection": "close"})
    try:
        update = json.loads(body)
    except (ValueError, RecursionError):
        update = None
    return update if isinstance(update, dict) else PlainTextResponse("bad request", 400)


def derived_secret(token: str) -> str:
    """A secret for calls that whoever knows the token can work out, and nobody else."""
    return hmac.new(token.encode(), b"luce telegram webhook", hashlib.sha256).hexdigest()
