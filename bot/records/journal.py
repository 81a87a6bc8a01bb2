"""The journal: a record of every answer, to look up, rate and replay."""

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import partial
from typing import Any, Literal, Protocol

from bot.records.database import Database
from bot.records.masking import COVERS_ALL, Masking, cover
from bot.records.pseudonyms import Pseudonyms
from bot.service.answer import Entry
from bot.service.contract import AskReply
from bot.service.message import Feedback
from bot.service.sessions import PAST_AGE, PAST_MESSAGES, UserMessage
from bot.service.version import AnswerVersion

Opinion = Literal["good", "bad", "withdrawn"]

KEPT_DAYS = 365
_LONGEST_NUMBER = 19  # digits of the longest whole number that the file holds
COLUMNS = (
    "id, channel, source, session, at, as_of, number, after, instead_of, message, reply, policy, policy_hash, engine,"
    " seconds, by, opinion, reason"
)


@dataclass(frozen=True, slots=True)
class Record:
    """A kept entry with its id, and what was thought of it."""

    id: int
    entry: Entry
    opinion: Opinion | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records are wanted, newest first: before an id, of a day, a channel or an outcome, at most so many."""

    before: int | None = None
    day: date | None = None
    channel: str = ""
    outcome: str = ""
    opinion: Opinion | None = None
    most: int = 50


class Journal(Protocol):
    """Where answers are accounted for.

    Each method raises RecordsUnavailable where the records can be neither read nor written.
    """

    async def keep(self, entry: Entry) -> int:
        """Keep an entry, masked; its id. One of the same channel and source takes the place of the former."""
        ...

    async def find(self, record: int) -> Record | None:
        """The record of that id."""
        ...

    async def latest(self, wanted: Wanted) -> Sequence[Record]:
        """Records, newest first."""
        ...

    async def past(self, session: str) -> tuple[UserMessage, ...]:
        """What a session said that is still remembered, oldest first, so that its conversation can go on."""
        ...

    async def judge(self, record: int, opinion: Opinion, reason: str) -> bool:
        """Keep what somebody thinks of an answer; False where there is no such record."""
        ...

    def name(self, channel: str, person: str) -> str:
        """The keyed hash under which a person's session is kept."""
        ...

    def mask(self, words: str) -> str:
        """The words as they are kept: what identifies a person is covered. So they are to be answered."""
        ...


class SqliteJournal:
    """The journal in the file of records. What identifies a person is masked before anything is written."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        masking: Masking = COVERS_ALL,
        *,
        kept_days: int = KEPT_DAYS,
    ) -> None:
        """Keep entries and opinions for so many days. Days begin at midnight of the clock's time zone.

        Raises:
            RecordsUnavailable: the records cannot be read.
        """
        self._database = database
        self._clock = clock
        self._masking = masking
        self._kept = timedelta(days=kept_days)
        self._names = Pseudonyms(database)

    async def keep(self, entry: Entry) -> int:
        """Keep an entry, masked; its id. One of the same channel and source takes the place of the former."""
        return await self._database.run(partial(_keep, entry=masked(entry, self._masking)))

    def mask(self, words: str) -> str:
        """The words as they are kept: what identifies a person is covered."""
        return self._masking.mask(words)

    async def find(self, record: int) -> Record | None:
        """The record of that id."""
        sql = f"SELECT {COLUMNS} FROM records WHERE id = ?"  # noqa: S608
        rows = await self._database.run(lambda connection: connection.execute(sql, (record,)).fetchall())
        return record_of(rows[0], self._zone) if rows else None

    async def latest(self, wanted: Wanted) -> Sequence[Record]:
        """Records, newest first."""
        conditions, values = conditions_of(wanted, self._zone)
        sql = f"SELECT {COLUMNS} FROM records WHERE {conditions} ORDER BY id DESC LIMIT ?"  # noqa: S608
        rows = await self._database.run(
            lambda connection: connection.execute(sql, (*values, max(wanted.most, 0))).fetchall()
        )
        return [record_of(row, self._zone) for row in rows]

    async def past(self, session: str) -> tuple[UserMessage, ...]:
        """What a session said that is still remembered, oldest first, so that its conversation can go on."""
        sql = f"SELECT {COLUMNS} FROM records WHERE session = ? AND at > ? ORDER BY id DESC LIMIT ?"  # noqa: S608
        since = (self._clock() - PAST_AGE).timestamp()
        rows = await self._database.run(
            lambda connection: connection.execute(sql, (session, since, PAST_MESSAGES)).fetchall()
        )
        return tuple(heard(record_of(row, self._zone)) for row in reversed(rows))

    async def judge(self, record: int, opinion: Opinion, reason: str) -> bool:
        """Keep what somebody thinks of an answer; False where there is no such record."""
        sql = "UPDATE records SET opinion = ?, reason = ? WHERE id = ?"
        values = (opinion, self._clean(reason), record)
        return await self._database.run(lambda connection: connection.execute(sql, values).rowcount > 0)

    def name(self, channel: str, person: str) -> str:
        """The keyed hash under which a person's session is kept."""
        return self._names.of(channel, person)

    async def keep_feedback(self, feedback: Feedback) -> None:
        """Keep an opinion as a channel reports it, also with the record of the answer where that can be told.

        A repetition of one that is kept changes nothing.
        """
        session = self.name(feedback.channel, feedback.person)
        clean = replace(feedback, reasons=tuple(map(self._clean, feedback.reasons)))
        at = self._clock().timestamp()
        await self._database.run(partial(_keep_feedback, feedback=clean, session=session, at=at))

    async def prune(self) -> None:
        """Drop what is older than it is to be kept."""
        await self._database.run(partial(_prune, before=(self._clock() - self._kept).timestamp()))

    @property
    def _zone(self) -> tzinfo | None:
        return self._clock().tzinfo

    def _clean(self, text: str) -> str:
        return self._masking.mask(text.encode("utf-8", "replace").decode())


def heard(record: Record) -> UserMessage:
    """What was said, with the number that its turn had."""
    said = record.entry.said
    return said if said.number is not None else replace(said, number=record.entry.reply.turn)


def masked(entry: Entry, masking: Masking) -> Entry:
    """An entry without what identifies a person, as far as that can be told; quotations stay as they are printed.

    The reply names the session as the journal does.
    """
    message = entry.said.message.encode("utf-8", "replace").decode()
    printed = masking.beside(*(citation.quote for citation in entry.reply.citations))
    echoes = printed.found(message)

    def clean(value: object) -> object:
        match value:
            case str():
                for echo in echoes:
                    value = value.replace(echo, cover(echo))
                return printed.mask(value.encode("utf-8", "replace").decode())
            case Mapping():
                return {key: each if key in _OUR_OWN else clean(each) for key, each in value.items()}
            case tuple() | list():
                return [clean(each) for each in value]
            case _:
                return value

    reply = AskReply.model_validate(clean(entry.reply.model_dump() | {"session": entry.session}))
    return replace(entry, said=replace(entry.said, message=masking.mask(message)), reply=reply)


_OUR_OWN = frozenset({"session", "outcome", "citations", "benefit", "title", "amount", "bound", "clauses", "total"})


def conditions_of(wanted: Wanted, zone: tzinfo | None) -> tuple[str, tuple[object, ...]]:
    """What is wanted, as a condition of SQL with its values."""
    asked: list[tuple[str, object]] = []
    if wanted.before is not None:
        asked.append(("id < ?", wanted.before))
    if wanted.day is not None:
        asked += [("at >= ?", begin_of(wanted.day, zone)), ("at < ?", begin_of(wanted.day + timedelta(days=1), zone))]
    for column, value in (("channel", wanted.channel), ("outcome", wanted.outcome), ("opinion", wanted.opinion)):
        if value:
            asked.append((f"{column} = ?", value))
    return " AND ".join(["TRUE", *(condition for condition, _ in asked)]), tuple(value for _, value in asked)


def begin_of(day: date, zone: tzinfo | None) -> float:
    """The timestamp at which a day begins."""
    return datetime.combine(day, time.min, zone).timestamp()


def record_of(row: Sequence[Any], zone: tzinfo | None) -> Record:
    """A row of `COLUMNS` as a record; its time in that zone."""
    number, channel, source, session, at, as_of, *said, message, reply = row[:11]
    policy, policy_hash, engine, seconds, by, opinion, reason = row[11:]
    entry = Entry(
        *(channel, source, session, datetime.fromtimestamp(at, zone or UTC)),
        UserMessage(message, date.fromisoformat(as_of), *said),
        AskReply.model_validate_json(reply),
        AnswerVersion(policy, policy_hash, engine),
        seconds,
        by,
    )
    return Record(number, entry, opinion, reason)


# -- inside the thread of the database


def _keep(connection: sqlite3.Connection, entry: Entry) -> int:
    said, reply, edition = entry.said, entry.reply, entry.edition
    row = (
        *(entry.channel, entry.source, entry.session, entry.at.timestamp(), said.as_of.isoformat()),
        *(said.number, said.after, said.instead_of, said.message, reply.outcome, reply.model_dump_json()),
        *(edition.policy, edition.policy_hash, edition.engine, entry.seconds, entry.by),
    )
    sql = (
        "INSERT INTO records (channel, source, session, at, as_of, number, after, instead_of, message, outcome, reply,"
        " policy, policy_hash, engine, seconds, by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (channel, source) DO UPDATE SET (session, at, as_of, number, after, instead_of, message, outcome,"
        " reply, policy, policy_hash, engine, seconds, by, opinion, reason) = (excluded.session, excluded.at,"
        " excluded.as_of, excluded.number, excluded.after, excluded.instead_of, excluded.message, excluded.outcome,"
        " excluded.reply, excluded.policy, excluded.policy_hash, excluded.engine, excluded.seconds, excluded.by,"
        " NULL, '') RETURNING id"
    )
    (number,) = connection.execute(sql, row).fetchone()
    return int(number)


def _keep_feedback(connection: sqlite3.Connection, feedback: Feedback, session: str, at: float) -> None:
    kept = connection.execute(
        "INSERT OR IGNORE INTO feedback VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            *(feedback.channel, feedback.source_id, session, feedback.answer, feedback.opinion),
            *(json.dumps(feedback.reasons, ensure_ascii=False), at),
        ),
    )
    if not kept.rowcount:
        return
    number = feedback.answer.partition("-")[0]  # a stream is named by its message's number and a tag
    known = int(number) if number.isascii() and number.isdecimal() and len(number) < _LONGEST_NUMBER else None
    sql = "UPDATE records SET opinion = ?, reason = ? WHERE channel = ? AND session = ? AND (source = ? OR number = ?)"
    given = (feedback.opinion, "; ".join(feedback.reasons))
    connection.execute(sql, (*given, feedback.channel, session, feedback.answer, known))


def _prune(connection: sqlite3.Connection, before: float) -> None:
    connection.execute("DELETE FROM records WHERE at < ?", (before,))
    connection.execute("DELETE FROM feedback WHERE at < ?", (before,))
