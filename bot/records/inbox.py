"""The inbox: every accepted message until it is answered, and for a while after. It survives a crash."""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Literal

from bot.records.database import Database
from bot.records.masking import COVERS_ALL, Masking
from bot.records.pseudonyms import Pseudonyms
from bot.service.message import Admission, InboundMessage, Kind, ReplyTarget
from bot.service.sessions import PAST_AGE, PAST_MESSAGES

Clock = Callable[[], datetime]
Refusal = Literal["pending", "rate", "full"]
Status = Literal["waiting", "answered", "done", "failed", "refused"]

MOST_PENDING = 3
KEPT_DAYS = 7
_MINUTE, _DAY = 60.0, 86400.0

_OPEN = "status IN ('waiting', 'answered')"
_COLUMNS = (
    "number, channel, source_id, session, kind, words, address, after, revises, accepted_at, as_of, parts, sent, status"
)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message that is to be answered. `parts` is its answer as JSON once that is known, `sent` how many are out."""

    number: int
    channel: str
    source_id: str
    session: str
    kind: Kind
    words: str
    address: ReplyTarget
    after: int | None
    instead_of: int | None
    accepted_at: float
    as_of: date
    parts: str
    sent: int
    status: Status


@dataclass(frozen=True, slots=True)
class Past:
    """A message that was answered before, as a conversation needs it to come back."""

    number: int
    words: str
    after: int | None
    instead_of: int | None
    as_of: date


class Inbox:
    """The accepted messages of all channels.

    Persons are kept as keyed hashes, addresses until the answer is out; what identifies a person is masked in words.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        masking: Masking = COVERS_ALL,
        *,
        most_open: int = 10_000,
        per_minute: int = 20,
    ) -> None:
        """Keep messages in these records; `most_open` may wait in all, `per_minute` is what one person may send.

        Raises:
            RecordsUnavailable: the records cannot be read.
        """
        self._database = database
        self._clock = clock
        self._masking = masking
        self._most_open = most_open
        self._per_minute = per_minute
        self._names = Pseudonyms(database)
        self._open = 0

    async def open(self) -> tuple[tuple[str, str], ...]:
        """The channel and session of each conversation with messages to answer, the longest waiting first."""
        return await self._database.run(self._start)

    async def prune(self) -> None:
        """Drop what is older than a week."""
        await self._database.run(self._prune)

    async def accept(self, incoming: InboundMessage) -> tuple[Admission, Refusal | None]:
        """Put a message on disk, once; or remember that it was refused, so that a repetition is refused as well.

        Raises:
            RecordsUnavailable: it could not be written.
        """
        return await self._database.run(partial(self._accept, incoming=incoming))

    async def next(self, session: str) -> Accepted | None:
        """The oldest message of a session that is not done."""
        return await self._database.run(partial(_next, session=session))

    async def find(self, channel: str, number: int) -> Accepted | None:
        """A message of a channel, whatever became of it."""
        return await self._database.run(partial(_find, channel=channel, number=number))

    async def past(self, message: Accepted) -> tuple[Past, ...]:
        """What the session said before a message and still remembers, oldest first."""
        return await self._database.run(partial(_past, message=message))

    async def answered(self, number: int, parts: str) -> None:
        """Keep the answer, before any of it is sent."""
        await self._change("status = 'answered', parts = ?", parts, number)

    async def sent(self, number: int, parts: int) -> None:
        """So many parts are out."""
        await self._change("sent = ?", parts, number)

    async def done(self, number: int, *, failed: bool = False) -> None:
        """Nothing more is to be sent; the address is dropped."""
        await self._database.run(partial(self._done, number=number, status="failed" if failed else "done"))

    async def mark(self, name: str, value: str) -> None:
        """Remember a place where a channel goes on reading."""
        sql = "INSERT INTO marks VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        await self._database.run(lambda connection: connection.execute(sql, (name, value)).rowcount)

    async def marks(self, prefix: str) -> dict[str, str]:
        """All marks whose names begin so."""
        sql = "SELECT name, value FROM marks WHERE substr(name, 1, ?) = ?"
        rows = await self._database.run(lambda connection: connection.execute(sql, (len(prefix), prefix)).fetchall())
        return dict(rows)

    # -- inside the thread of the database

    def _start(self, connection: sqlite3.Connection) -> tuple[tuple[str, str], ...]:
        self._prune(connection)
        sql = f"SELECT channel, session, count(*) FROM messages WHERE {_OPEN} GROUP BY session ORDER BY min(number)"  # noqa: S608
        rows = connection.execute(sql).fetchall()
        self._open = sum(count for _, _, count in rows)
        return tuple((channel, session) for channel, session, _ in rows)

    def _prune(self, connection: sqlite3.Connection) -> None:
        oldest = self._clock().timestamp() - KEPT_DAYS * _DAY
        connection.execute(f"DELETE FROM messages WHERE accepted_at < ? AND NOT {_OPEN}", (oldest,))  # noqa: S608

    def _accept(self, connection: sqlite3.Connection, incoming: InboundMessage) -> tuple[Admission, Refusal | None]:
        known = connection.execute(
            "SELECT number FROM messages WHERE channel = ? AND source_id = ?", (incoming.channel, incoming.source_id)
        ).fetchone()
        if known:
            return Admission("duplicate", known[0]), None
        session = self.session_of(incoming)
        refusal = self._refusal(connection, session)
        now = self._clock()
        words = self._masking.mask(incoming.words)
        row = (
            *(incoming.channel, incoming.source_id, session, incoming.kind, words if not refusal else ""),
            *(json.dumps(dict(incoming.address)) if not refusal else "{}", incoming.after, incoming.revises),
            *(now.timestamp(), now.date().isoformat(), "refused" if refusal else "waiting"),
        )
        sql = (
            "INSERT INTO messages (channel, source_id, session, kind, words, address, after, revises, accepted_at,"
            " as_of, status) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        )
        number = connection.execute(sql, row).lastrowid or 0
        self._open += not refusal
        return Admission("refused" if refusal else "accepted", number), refusal

    def _refusal(self, connection: sqlite3.Connection, session: str) -> Refusal | None:
        if self._open >= self._most_open:
            return "full"
        sql = f"SELECT count(*) FROM messages WHERE session = ? AND {_OPEN}"  # noqa: S608
        if connection.execute(sql, (session,)).fetchone()[0] >= MOST_PENDING:
            return "pending"
        since = self._clock().timestamp() - _MINUTE
        sql = "SELECT count(*) FROM messages WHERE session = ? AND accepted_at > ? AND status <> 'refused'"
        if connection.execute(sql, (session, since)).fetchone()[0] >= self._per_minute:
            return "rate"
        return None

    def _done(self, connection: sqlite3.Connection, number: int, status: str) -> None:
        sql = f"UPDATE messages SET status = ?, address = '{{}}' WHERE number = ? AND {_OPEN}"  # noqa: S608
        self._open -= connection.execute(sql, (status, number)).rowcount

    def session_of(self, incoming: InboundMessage) -> str:
        """The name of the conversation, which names no person."""
        return self._names.of(incoming.channel, incoming.person)

    async def _change(self, assignment: str, value: object, number: int) -> None:
        sql = f"UPDATE messages SET {assignment} WHERE number = ?"  # noqa: S608 (the assignments are those above)
        await self._database.run(lambda connection: connection.execute(sql, (value, number)).rowcount)


def _next(connection: sqlite3.Connection, session: str) -> Accepted | None:
    sql = f"SELECT {_COLUMNS} FROM messages WHERE session = ? AND {_OPEN} ORDER BY number LIMIT 1"  # noqa: S608
    return _accepted(connection, connection.execute(sql, (session,)).fetchone())


def _find(connection: sqlite3.Connection, channel: str, number: int) -> Accepted | None:
    sql = f"SELECT {_COLUMNS} FROM messages WHERE channel = ? AND number = ?"  # noqa: S608
    return _accepted(connection, connection.execute(sql, (channel, number)).fetchone())


def _accepted(connection: sqlite3.Connection, row: tuple[object, ...] | None) -> Accepted | None:
    if row is None:
        return None
    values = dict(zip(_COLUMNS.split(", "), row, strict=True))
    revises = values.pop("revises")
    return Accepted(
        **{**values, "address": json.loads(str(values["address"])), "as_of": date.fromisoformat(str(values["as_of"]))},
        instead_of=_number_of(connection, str(values["channel"]), revises),
    )


def _past(connection: sqlite3.Connection, message: Accepted) -> tuple[Past, ...]:
    sql = (
        "SELECT number, channel, words, after, revises, as_of FROM messages WHERE session = ? AND number < ?"
        " AND accepted_at > ? AND kind = 'words' AND status <> 'refused' ORDER BY number DESC LIMIT ?"
    )
    since = message.accepted_at - PAST_AGE.total_seconds()
    rows = connection.execute(sql, (message.session, message.number, since, PAST_MESSAGES)).fetchall()
    return tuple(
        Past(number, words, after, _number_of(connection, channel, revises), date.fromisoformat(as_of))
        for number, channel, words, after, revises, as_of in reversed(rows)
    )


def _number_of(connection: sqlite3.Connection, channel: str, source_id: object) -> int | None:
    """The number of a message that another one revises; None where it is not known any more."""
    if not source_id:
        return None
    sql = "SELECT number FROM messages WHERE channel = ? AND source_id = ?"
    row = connection.execute(sql, (channel, source_id)).fetchone()
    return row[0] if row else None
