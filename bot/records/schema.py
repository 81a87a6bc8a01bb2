"""The tables of the records: SQL files that are applied in order, each once and wholly or not at all."""

import fcntl
import glob
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from bot.records.database import Database, RecordsUnavailable

FILE = "luce.db"
MIGRATIONS = Path(__file__).with_name("migrations")
_APPLIED = "_yoyo_migration"


def open_records(folder: Path) -> Database:
    """The records of a folder, made or brought up to date if need be.

    Raises:
        RecordsUnavailable: the file cannot be opened or written, or a newer desk made it.
    """
    database = Database(folder / FILE)
    try:
        if database.at_once(is_behind):
            with _alone(folder):
                _migrate(database)
    except BaseException:
        database.close()
        raise
    return database


def is_behind(connection: sqlite3.Connection) -> bool:
    """Whether tables are wanting in a file.

    Raises:
        RecordsUnavailable: it has tables that this desk does not know.
    """
    known = {path.stem for path in MIGRATIONS.glob("*.sql")}
    has_any = connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (_APPLIED,)).fetchone()
    applied = set()
    if has_any:
        applied = {each for (each,) in connection.execute(f"SELECT migration_id FROM {_APPLIED}")}  # noqa: S608
    if newer := applied - known:
        steps = ", ".join(sorted(newer))
        raise RecordsUnavailable(f"the records were made by a newer luce ({steps}); use that one, or set LUCE_DATA")
    return applied != known


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the tables of a folder; others wait. The lock goes with the process, however that ends."""
    try:
        file = os.open(folder / "schema.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise RecordsUnavailable(f"{folder} cannot be written: {error}; choose another by LUCE_DATA") from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)


def _migrate(database: Database) -> None:
    from yoyo import read_migrations  # noqa: PLC0415 (wanted once in the life of a file)
    from yoyo.backends.core.sqlite3 import SQLiteBackend  # noqa: PLC0415
    from yoyo.connections import DatabaseURI  # noqa: PLC0415
    from yoyo.migrations import default_migration_table  # noqa: PLC0415

    place = DatabaseURI("sqlite", None, None, None, None, quote(str(database.path)), {})
    try:
        with SQLiteBackend(place, default_migration_table) as backend:
            backend.init_database()
            backend.break_lock()  # whoever held it is gone: we hold the folder
            with backend.lock():
                for migration in backend.to_apply(read_migrations(glob.escape(str(MIGRATIONS)))):
                    with backend.transaction():
                        migration.process_steps(backend, "apply")
                        backend.mark_one(migration, log=False)
    except sqlite3.Error as error:
        raise RecordsUnavailable(f"{database.path} cannot be brought up to date: {error}") from error
