"""Pending replies of an AI bot: polls that wait for an answer, and answers that wait for a poll."""

import asyncio
import contextlib
from dataclasses import dataclass, field

_KEPT = 3600.0  # seconds


@dataclass
class PendingReply:
    """An answer on its way: `ready` once it is known, `fetched` once it is out. `sentence` is shown until then."""

    polled: float
    source_id: str = ""
    sentence: str = ""
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    fetched: asyncio.Event = field(default_factory=asyncio.Event)

    async def becomes_ready(self, seconds: float) -> None:
        """Return once the answer is known, or the seconds have passed."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.ready.wait()

    async def is_fetched(self, seconds: float) -> bool:
        """Whether the answer is fetched before so many seconds pass without a poll."""
        loop = asyncio.get_running_loop()
        while (left := self.polled + seconds - loop.time()) > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self.fetched.wait()
                    return True
        return self.fetched.is_set()


class PendingReplies:
    """The exchanges under way, by the number of the answer."""

    def __init__(self) -> None:
        """None is under way."""
        self._known: dict[int, PendingReply] = {}

    def about(self, number: int) -> PendingReply:
        """The exchange about an answer, begun or gone on with now."""
        now = asyncio.get_running_loop().time()
        exchange = self._known.setdefault(number, PendingReply(now))
        exchange.polled = now
        return exchange

    def tell(self, source_id: str, sentence: str) -> None:
        """Show a sentence to whoever waits for the answer to a message."""
        for exchange in self._known.values():
            if exchange.source_id == source_id:
                exchange.sentence = sentence

    def end(self, number: int) -> None:
        """Drop an exchange, and what late polls left behind of others."""
        self._known.pop(number, None)
        oldest = asyncio.get_running_loop().time() - _KEPT
        self._known = {each: exchange for each, exchange in self._known.items() if exchange.polled > oldest}
