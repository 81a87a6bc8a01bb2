"""Rate limit of messages to one person."""

from aiolimiter import AsyncLimiter

_FEW = 256  # persons of whom account is kept before it is looked for idle ones


class SendRateLimiter:
    """Keeps what one person is sent below what WeCom delivers: it drops the 31st message of a minute without a word.

    The 1,001st of an hour is dropped as well. Ten at once and then one in 3.7 seconds are at most 26 in a minute and
    983 in an hour.
    """

    def __init__(self, most: float = 10, seconds: float = 37) -> None:
        """`most` messages at once, and as many again within each `seconds`."""
        self._most = most
        self._seconds = seconds
        self._limiters: dict[str, AsyncLimiter] = {}
        self._tidy_at = _FEW

    async def turn(self, person: str) -> None:
        """Return when the next message may go out."""
        await self._of(person).acquire()

    def free(self, person: str) -> bool:
        """Whether a message may go out at once."""
        return self._of(person).has_capacity()

    def __len__(self) -> int:
        """How many persons account is kept of."""
        return len(self._limiters)

    def _of(self, person: str) -> AsyncLimiter:
        if person not in self._limiters:
            if len(self._limiters) >= self._tidy_at:
                self._forget_idle()
            self._limiters[person] = AsyncLimiter(self._most, self._seconds)
        return self._limiters[person]

    def _forget_idle(self) -> None:
        """Keep those who were written to lately; look again when there are twice as many."""
        self._limiters = {who: each for who, each in self._limiters.items() if not each.has_capacity(self._most)}
        self._tidy_at = max(_FEW, 2 * len(self._limiters))
