"""Readings: single messages in many words, and what the desk takes from each (`tests/cases/readings.yaml`)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel, ConfigDict

from bot.app import App
from bot.dialog.manager import Manager
from bot.dialog.reply import CalculatedAnswer, Reply, SlotQuestion, citations_of
from bot.nlg.turn import Turn
from calculators.calculation import Calculation, NeedsSlots

Talk = Callable[..., tuple[Turn, ...]]
FILE = Path(__file__).parents[2] / "cases" / "readings.yaml"


class Row(BaseModel):
    """One message, and what must be seen of it; what is None is not looked at."""

    model_config = ConfigDict(extra="forbid")

    say: str
    outcome: str
    before: tuple[str, ...] = ()
    values: dict[str, str] | None = None
    amounts: dict[str, int | None] | None = None
    pending: str | None = None
    benefits: tuple[str, ...] | None = None
    lead: str | None = None
    measures: tuple[int, ...] | None = None

    @property
    def name(self) -> str:
        return " | ".join((*self.before, self.say))


ROWS = [Row.model_validate(row) for row in yaml.safe_load(FILE.read_text(encoding="utf-8"))]


def test_the_rows_are_there() -> None:
    assert len(ROWS) > 160
    assert len({row.name for row in ROWS}) == len(ROWS)


def test_every_benefit_has_a_message(app: App) -> None:
    named = {benefit for row in ROWS for benefit in row.benefits or ()}

    assert named == set(app.library.main.benefits)


def test_every_title_of_a_benefit_names_it_alone(app: App, talk: Talk) -> None:
    titles = {benefit.id: benefit.title for benefit in app.library.main.benefits.values()}

    assert len(titles) == 15
    assert {name: talk(title)[0].state.topics for name, title in titles.items()} == {name: (name,) for name in titles}


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_a_message_is_read_as_it_is_meant(talk: Talk, manager: Manager, row: Row) -> None:
    turn = talk(*row.before, row.say)[-1]

    found = seen(turn, manager)
    expected = row.model_dump(include=row.model_fields_set - {"say", "before"})
    assert {key: found[key] for key in expected} == expected, turn.text
    assert turn.outcome == "needs_input" or turn.state.pending is None
    assert turn.guarded == ()


def seen(turn: Turn, manager: Manager) -> dict[str, Any]:
    """What a row can look at."""
    known = manager.dossier.benefits
    return {
        "outcome": turn.outcome,
        "values": {
            f"{value.slot}#{value.group}" if value.group else value.slot: manager.calculation.show(value)
            for value in turn.state.values
        },
        "amounts": amounts(turn.reply),
        "pending": turn.state.pending,
        "benefits": tuple(topic for topic in turn.state.topics if topic in known),
        "lead": key_of(turn.reply),
        "measures": tuple(sorted({c.clause.measure for c in citations_of(turn.reply) if c.clause.measure})),
    }


def amounts(reply: Reply) -> dict[str, int | None] | None:
    """Whole yuan by benefit; None for one that is not due."""
    if not isinstance(reply, CalculatedAnswer):
        return None
    return {
        outcome.benefit_id: int(outcome.amount) if isinstance(outcome, Calculation) else None
        for outcome in reply.portfolio.outcomes
        if not isinstance(outcome, NeedsSlots)
    }


def key_of(reply: Reply) -> str | None:
    """The key of the sentence that leads a reply."""
    if isinstance(reply, SlotQuestion):
        return reply.ask.key
    remark = getattr(reply, "lead", None) or getattr(reply, "reason", None)
    return remark.key if remark else None
