"""What the tests of the journal share: a clock, entries, and a journal in a folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

from bot.records.journal import SqliteJournal
from bot.records.schema import open_records
from bot.service.answer import Entry
from bot.service.contract import AskReply, CalculationOut, CitationOut, TotalOut
from bot.service.sessions import UserMessage
from bot.service.version import AnswerVersion

CHINA = timezone(timedelta(hours=8))
NOON = datetime(2026, 9, 21, 12, tzinfo=CHINA)
OFFICE = "联系人：市科技局科技战略规划处，联系电话：0592-2021807"


@dataclass
class Clock:
    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


def reply(text: str = "60万元", *, turn: int = 1, session: str = "s") -> AskReply:
    return AskReply(
        session=session,
        turn=turn,
        outcome="answered",
        text=f"{text}\n“{OFFICE}”",
        citations=(CitationOut(policy="p", measure=None, heading="五、联系人", clause="p/s5.1", quote=OFFICE),),
        calculations=(
            CalculationOut(
                benefit="b", title="补助", eligible=True, amount=600000, bound="at_most", steps=(), reason=None
            ),
        ),
        total=TotalOut(amount=600000, bound="at_most"),
        missing=(),
    )


def entry(message: str = "能补多少", *, source: str = "1", at: datetime = NOON, session: str = "test:s") -> Entry:
    said = UserMessage(message, date(2026, 9, 21), 7, 5, None)
    return Entry(
        "test", source, session, at, said, reply(session=session), AnswerVersion("p", "0a1b", "0.1.0"), 0.25, "desk"
    )


@contextmanager
def journal_in(folder: Path, clock: Clock, *, kept_days: int = 365) -> Iterator[SqliteJournal]:
    database = open_records(folder)
    try:
        yield SqliteJournal(database, clock, kept_days=kept_days)
    finally:
        database.close()
