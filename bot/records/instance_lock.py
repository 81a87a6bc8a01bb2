"""The instance lock: one serving process for a data folder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.records.database import RecordsUnavailable


@contextmanager
def single_instance(folder: Path) -> Iterator[None]:
    """Hold the folder; the lock goes with the process, however that ends.

    Raises:
        RecordsUnavailable: another process holds it, or the folder cannot be written.
    """
    path = folder / "serve.lock"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise RecordsUnavailable(f"{path} cannot be written: {error}; choose another folder by LUCE_DATA") from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise RecordsUnavailable(f"another `luce serve` works in {folder}; stop it, or set LUCE_DATA") from error
    else:
        yield
    finally:
        os.close(file)
