"""Late answers of an AI bot: one message to the response_url of a question, which is valid for an hour."""

import logging
from collections.abc import Mapping
from urllib.parse import urlsplit

import httpx

from bot.channels.channel import DeliveryDelayed, Undeliverable

_PATIENCE = 10.0  # seconds
_PORTS: Mapping[str, int] = {"http": 80, "https": 443}
logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs addresses, and these are secrets


class ResponseUrls:
    """Posts to addresses that the platform gave with a question, and to no other host than its own."""

    def __init__(self, api: str) -> None:
        """`api` is the platform's own address."""
        self._origin = _origin(api)
        self._client = httpx.AsyncClient(timeout=_PATIENCE)

    def takes(self, url: str) -> bool:
        """Whether an address lies on the platform's host."""
        return self._origin is not None and _origin(url) == self._origin

    async def post(self, url: str, content: str) -> None:
        """Post an answer. It is posted once: whether one was taken that was not acknowledged cannot be known.

        Raises:
            DeliveryDelayed: the platform could not be reached.
            Undeliverable: the address is not the platform's, or the platform did not take the answer.
        """
        if not self.takes(url):
            raise Undeliverable("the address for a late answer is not the platform's")
        body = {"msgtype": "markdown", "markdown": {"content": content}}
        try:
            response = await self._client.post(url, json=body)
            code = response.json().get("errcode") if response.is_success else response.status_code
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise DeliveryDelayed("the platform cannot be reached for a late answer") from error
        except (httpx.HTTPError, ValueError, AttributeError) as error:
            raise Undeliverable("a late answer was not acknowledged") from error
        if code != 0:
            raise Undeliverable(f"a late answer was refused: {code}")

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.aclose()


def _origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None where that cannot be told, or where somebody signs in."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    if port is None or not parts.hostname or parts.username is not None or parts.password is not None:
        return None
    return parts.scheme, parts.hostname, port
