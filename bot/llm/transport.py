"""HTTP to one endpoint, bounded: a deadline for all of a request, so many bytes, no redirects, no proxies."""

import json
import queue
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import httpcore2
import httpx2

from bot.llm.client import ModelClient, ModelResponse
from bot.llm.errors import ModelFailed

READ = 256 * 1024  # bytes of a response that are read
_WRITTEN = 16 * 1024  # bytes that are written at a time
SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]


class Poster:
    """Posts to the chat completions of one base address with one key. Each request has a connection of its own."""

    def __init__(self, url: str, key: str, monotonic: Callable[[], float]) -> None:
        """Connect with nothing yet."""
        self._url, self._monotonic = f"{url}/chat/completions", monotonic
        self._tls = httpcore2.default_ssl_context() if url.startswith("https:") else None
        accepted = [("Accept", "application/json"), ("Accept-Encoding", "identity")]
        authorized = [("Authorization", f"Bearer {key}")] if key else []
        self._headers = [("Content-Type", "application/json"), ("User-Agent", "luce"), *accepted, *authorized]

    def __call__(self, content: bytes, deadline: float) -> ModelResponse:
        """As `Post` of the client."""
        within = _Within(deadline, self._monotonic)
        with (
            _as_built_in(),
            httpcore2.ConnectionPool(self._tls, network_backend=within) as pool,
            pool.stream("POST", self._url, headers=self._headers, content=content) as response,
        ):
            headers = {name.lower(): value for name, value in response.headers}
            retry_after = headers.get(b"retry-after", b"").decode("latin-1")
            body = _read(response) if response.status == 200 else b""
        return ModelResponse(response.status, retry_after, body)


@contextmanager
def _as_built_in() -> Iterator[None]:
    """Errors of the library as those of Python."""
    try:
        yield
    except httpcore2.TimeoutException:
        raise TimeoutError from None
    except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.ConnectionNotAvailable):
        raise ConnectionError from None


def _read(response: httpcore2.Response) -> bytes:
    body = bytearray()
    for part in response.iter_stream():
        body += part
        if len(body) > READ:
            raise ModelFailed("too_large")
    return bytes(body)


class _Within(httpcore2.NetworkBackend):
    """A network on which everything is done by the deadline; time-outs that a library asks for are not needed."""

    def __init__(self, deadline: float, monotonic: Callable[[], float]) -> None:
        self._deadline, self._monotonic = deadline, monotonic
        self._network = httpcore2.SyncBackend()

    def left(self) -> float:
        """The seconds left."""
        seconds = self._deadline - self._monotonic()
        if seconds <= 0:
            raise httpcore2.ReadTimeout
        return seconds

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore2.NetworkStream:
        """A connection to the first address of the host that accepts one."""
        failure: Exception = httpcore2.ConnectError()
        for address in _addresses(host, port, self.left()):
            try:
                return _Stream(self._network.connect_tcp(address, port, self.left()), self)
            except httpcore2.ConnectError as error:
                failure = error
        raise failure


class _Stream(httpcore2.NetworkStream):
    """A connection on which every step has the time that is left for all."""

    def __init__(self, stream: httpcore2.NetworkStream, within: _Within) -> None:
        self._stream, self._within = stream, within

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read."""
        return self._stream.read(max_bytes, self._within.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write, a piece at a time."""
        for start in range(0, len(buffer), _WRITTEN):
            self._stream.write(buffer[start : start + _WRITTEN], self._within.left())

    def close(self) -> None:
        """Close."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """The same connection, encrypted."""
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, self._within.left()), self._within)

    def get_extra_info(self, info: str) -> object:
        """What the connection knows of itself."""
        return self._stream.get_extra_info(info)


def _addresses(host: str, port: int, seconds: float) -> list[str]:
    """The addresses of a host. The system's look-up knows no time-out, so a thread waits for it in our place."""
    found: queue.SimpleQueue[list[str]] = queue.SimpleQueue()

    def look() -> None:
        try:
            found.put([str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)])
        except OSError:
            found.put([])

    threading.Thread(target=look, daemon=True).start()
    try:
        return list(dict.fromkeys(found.get(timeout=seconds)))
    except queue.Empty:
        raise httpcore2.ConnectTimeout from None


class ClientTransport(httpx2.BaseTransport):
    """The transport of the OpenAI client: the body of its request goes to the model client, nothing else does."""

    def __init__(self, client: ModelClient) -> None:
        """Hand on to this client."""
        self._gate = client

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """As `httpx2.BaseTransport`.

        Raises:
            ModelFailed: the client says why.
        """
        return httpx2.Response(200, json=self._gate.complete(json.loads(request.read())).body(), request=request)


class NoTransport(httpx2.AsyncBaseTransport):
    """A network that leads nowhere: nothing may go past the client."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Refuse.

        Raises:
            ModelFailed: always.
        """
        raise ModelFailed("offline")
