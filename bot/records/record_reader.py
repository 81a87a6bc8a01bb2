"""Reading the records from another process, as one snapshot."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from pathlib import Path
from urllib.parse import quote

from bot.records.database import RecordsUnavailable
from bot.records.journal import COLUMNS, Record, begin_of, record_of
from bot.records.schema import FILE, is_behind


@dataclass(frozen=True)
class RecordReader:
    """Records in the order of their ids; days begin at midnight of the zone."""

    connection: sqlite3.Connection
    zone: tzinfo | None

    def find(self, record: int) -> Record | None:
        """The record of that id."""
        return next(self._read("id = ?", record), None)

    def before(self, record: Record, most: int) -> Sequence[Record]:
        """The last records of the same session before one, oldest first."""
        newest = self._read("session = ? AND id < ?", record.entry.session, record.id, order="id DESC", most=most)
        return list(newest)[::-1]

    def latest(self, day: date | None, most: int) -> Sequence[Record]:
        """The last records, of a day if one is given, newest first."""
        return list(self._read(*self._span(day, day), order="id DESC", most=most))

    def between(self, since: date | None, until: date | None) -> Iterator[Record]:
        """The records from one day to another, both included."""
        return self._read(*self._span(since, until))

    def count(self, since: date | None, until: date | None) -> int:
        """How many there are from one day to another, both included."""
        condition, *values = self._span(since, until)
        (count,) = self.connection.execute(f"SELECT count(*) FROM records WHERE {condition}", values).fetchone()  # noqa: S608
        return int(count)

    def oldest(self) -> Record | None:
        """The oldest record that is still kept."""
        return next(self._read("TRUE", most=1), None)

    def _span(self, since: date | None, until: date | None) -> tuple[str, *tuple[float, ...]]:
        begin = begin_of(since, self.zone) if since else None
        end = begin_of(until + timedelta(days=1), self.zone) if until else None
        bounds = [("at >= ?", begin), ("at < ?", end)]
        condition = " AND ".join(["TRUE", *(bound for bound, value in bounds if value is not None)])
        return condition, *(value for _, value in bounds if value is not None)

    def _read(self, condition: str, *values: object, order: str = "id", most: int = -1) -> Iterator[Record]:
        sql = f"SELECT {COLUMNS} FROM records WHERE {condition} ORDER BY {order} LIMIT ?"  # noqa: S608
        for row in self.connection.execute(sql, (*values, most)):
            yield record_of(row, self.zone)


@contextmanager
def open_reader(folder: Path, zone: tzinfo | None) -> Iterator[RecordReader]:
    """The records of a folder.

    Raises:
        RecordsUnavailable: there are none, they cannot be read, or another edition of luce made them.
    """
    path = folder / FILE
    if not path.is_file():
        raise RecordsUnavailable(f"{path} does not exist: no answer was kept yet, or LUCE_DATA names another folder")
    connection = None
    try:
        connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, isolation_level=None)
        connection.execute("PRAGMA busy_timeout = 5000")
        connection.execute("BEGIN")
        if is_behind(connection):
            raise RecordsUnavailable(
                f"{path} was made by an older luce; `luce serve` brings it up to date when it starts"
            )
        yield RecordReader(connection, zone)
    except sqlite3.Error as error:
        raise RecordsUnavailable(f"{path} cannot be read: {error}") from error
    finally:
        if connection:
            connection.close()
