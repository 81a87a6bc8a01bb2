"""What the tests of all channels share: a clock that stands, a server on a free port, and a desk with one channel."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Protocol

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from bot.channels.channel import Channel
from bot.channels.dispatcher import Dispatcher
from bot.dialog.reply import Greeting, Remark
from bot.dialog.state import State
from bot.nlg.block import Block
from bot.nlg.turn import Conversation, Turn
from bot.records.inbox import Inbox
from bot.records.journal import SqliteJournal
from bot.records.schema import open_records
from bot.service.answer import AnswerBackend, AnswerWorker
from bot.service.message import Medium
from bot.service.rewriter import Rewriter
from bot.service.rewriting_backend import RewritingBackend
from bot.service.sessions import Responder, Sessions
from knowledge.benefit import Benefit
from knowledge.library import load_library
from tests.bot.in_process import InProcessBackend

NOW = datetime(2026, 9, 21, 13, 33, 20, tzinfo=UTC)


@dataclass
class StandingClock:
    """A clock that stands until it is set."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


async def until(condition: Callable[[], Awaitable[object] | object], seconds: float = 20.0) -> None:
    """Wait until a condition holds; fail after so many seconds."""
    async with asyncio.timeout(seconds):
        while True:
            held = condition()
            if await held if isinstance(held, Awaitable) else held:
                return
            await asyncio.sleep(0.01)


@asynccontextmanager
async def serving(asgi: Callable[..., Awaitable[None]]) -> AsyncIterator[str]:
    """Serve an ASGI application over real HTTP on a free port, and give its base URL."""
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:  # so named, asyncio answers without delay
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(asgi, log_level="warning", lifespan="on"))
        task = asyncio.create_task(server.serve(sockets=[listener]))
        await until(lambda: server.started)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


def application(routes: Sequence[BaseRoute]) -> Starlette:
    """An application with these addresses and nothing else."""
    return Starlette(routes=list(routes))


@dataclass
class Scripted:
    """Answers as told: words in `fails` raise, `holding` keeps every answer back, the rest is echoed."""

    fails: frozenset[str] = frozenset()
    heard: list[str] = field(default_factory=list)
    blocks: Callable[[str], tuple[Block, ...]] = lambda words: (Block("said", f"answer to {words}"),)
    holding: bool = False

    def respond(self, conversation: Conversation, message: str, *, as_of: date) -> Turn:
        import time

        while self.holding:
            time.sleep(0.005)
        self.heard.append(message)
        if message in self.fails:
            raise RuntimeError("secret detail of the failure")
        said = (*conversation.state.said, message)
        blocks = self.blocks(message)
        return Turn(conversation.next_number, message, Greeting(Remark("hello")), blocks, State(said=said))


@cache
def benefits() -> Mapping[str, Benefit]:
    """The benefits that a reply of the real desk names."""
    return load_library().main.benefits


class Desk:
    """A dispatcher with its inbox in a folder; `crash` leaves the file as a kill would, `start` goes on with it."""

    def __init__(
        self,
        folder: Path,
        responder: Responder,
        clock: StandingClock | None = None,
        *,
        rewriter: Rewriter | None = None,
    ) -> None:
        self.clock = clock or StandingClock()
        self._rewriter = rewriter
        self.responder = responder
        self._folder = folder
        self.renew()

    def renew(self) -> None:
        self.database = open_records(self._folder)
        self.inbox = Inbox(self.database, self.clock)
        self.journal = SqliteJournal(self.database, self.clock)
        answering: AnswerBackend = InProcessBackend(
            AnswerWorker(Sessions(self.responder), benefits(), tells_more=self._rewriter is not None)
        )
        if self._rewriter:
            answering = RewritingBackend(answering, self._rewriter)
        self.dispatcher = Dispatcher(self.inbox, answering, self.journal, pause=lambda _attempt: 0.01)

    async def start(self, *channels: Channel) -> None:
        self.channels = channels
        await self.dispatcher.start({channel.name: channel for channel in channels})
        for channel in channels:
            await channel.start()

    async def stop(self, grace: float = 5.0) -> None:
        for channel in self.channels:
            await channel.stop()
        await self.dispatcher.stop(grace)
        for channel in self.channels:
            await channel.close()
        self.database.close()


class Rig(Protocol):
    """A channel with its platform, and people on it."""

    desk: Desk
    channel: Channel

    async def write(self, person: str, words: str, *, source_id: str | None = None) -> None:
        """A person writes; returns when the channel has acknowledged it. The same `source_id` is a repetition."""
        ...

    async def show(self, person: str, medium: Medium) -> None:
        """A person sends something that is not text: an image, a voice message, a file."""
        ...

    async def heard(self, person: str) -> list[str]:
        """The words of the answers that reached a person, without the platform's markup, in order."""
        ...

    async def progress(self, person: str) -> int:
        """How often a person was shown that an answer is being looked up."""
        ...
