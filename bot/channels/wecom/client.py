"""The client of the WeCom API: one access token for all calls; error codes as delivery errors."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import httpx

from bot.channels.channel import DeliveryDelayed, DeliveryError, Undeliverable
from bot.settings import WecomAppSettings

logging.getLogger("httpx").setLevel(logging.WARNING)  # at INFO it logs addresses, and they hold the access token

Answer = Mapping[str, Any]

_STALE = {40001, 40014, 42001}  # the access token is wrong or too old; the platform may call it back at any time
_BUSY = {-1, 45009, 45033}  # busy, called too often, too many calls at once
_GONE = {40003, 60011, 60111, 81013}  # nobody of that name is reached by the application
_SERVICE = range(95000, 96000)  # customer service: too many messages, too late, or a colleague has taken over
_ADVICE = {
    40001: "copy the secret of the application again",
    40013: "copy the id of the corporation again",
    40056: "copy the id of the application (AgentId) again",
    48002: "allow the application to call this interface, in the admin page",
    60020: "add the IP address of this machine to the trusted IPs of the application, in the admin page",
    301002: "id and secret are not of the same application; copy both again",
}
_PATIENCE = 10.0  # seconds that a call may go without an answer
_CONNECTING, _QUEUEING = 5.0, 30.0
_AT_ONCE = 16  # calls; the pool of connections grows slow with the number of those who wait for it
_LIFETIME = 7200.0  # seconds; where the platform does not say
_MARGIN = 300.0
_TOO_MANY_REQUESTS = 429


class WecomClient:
    """Calls the API in the name of one application.

    A call that ends without an answer may or may not have been heard, and is told as delayed: an answer that comes
    twice is a nuisance, one that never comes is a broken promise.
    """

    def __init__(self, settings: WecomAppSettings, *, patience: float = _PATIENCE) -> None:
        """Call nothing yet; `patience` is how many seconds a call may go without an answer."""
        self._settings = settings
        timeout = httpx.Timeout(patience, connect=_CONNECTING, pool=_QUEUEING)
        self._http = httpx.AsyncClient(base_url=settings.api, timeout=timeout)
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._token = ""
        self._good_until = 0.0
        self._fetching: asyncio.Task[str] | None = None

    async def call(
        self, path: str, body: Mapping[str, object] | None = None, *, query: Mapping[str, str] | None = None
    ) -> Answer:
        """What the API answers to `body`, or to a mere question where there is none.

        Raises:
            DeliveryDelayed: it was not reached, did not answer, or is busy.
            Undeliverable: it will never take this for that person.
            DeliveryError: it refuses for another reason.
        """
        token = await self._access()
        answer = await self._ask(path, body, {**(query or {}), "access_token": token})
        if _code(answer) in _STALE:
            token = await self._access(instead_of=token)
            answer = await self._ask(path, body, {**(query or {}), "access_token": token})
        _check(answer)
        return answer

    async def close(self) -> None:
        """Give the connections back."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)
        await self._http.aclose()

    async def _access(self, instead_of: str = "") -> str:
        """The access token; all who need a new one at the same time wait for the same."""
        fresh = self._token if asyncio.get_running_loop().time() < self._good_until else ""
        if fresh and fresh != instead_of:
            return fresh
        if self._fetching is None or self._fetching.done():
            self._fetching = asyncio.create_task(self._fetch())
        return await asyncio.shield(self._fetching)

    async def _fetch(self) -> str:
        named = {"corpid": self._settings.corp, "corpsecret": self._settings.secret.get_secret_value()}
        answer = await self._ask("/cgi-bin/gettoken", None, named)
        _check(answer)
        lifetime = answer.get("expires_in")
        lasting = float(lifetime) if isinstance(lifetime, int) else _LIFETIME
        self._good_until = asyncio.get_running_loop().time() + max(lasting - _MARGIN, lasting / 2)
        self._token = str(answer.get("access_token", ""))
        return self._token

    async def _ask(self, path: str, body: Mapping[str, object] | None, query: Mapping[str, str]) -> Answer:
        method = "GET" if body is None else "POST"
        try:
            async with self._places:
                response = await self._http.request(method, path, params=dict(query), json=body)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise DeliveryDelayed("WeCom was not reached") from error
        except httpx.HTTPError as error:
            raise DeliveryDelayed(f"WeCom did not answer: {type(error).__name__}") from error
        return _read(response)


def _read(response: httpx.Response) -> Answer:
    """What the API answered; also its errors come with status 200, any other status is not from the API itself."""
    if response.is_server_error or response.status_code == _TOO_MANY_REQUESTS:
        raise DeliveryDelayed(f"WeCom answered with HTTP status {response.status_code}")
    if not response.is_success:
        raise DeliveryError(f"WeCom answered with HTTP status {response.status_code}; look at the address of the API")
    try:
        answer = response.json()
    except ValueError as error:
        raise DeliveryDelayed("WeCom answered with something else than JSON") from error
    if not isinstance(answer, dict):
        raise DeliveryDelayed("WeCom answered with something else than an object")
    return answer


def _check(answer: Answer) -> None:
    """Raise what an error code means. The platform's own words hold IP addresses, and are left out."""
    code = _code(answer)
    if code == 0:
        return
    told = f"WeCom refused with errcode {code}"
    if code in _BUSY:
        raise DeliveryDelayed(told)
    if code in _GONE or code in _SERVICE:
        raise Undeliverable(told)
    raise DeliveryError(f"{told}: {_ADVICE[code]}" if code in _ADVICE else told)


def _code(answer: Answer) -> int:
    code = answer.get("errcode", 0)
    return code if isinstance(code, int) else -1
