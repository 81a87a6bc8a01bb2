"""What request handlers depend on, built once at the start."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from bot.records.journal import Journal
from bot.service.answer import AnswerBackend
from bot.service.answer_service import AnswerService
from bot.service.version import AnswerVersion
from bot.settings import Settings
from calculators.registry import Calculator
from knowledge.library import Dossier
from retrieval.lexical import LexicalIndex


@dataclass(frozen=True)
class WebContext:
    """The policy with its calculator, whoever answers questions, and the account of what was answered.

    `search` ranks the sentences of `dossier.policy.sentences` by their words alone: fast enough to search while typing.
    """

    settings: Settings
    dossier: Dossier
    calculator: Calculator
    search: LexicalIndex
    answering: AnswerBackend
    journal: Journal
    edition: AnswerVersion
    clock: Callable[[], datetime]

    @cached_property
    def service(self) -> AnswerService:
        """Answers questions and records the answers."""
        return AnswerService(self.answering, self.journal)
