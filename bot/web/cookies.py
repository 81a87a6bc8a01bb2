"""The session cookie: signed, names a token, ends with it."""

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from bot.web.roles import Principal
from bot.web.tokens import Token, Tokens, TokensError

COOKIE = "luce_session"
LASTS = timedelta(hours=12)
_KEY_BYTES = 32


class Cookies:
    """Signs and reads sessions. One is good until it expires or its token is removed."""

    def __init__(self, tokens: Tokens, key: bytes, clock: Callable[[], datetime]) -> None:
        """Sign with the key; whoever knows it can make sessions."""
        self._tokens = tokens
        self._key = key
        self._clock = clock

    def sign(self, token: Token) -> str:
        """The value of the cookie for whoever showed the token."""
        ends = int((self._clock() + LASTS).timestamp())
        claims = {"name": token.name, "token": token.digest[:16], "ends": ends, "nonce": secrets.token_hex(8)}
        payload = _encode(json.dumps(claims).encode())
        return f"{payload}.{self._mark('session', payload)}"

    def read(self, value: str) -> Principal | None:
        """Whoever the cookie was signed for.

        Raises:
            TokensError: the file of tokens cannot be read.
        """
        payload, _, mark = value.partition(".")
        if not payload.isascii() or not hmac.compare_digest(self._mark("session", payload).encode(), mark.encode()):
            return None
        try:
            claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        except (ValueError, binascii.Error):
            return None
        token = self._tokens.named(claims["name"])
        if token is None or token.digest[:16] != claims["token"] or claims["ends"] <= self._clock().timestamp():
            return None
        return Principal(token.name, token.role, self._mark("csrf", payload))

    def _mark(self, purpose: str, payload: str) -> str:
        return _encode(hmac.digest(self._key, f"{purpose}\0{payload}".encode(), hashlib.sha256))


def load_key(folder: Path) -> bytes:
    """The key that signs sessions; it is made at the first start and kept in the data folder.

    Raises:
        TokensError: its file cannot be read or written, or holds something else.
    """
    path = folder / "web.key"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            key = path.read_bytes()
        else:
            key = secrets.token_bytes(_KEY_BYTES)
            with os.fdopen(file, "wb") as writing:
                writing.write(key)
    except OSError as error:
        raise TokensError(f"{path} cannot be opened: {error}; choose another folder by LUCE_DATA") from error
    if len(key) != _KEY_BYTES:
        raise TokensError(f"{path} does not hold a key; remove it, and everybody signs in again")
    return key


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
