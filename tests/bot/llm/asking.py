"""Asking a model in tests: a clock that only sleeping moves, and the failure that a question ends in."""

from dataclasses import dataclass, field
from datetime import datetime

import pytest

from bot.llm.clocks import CHINA, Clocks
from bot.llm.model import LanguageModel, ModelFailed
from tests.bot.llm.scripted import Reply, Script, in_order


@dataclass
class Time:
    """A clock that only sleeping moves."""

    at: float = 0.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds

    @property
    def clocks(self) -> Clocks:
        return Clocks(lambda: datetime(2026, 3, 2, tzinfo=CHINA), lambda: self.at, self.sleep, lambda: 0.5)


def failure_of(model: LanguageModel) -> ModelFailed:
    with pytest.raises(ModelFailed) as failure:
        model.say("system", "研发投入")
    return failure.value


def by_turns(first: Reply | str, then: Reply | str, times: int) -> Script:
    return in_order(*[first] * times, then)
