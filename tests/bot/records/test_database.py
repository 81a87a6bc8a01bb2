import asyncio
import sqlite3
from functools import partial
from pathlib import Path

import pytest

from bot.records.database import Database, RecordsUnavailable

SCHEMA = "CREATE TABLE IF NOT EXISTS seen (number INTEGER UNIQUE, batch INTEGER);"
pytestmark = pytest.mark.anyio


def with_table(path: Path) -> Path:
    connection = sqlite3.connect(path)
    connection.executescript(SCHEMA)
    connection.close()
    return path


def insert(connection: sqlite3.Connection, number: int) -> int:
    return connection.execute("INSERT INTO seen (number) VALUES (?)", (number,)).rowcount


def numbers(path: Path) -> list[int]:
    """What another process would find on disk."""
    connection = sqlite3.connect(path)
    try:
        return [number for (number,) in connection.execute("SELECT number FROM seen ORDER BY number")]
    finally:
        connection.close()


async def test_what_run_returned_is_on_disk(tmp_path: Path) -> None:
    path = with_table(tmp_path / "records.db")
    database = Database(path)

    await database.run(partial(insert, number=1))

    assert numbers(path) == [1]
    database.close()


async def test_operations_at_the_same_time_all_come_through(tmp_path: Path) -> None:
    path = with_table(tmp_path / "records.db")
    database = Database(path)

    await asyncio.gather(*(database.run(partial(insert, number=n)) for n in range(2000)))

    assert numbers(path) == list(range(2000))
    database.close()


async def test_an_operation_that_fails_undoes_its_own_changes_alone(tmp_path: Path) -> None:
    path = with_table(tmp_path / "records.db")
    database = Database(path)

    def insert_and_fail(connection: sqlite3.Connection) -> None:
        insert(connection, 50)
        raise ValueError("on purpose")

    outcomes = await asyncio.gather(
        database.run(partial(insert, number=1)),
        database.run(insert_and_fail),
        database.run(partial(insert, number=1)),
        database.run(partial(insert, number=2)),
        return_exceptions=True,
    )

    assert [type(outcome) for outcome in outcomes] == [int, ValueError, RecordsUnavailable, int]
    assert numbers(path) == [1, 2]
    database.close()


async def test_close_finishes_what_waits(tmp_path: Path) -> None:
    path = with_table(tmp_path / "records.db")
    database = Database(path)
    waiting = [asyncio.ensure_future(database.run(partial(insert, number=n))) for n in range(50)]
    await asyncio.sleep(0)

    database.close()

    assert numbers(path) == list(range(50))
    await asyncio.gather(*waiting)


async def test_a_caller_that_was_cancelled_disturbs_nobody(tmp_path: Path) -> None:
    database = Database(with_table(tmp_path / "records.db"))
    gone = asyncio.ensure_future(database.run(partial(insert, number=1)))
    await asyncio.sleep(0)
    gone.cancel()

    assert await database.run(partial(insert, number=2)) == 1
    database.close()


async def test_a_file_that_is_no_database_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "records.db"
    path.write_bytes(b"not a database" * 1000)

    with pytest.raises(RecordsUnavailable, match="LUCE_DATA"):
        Database(path)


async def test_a_locked_file_is_reported_and_works_again_later(tmp_path: Path) -> None:
    path = with_table(tmp_path / "records.db")
    database = Database(path)
    await database.run(lambda connection: connection.execute("PRAGMA busy_timeout = 1"))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(RecordsUnavailable):
        await database.run(partial(insert, number=1))
    other.execute("ROLLBACK")

    assert await database.run(partial(insert, number=2)) == 1
    assert numbers(path) == [2]
    other.close()
    database.close()


async def test_others_may_not_read_the_file(tmp_path: Path) -> None:
    path = tmp_path / "data" / "records.db"
    database = Database(path)

    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0
    database.close()


async def test_at_once_is_on_disk_and_fails_as_a_whole(tmp_path: Path) -> None:
    path = with_table(tmp_path / "records.db")
    database = Database(path)

    assert database.at_once(partial(insert, number=1)) == 1
    with pytest.raises(RecordsUnavailable):
        database.at_once(lambda connection: [insert(connection, 2), insert(connection, 1)])

    assert numbers(path) == [1]
    assert await database.run(partial(insert, number=2)) == 1
    database.close()
