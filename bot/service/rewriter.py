"""Rewriters: they put the lead of a draft answer into other words."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from bot.nlg.block import Block
from bot.nlg.draft_answer import DraftAnswer, draft_answer_of
from bot.nlg.turn import Turn


class Rewriter(Protocol):
    """Words finished answers; `events` counts what became of them."""

    events: Counter[str]

    def rewrite(self, finished: DraftAnswer) -> tuple[Block, ...]:
        """The answer worded better, or as it was."""
        ...


def rewriting(rewriter: Rewriter | None) -> Callable[[Turn], Turn]:
    """What words turns where nobody else waits; without a rewriter they stay as they are."""

    def word(turn: Turn) -> Turn:
        return turn if rewriter is None else replace(turn, blocks=rewriter.rewrite(draft_answer_of(turn)))

    return word
