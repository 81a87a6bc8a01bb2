"""Clock, sleep and random source of the limits, injected for tests."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))


def _now() -> datetime:
    return datetime.now(CHINA)


@dataclass(frozen=True, slots=True)
class Clocks:
    """`now` tells the day, `monotonic` and `sleep` are in seconds, `chance` gives a number from 0 to 1."""

    now: Callable[[], datetime] = _now
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = field(default_factory=lambda: secrets.SystemRandom().random)
