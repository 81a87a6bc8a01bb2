"""What the tests of the web share: a desk with its records in a folder, tokens of each role, clients, and a server."""

import socket
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import APIRouter, FastAPI

from bot.app import App
from bot.records.journal import Journal, Opinion, Record, SqliteJournal, Wanted
from bot.records.schema import open_records
from bot.service.answer import AnswerBackend, AnswerWorker, Entry
from bot.service.explanation import explain_said
from bot.service.sessions import Sessions, UserMessage
from bot.service.version import answer_version_of
from bot.web.access import Access, Role
from bot.web.application import make_application
from bot.web.assembly import whole_application
from bot.web.cookies import load_key
from bot.web.dependencies import WebContext
from bot.web.tokens import Tokens
from retrieval.lexical import LexicalIndex
from tests.bot.in_process import InProcessBackend

CHINA = timezone(timedelta(hours=8))
NOW = datetime(2026, 9, 21, 13, 33, 20, tzinfo=CHINA)
DAY = date(2026, 9, 21)


@dataclass
class StandingClock:
    """A clock that stands until it is set."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Memory:
    """A journal that keeps its entries in memory, as they are."""

    records: dict[int, Record] = field(default_factory=dict)

    async def keep(self, entry: Entry) -> int:
        same = [
            r.id for r in self.records.values() if (r.entry.channel, r.entry.source) == (entry.channel, entry.source)
        ]
        number = same[0] if same else len(self.records) + 1
        self.records[number] = Record(number, entry)
        return number

    async def find(self, record: int) -> Record | None:
        return self.records.get(record)

    async def latest(self, wanted: Wanted) -> Sequence[Record]:
        found = [
            r
            for r in reversed(self.records.values())
            if (wanted.before is None or r.id < wanted.before)
            and (wanted.day is None or r.entry.at.date() == wanted.day)
            and wanted.channel in ("", r.entry.channel)
            and wanted.outcome in ("", r.entry.reply.outcome)
            and wanted.opinion in (None, r.opinion)
        ]
        return found[: wanted.most]

    async def past(self, session: str) -> tuple[UserMessage, ...]:
        return tuple(r.entry.said for r in self.records.values() if r.entry.session == session)

    async def judge(self, record: int, opinion: Opinion, reason: str) -> bool:
        if record not in self.records:
            return False
        self.records[record] = replace(self.records[record], opinion=opinion, reason=reason)
        return True

    def mask(self, words: str) -> str:
        return words

    def name(self, channel: str, person: str) -> str:
        import hashlib

        return hashlib.sha256(f"{channel}\0{person}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


@contextmanager
def journal_in(folder: Path) -> Iterator[SqliteJournal]:
    """The journal that the desk is served with, in a file of the folder."""
    database = open_records(folder)
    try:
        yield SqliteJournal(database, StandingClock())
    finally:
        database.close()


def answering_of(app: App) -> AnswerBackend:
    """Answers of the app, without any conversation yet."""
    app.open_index()
    dossier = app.library.main
    return InProcessBackend(
        AnswerWorker(
            Sessions(app.desk), dossier.benefits, answer_version_of(dossier), explainer=partial(explain_said, app.desk)
        )
    )


def web_desk(
    app: App, folder: Path, *, journal: Journal | None = None, answering: AnswerBackend | None = None, **settings: Any
) -> WebContext:
    """A desk whose data stand in the folder; `settings` are fields of Settings that differ."""
    dossier = app.library.main
    return WebContext(
        settings=replace(app.settings, data=folder, **settings),
        dossier=dossier,
        calculator=app.calculator,
        search=LexicalIndex([clause.text for clause in dossier.policy.sentences]),
        answering=answering or answering_of(app),
        journal=journal or Memory(),
        edition=answer_version_of(dossier),
        clock=StandingClock(),
    )


@dataclass
class Web:
    """An application with its desk and a token of each role (its name is the role's)."""

    desk: WebContext
    tokens: Tokens
    access: Access
    application: FastAPI
    secrets: dict[Role, str]

    def client(self, role: Role | None = None, **options: Any) -> httpx.AsyncClient:
        """A client without a server; with the token of a role, or none."""
        headers = {"Authorization": f"Bearer {self.secrets[role]}"} if role else {}
        transport = httpx.ASGITransport(self.application, raise_app_exceptions=True)
        return httpx.AsyncClient(transport=transport, base_url="http://desk", headers=headers, **options)

    def signed_in(self, role: Role) -> tuple[str, str]:
        """The value of the cookie `luce_session` of somebody of the role who has signed in, and the mark of forms."""
        session = self.access.sign_in(self.secrets[role])
        assert session is not None
        return session[1], session[0].csrf


def web_of(desk: WebContext, *, routers: Sequence[APIRouter] = (), **options: Any) -> Web:
    """The application of a desk; its tokens stand in the data folder. `options` are those of make_application."""
    tokens = Tokens(desk.settings.data / "tokens.json")
    secrets = {role: tokens.add(role.name.lower(), role, NOW) for role in Role if not tokens.named(role.name.lower())}
    access = Access(tokens, load_key(desk.settings.data), desk.clock)
    return Web(desk, tokens, access, make_application(desk, access, routers=routers, **options), secrets)


@contextmanager
def serving_web(asgi: Callable[..., Awaitable[None]]) -> Iterator[str]:
    """Serve an application over real HTTP on a free port, in a thread of its own, and give its base URL."""
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        config = uvicorn.Config(asgi, log_level="warning", lifespan="off", ws="none", log_config=None)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)


def whole_of(desk: WebContext, **options: Any) -> Web:
    """The application with all pages of the console, as it is served."""
    web = web_of(desk)
    return replace(web, application=whole_application(desk, web.access, **options))
