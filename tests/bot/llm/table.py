"""The tables of leads: what a model might say, and whether it may."""

from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple

from bot.app import App
from bot.nlg.draft_answer import DraftAnswer, draft_answer_of
from bot.nlg.turn import Conversation
from knowledge.datafile import read_yaml

Finish = Callable[[str], DraftAnswer]
DAY = date(2026, 11, 23)
HERE = Path(__file__).parent
INCUBATORS, SPENDING = "孵化器有什么支持？", "今年研发费用800万，去年600万，能补多少？"
POINTING = "您问的内容，文件是这样规定的："


class Worded(NamedTuple):
    """A lead that a model gives to an answer, and what is to be objected to it."""

    ask: str
    text: str
    wrong: frozenset[str] = frozenset()


def named(row: Worded) -> str:
    """How a test with that row is called."""
    return row.text[:40]


def finishing(app: App) -> Finish:
    """What gives the answer of the real desk to a first message."""

    @cache
    def answer(message: str) -> DraftAnswer:
        return draft_answer_of(app.desk.respond(Conversation(), message, as_of=DAY))

    return answer


def table(name: str) -> list[Worded]:
    """The leads of a file."""
    rows = read_yaml(HERE / name)
    assert isinstance(rows, list)
    return [Worded(row["ask"], row["text"], frozenset(row.get("wrong", ()))) for row in rows]


LIES = [
    *table("lies.yaml"),
    Worded(INCUBATORS, POINTING * 700_000, frozenset({"long"})),
    Worded(INCUBATORS, "\n".join(["文件是这样写的。"] * 5_000), frozenset({"long"})),
    Worded(INCUBATORS, POINTING + " " * 10_000_000 + "保证", frozenset({"long"})),
    Worded(INCUBATORS, "相关" * 149 + "的是：", frozenset({"long"})),
    Worded("你好", POINTING, frozenset({"kind"})),
    Worded("北京有什么政策", POINTING, frozenset({"kind"})),
    Worded("研发费用今年1200万，能补多少？", POINTING, frozenset({"kind"})),
    Worded("研发费用要多少才能拿满500万", POINTING, frozenset({"kind"})),
]
HONEST = table("honest.yaml")
