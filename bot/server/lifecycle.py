"""The lifecycle of `luce serve`: channels, web, workers and records in one process, from start to stop."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

import uvicorn
from fastapi import FastAPI

from bot.app import open_rewriter, open_worker
from bot.channels.channel import Channel
from bot.channels.dispatcher import Dispatcher
from bot.channels.registry import Clock, open_channels
from bot.records.database import RecordsUnavailable
from bot.records.inbox import Inbox
from bot.records.instance_lock import single_instance
from bot.records.journal import SqliteJournal
from bot.records.masking import Masking
from bot.records.schema import open_records
from bot.server.http import HttpServer, open_socket, stop_on_signal
from bot.service.answer import AnswerBackend
from bot.service.metrics import watch
from bot.service.rewriting_backend import RewritingBackend
from bot.service.worker_pool import WorkerPool
from bot.settings import Settings, SettingsError
from bot.web.access import Access
from bot.web.assembly import open_access, open_web_desk, whole_application
from bot.web.dependencies import WebContext

GRACE = 20.0  # seconds for answers that are being made when the desk is told to stop; the rest waits on disk
_log = logging.getLogger(__name__)


@dataclass
class Server:
    """A desk that serves: its channels by name, and whether it can take messages now."""

    channels: Mapping[str, Channel]
    inbox: Inbox
    desk: WebContext
    access: Access
    started: bool = False

    def application(self) -> FastAPI:
        """The API and the console, and the addresses that platforms call."""
        app = whole_application(self.desk, self.access, ready=self._problem)
        app.router.routes.extend(route for channel in self.channels.values() for route in channel.routes())
        return app

    async def _problem(self) -> str | None:
        """What keeps the desk from taking messages now."""
        if not self.started:
            return "not started"
        try:
            await self.inbox.marks("")
        except RecordsUnavailable:
            _log.exception("not ready")
            return "records unavailable"
        return None


async def serve(settings: Settings, clock: Clock) -> None:
    """Serve until SIGTERM or SIGINT. What is accepted by then is answered, now or after the next start.

    Raises:
        SettingsError: a channel is set up by half, or the address cannot be listened on.
        PolicyBotError: a setting has another form than the platform's, or records or policies cannot be opened.
    """
    check_channels(settings)
    remedy = "set LUCE_HOST or LUCE_PORT"
    with single_instance(settings.data), open_socket(settings.host, settings.port, remedy=remedy) as listener:
        async with _desk(settings, clock) as server:
            http = HttpServer(_http_config(server))
            with stop_on_signal(http):
                serving = asyncio.create_task(http.serve(sockets=[listener]))
                try:
                    async with _hearing(server):
                        served = ", ".join(("web", *server.channels))
                        _log.info("serving %s on %s:%d", served, settings.host, settings.port)
                        await serving
                finally:
                    http.should_exit = True
                    await serving


def _http_config(server: Server) -> uvicorn.Config:
    """No access log: addresses of callbacks hold signatures."""
    return uvicorn.Config(
        server.application(),
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=int(GRACE),
    )


def check_channels(settings: Settings) -> None:
    """Refuse settings that half a channel could be served with.

    Raises:
        SettingsError: naming the variables that are missing or cannot be right.
    """
    for channel in settings.channels:
        if channel.begun and not channel.complete:
            missing = ", ".join(channel.missing())
            raise SettingsError(f"{missing} must be set as well; `luce doctor` says how to get it")
        if malformed := channel.malformed():
            raise SettingsError(f"{', '.join(malformed)}: not of the form that the platform gives out; copy it again")


@asynccontextmanager
async def _desk(settings: Settings, clock: Clock) -> AsyncIterator[Server]:
    """The desk with its channels; it goes on with what was accepted before."""
    async with AsyncExitStack() as stack:
        database = open_records(settings.data)
        stack.callback(database.close)
        masking = Masking.for_policies(settings.policies)
        inbox = Inbox(database, clock, masking, most_open=settings.queue, per_minute=settings.per_minute)
        journal = SqliteJournal(database, clock, masking, kept_days=settings.kept_days)
        apart = WorkerPool(partial(open_worker, settings), settings.workers)
        stack.callback(apart.close)
        await apart.open()
        answering = _worded(apart, settings)
        desk, access = open_web_desk(settings, answering, journal, clock), open_access(settings, clock)
        dispatcher = Dispatcher(inbox, answering, journal)
        channels = open_channels(settings, dispatcher, clock)
        for channel in channels.values():
            stack.push_async_callback(channel.close)
        stack.push_async_callback(dispatcher.stop, GRACE)
        await dispatcher.start(channels)
        yield Server(channels, inbox, desk, access)


def _worded(apart: WorkerPool, settings: Settings) -> AnswerBackend:
    """Whoever answers, with a language model behind where one is configured to word answers."""
    rewriter = open_rewriter(settings)
    if rewriter is None:
        return apart
    watch(rewriter.events)
    return RewritingBackend(apart, rewriter)


@asynccontextmanager
async def _hearing(server: Server) -> AsyncIterator[None]:
    """Channels that hear; they stop hearing before anything else is taken down."""
    async with AsyncExitStack() as stack:
        for channel in server.channels.values():
            stack.push_async_callback(channel.stop)
            await channel.start()
        server.started = True
        yield
        server.started = False
