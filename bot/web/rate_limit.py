"""Rate limits per caller, as a token bucket."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

MOST_BODY = 64 * 1024  # bytes
_MOST_CALLERS = 10_000


@dataclass(frozen=True, slots=True)
class RateLimit:
    """So many requests a minute in the long run, and so many at once."""

    per_minute: float
    at_once: int


TOKEN_PACE = RateLimit(1200, 120)  # a page that searches while somebody types asks up to ten times a second
ADDRESS_PACE = RateLimit(240, 60)  # somebody who is not known: a page to sign in, with what it is made of
ASK_PACE = RateLimit(20, 20)  # the public, unless the settings say otherwise


class RateLimiter:
    """Lets requests of each caller through at a pace; callers that were quiet for longest are forgotten first."""

    def __init__(self, pace: RateLimit, timer: Callable[[], float] = time.monotonic) -> None:
        """Every caller may start with a full load."""
        self._gap = 60.0 / pace.per_minute
        self._slack = self._gap * pace.at_once
        self._timer = timer
        self._due: OrderedDict[str, float] = OrderedDict()  # when each would be back at the pace, in seconds

    def wait(self, caller: str) -> float:
        """Count a request: 0 lets it through, else it is refused, and the seconds after which one will not be."""
        now = self._timer()
        due = max(self._due.get(caller, now), now) + self._gap
        if due - now > self._slack + 1e-9:
            return due - now - self._slack
        self._due[caller] = due
        self._due.move_to_end(caller)
        while len(self._due) > _MOST_CALLERS:
            self._due.popitem(last=False)
        return 0.0
