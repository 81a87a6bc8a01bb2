"""A phraser: who words finished answers, and where one comes from."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from bot.nlg.block import Block
from bot.nlg.draft_answer import DraftAnswer, draft_answer_of
from bot.service.desk import Turn
from bot.settings import Settings


class Rewriter(Protocol):
    """Words finished answers; `events` counts what became of them."""

    events: Counter[str]

    def phrase(self, finished: DraftAnswer) -> tuple[Block, ...]:
        """The answer worded better, or as it was."""
        ...


def open_rewriter(settings: Settings) -> Rewriter | None:
    """The language model as a phraser, where one is configured for that; else None, and nothing of it is loaded."""
    if not settings.model_allowed or "phrasing" not in settings.llm.uses:
        return None
    from bot.llm.model import open_model  # noqa: PLC0415 (what is behind it is heavy; most desks have no model)
    from bot.llm.rewriting import LlmRewriter as LanguagePhraser  # noqa: PLC0415
    from bot.records.masking import Masking  # noqa: PLC0415

    model = open_model(settings, Masking.for_policies(settings.policies))
    return LanguagePhraser(model) if model else None


def rewriting(phraser: Rewriter | None) -> Callable[[Turn], Turn]:
    """What words turns where nobody else waits; without a phraser they stay as they are."""

    def word(turn: Turn) -> Turn:
        return turn if phraser is None else replace(turn, blocks=phraser.phrase(draft_answer_of(turn)))

    return word
