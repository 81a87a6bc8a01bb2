"""One SQLite file with one thread that works on it. Operations that wait at the same time are committed together."""

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from knowledge.errors import PolicyBotError

T = TypeVar("T")
Operation = Callable[[sqlite3.Connection], T]
_MOST_TOGETHER = 500


class RecordsUnavailable(PolicyBotError):
    """The file of records cannot be opened, read or written."""


class Database:
    """What is run here is on disk when `run` returns: the commit waits for the file system.

    One fsync serves all operations that arrived while the last one was under way, so that hundreds a second fit.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, or make it; nobody else on the machine may read it.

        Raises:
            RecordsUnavailable: it is no such file, or the folder cannot be written.
        """
        self.path = path
        self._busy = threading.Lock()
        self._waiting: queue.SimpleQueue[_Task[Any] | None] = queue.SimpleQueue()
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            path.chmod(0o600)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute("PRAGMA busy_timeout = 5000")
            self._connection.execute("PRAGMA secure_delete = ON")  # what is dropped is overwritten
        except (OSError, sqlite3.Error) as error:
            raise RecordsUnavailable(f"{path} cannot be opened: {error}; choose another folder by LUCE_DATA") from error
        self._thread = threading.Thread(target=self._work, name="records", daemon=True)
        self._thread.start()

    async def run(self, operation: Operation[T]) -> T:
        """What the operation returns, after its changes are on disk.

        Raises:
            RecordsUnavailable: the file could not be read or written; nothing of the operation was kept.
        """
        task = _Task(operation, asyncio.get_running_loop())
        self._waiting.put(task)
        return await task.outcome

    def at_once(self, operation: Operation[T]) -> T:
        """What the operation returns, after its changes are on disk; it blocks, so it is for the start of a desk alone.

        Raises:
            RecordsUnavailable: the file could not be read or written.
        """
        with self._busy:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                outcome = operation(self._connection)
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                raise RecordsUnavailable(f"{self.path}: {error}; look at the disk that holds it") from error
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
            return outcome

    def close(self) -> None:
        """Finish what waits, and close the file."""
        self._waiting.put(None)
        self._thread.join()
        self._connection.close()

    def _work(self) -> None:
        open_for_more = True
        while open_for_more:
            tasks, open_for_more = self._together()
            with self._busy:
                self._commit(tasks)

    def _together(self) -> tuple[list["_Task[Any]"], bool]:
        """The tasks that wait now, at least one; False with the last ones."""
        tasks: list[_Task[Any]] = []
        task = self._waiting.get()
        while task is not None:
            tasks.append(task)
            if len(tasks) == _MOST_TOGETHER:
                return tasks, True
            try:
                task = self._waiting.get_nowait()
            except queue.Empty:
                return tasks, True
        return tasks, False

    def _commit(self, tasks: list["_Task[Any]"]) -> None:
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            for task in tasks:
                task.attempt(connection)
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            for task in tasks:
                task.fail(RecordsUnavailable(f"{self.path}: {error}; look at the disk that holds it"))
        for task in tasks:
            task.tell()


class _Task(Generic[T]):
    """An operation, what came of it, and the loop that waits for it."""

    def __init__(self, operation: Operation[T], loop: asyncio.AbstractEventLoop) -> None:
        self.outcome: asyncio.Future[T] = loop.create_future()
        self._operation = operation
        self._loop = loop
        self._result: T | None = None
        self._error: BaseException | None = None

    def attempt(self, connection: sqlite3.Connection) -> None:
        """Run the operation so that its failure undoes nothing but its own changes."""
        connection.execute("SAVEPOINT operation")
        try:
            self._result = self._operation(connection)
        except sqlite3.Error as error:
            self._error = RecordsUnavailable(f"the records could not be read or written: {error}")
            connection.execute("ROLLBACK TO operation")
        except Exception as error:  # noqa: BLE001 (whoever waits gets it)
            self._error = error
            connection.execute("ROLLBACK TO operation")
        connection.execute("RELEASE operation")

    def fail(self, error: RecordsUnavailable) -> None:
        self._error = error

    def tell(self) -> None:
        """Wake whoever waits; a loop that is gone waits no more."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._resolve)

    def _resolve(self) -> None:
        if self.outcome.cancelled():
            return
        if self._error is not None:
            self.outcome.set_exception(self._error)
        else:
            self.outcome.set_result(cast("T", self._result))
