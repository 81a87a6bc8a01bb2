"""A rewriter for tests: it words what may be worded as it is told, as quickly as it is let."""

import time
from collections import Counter
from dataclasses import dataclass, field

from bot.nlg.block import Block
from bot.nlg.draft_answer import DraftAnswer

WORDS = "您好，这一条是这样规定的："
CLAUSE = "每满200万元给予10万元补助"


@dataclass
class ScriptedRewriter:
    """Puts `words` in the place of the lead; while it is `held`, it is not done."""

    words: str = WORDS
    held: bool = False
    seen: list[DraftAnswer] = field(default_factory=list)
    events: Counter[str] = field(default_factory=Counter)

    def rewrite(self, finished: DraftAnswer) -> tuple[Block, ...]:
        self.seen.append(finished)
        while self.held:
            time.sleep(0.005)
        return finished.led_by(self.words)
