"""The HTTP server and its socket; signals end it in order."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from bot.settings import SettingsError

_BACKLOG = 1024
_STOPPING = (signal.SIGTERM, signal.SIGINT)


class HttpServer(uvicorn.Server):
    """The HTTP server; signals are the desk's, for it has more to bring to an end than connections."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


@contextmanager
def stop_on_signal(http: uvicorn.Server) -> Iterator[None]:
    """End the HTTP server at the first signal; at a second one the process ends as it does without us."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        http.should_exit = True
        for each in _STOPPING:
            loop.remove_signal_handler(each)

    for each in _STOPPING:
        loop.add_signal_handler(each, stop)
    try:
        yield
    finally:
        for each in _STOPPING:
            loop.remove_signal_handler(each)


@contextmanager
def open_socket(host: str, port: int, *, remedy: str) -> Iterator[socket.socket]:
    """A socket at an address.

    Raises:
        SettingsError: it cannot be listened on; the message ends in the remedy.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.socket(
            family, socket.SOCK_STREAM, socket.IPPROTO_TCP
        )  # named, or small answers are held back
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        raise SettingsError(f"cannot listen on {host}:{port}: {error.strerror}; {remedy}") from error
    with contextlib.closing(listener):
        yield listener
