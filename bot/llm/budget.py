"""Budgets: the tokens that a turn and a day may cost. A restart does not begin the day anew."""

import contextlib
import fcntl
import json
import logging
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

FILE = "llm-usage.json"
LEAST_ANSWER = 16  # tokens; with fewer left a call is not worth making
_ASCII_PER_TOKEN = 3

logger = logging.getLogger(__name__)


def tokens_in(text: str) -> int:
    """About how many tokens a text has, rather too many: one for a Chinese character, one for three ASCII letters."""
    ascii_letters = sum(map(str.isascii, text))
    return len(text) - ascii_letters + -(-ascii_letters // _ASCII_PER_TOKEN)


class Pool(Protocol):
    """Tokens that can be taken out and given back. Safe for threads."""

    def take(self, least: int, most: int) -> int:
        """Take as many as there are up to `most`; none, and 0 is returned, where there are fewer than `least`."""

    def give_back(self, tokens: int) -> None:
        """Put tokens back that were not used; a negative number takes out what was used beyond."""


class Turn:
    """The tokens of one turn."""

    def __init__(self, tokens: int) -> None:
        """Begin with so many."""
        self._left = tokens
        self._lock = threading.Lock()

    def take(self, least: int, most: int) -> int:
        """As `Pool.take`."""
        with self._lock:
            taken = min(most, self._left) if self._left >= least else 0
            self._left -= taken
            return taken

    def give_back(self, tokens: int) -> None:
        """As `Pool.give_back`."""
        with self._lock:
            self._left += tokens


CURRENT: ContextVar[Turn | None] = ContextVar("turn", default=None)


class Day:
    """The tokens of a day, kept in a file that processes share; in memory where there is none, or it cannot be kept."""

    def __init__(self, tokens: int, now: Callable[[], datetime], file: Path | None) -> None:
        """Allow so many a day, as `now` tells it. The file is made when the first are taken."""
        self._tokens, self._now, self._file = tokens, now, file
        self._lock = threading.Lock()
        self._day, self._used = "", 0

    @property
    def used(self) -> int:
        """What today has cost so far."""
        with self._alone():
            return self._used

    def take(self, least: int, most: int) -> int:
        """As `Pool.take`."""
        with self._alone():
            left = self._tokens - self._used
            taken = min(most, left) if left >= least else 0
            self._keep(self._used + taken)
            return taken

    def give_back(self, tokens: int) -> None:
        """As `Pool.give_back`."""
        with self._alone():
            self._keep(max(0, self._used - tokens))

    def _keep(self, used: int) -> None:
        self._used = used
        if not self._file:
            return
        beside = self._file.with_name(f"{self._file.name}.{secrets.token_hex(4)}")
        try:
            beside.write_text(json.dumps({"day": self._day, "tokens": used}), "utf-8")
            beside.replace(self._file)
        except OSError:
            logger.warning("%s cannot be written: the day's tokens are counted in memory alone", self._file.name)
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)

    def _look(self) -> None:
        """Take over what the file says of today; where it says nothing of today, what is in memory holds."""
        today = self._now().date().isoformat()
        if today != self._day:
            self._day, self._used = today, 0
        if not self._file:
            return
        try:
            kept = json.loads(self._file.read_text("utf-8"))
            if kept["day"] == today:
                self._used = max(0, int(kept["tokens"]))
        except FileNotFoundError:
            return
        except (OSError, ValueError, LookupError, TypeError):
            logger.warning("%s cannot be read: the day's tokens are counted from memory", self._file.name)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other threads and processes out, and know what they did."""
        with self._lock, _locked(self._file):
            self._look()
            yield


@contextlib.contextmanager
def _locked(file: Path | None) -> Iterator[None]:
    """Hold a lock beside the file, if that can be."""
    lock = None
    if file:
        with contextlib.suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = os.open(file.with_name(f"{file.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if lock is not None:
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        if lock is not None:
            os.close(lock)


@dataclass(frozen=True, slots=True)
class Grant:
    """Tokens set aside for one call: those of the message, and what is left for the answer."""

    asked: int
    answer: int
    pools: tuple[Pool, ...]

    def settle(self, used: int) -> None:
        """Say what the call cost: the rest goes back."""
        for pool in self.pools:
            pool.give_back(self.asked + self.answer - used)


def grant(asked: int, most: int, pools: tuple[Pool, ...]) -> Grant | None:
    """Set tokens aside for a message of so many tokens and its answer, `most` in all; None where too few are left."""
    least, taken = asked + LEAST_ANSWER, most
    held: list[tuple[Pool, int]] = []
    for pool in pools:
        taken = pool.take(least, taken) if taken >= least else 0
        held.append((pool, taken))
        if not taken:
            break
    for pool, tokens in held:  # a later pool may hold less than an earlier one
        pool.give_back(tokens - taken)
    return Grant(asked, taken - asked, pools) if taken else None
