"""The circuit breaker: an endpoint that fails again and again is left alone for a while, then tried once."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

FAILURES = 5  # in a row
REST = 30.0  # seconds


@dataclass(frozen=True, slots=True)
class Breaker:
    """How an endpoint has done: failures in a row, since when it is left alone, and whether one call tries it again.

    Times are seconds of any clock that only goes forward.
    """

    failures: int = 0
    opened: float | None = None
    trying: bool = False

    def lets_pass(self, at: float) -> bool:
        """Whether a call may be made."""
        return self.opened is None or (not self.trying and at - self.opened >= REST)

    def passed(self) -> "Breaker":
        """After a call was let pass: where the breaker is open, it is the one that tries."""
        return self if self.opened is None else replace(self, trying=True)

    def failed(self, at: float) -> "Breaker":
        """After a call failed."""
        failures = self.failures + 1
        return Breaker(failures, at if failures >= FAILURES else None)

    def succeeded(self) -> "Breaker":
        """After a call succeeded: as new."""
        return Breaker()


class Switch:
    """A breaker that threads share."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """Begin closed."""
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._state = Breaker()

    def enter(self) -> bool:
        """Whether a call may be made; whoever is let in must say how it went."""
        with self._lock:
            if not self._state.lets_pass(self._monotonic()):
                return False
            self._state = self._state.passed()
            return True

    def leave(self, *, well: bool) -> None:
        """Say how a call went."""
        with self._lock:
            self._state = self._state.succeeded() if well else self._state.failed(self._monotonic())
