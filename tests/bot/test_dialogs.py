"""Scripted conversations: what is said, and what kind of reply, amounts, open question and place it must lead to."""

from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from bot.app import App
from bot.nlg.turn import Conversation, Turn
from bot.service.contract import AskReply, reply_of

DAY = date(2026, 11, 23)
DIALOGS = Path(__file__).parents[1] / "dialogs"
EXPECTED = {"outcome", "amounts", "pending", "measure", "section", "text"}


class Script(NamedTuple):
    """One conversation as it is written down."""

    name: str
    turns: list[dict[str, Any]]


def scripts() -> list[Script]:
    files = sorted(DIALOGS.glob("*.yaml"))
    return [Script(**row) for path in files for row in yaml.safe_load(path.read_text(encoding="utf-8"))]


SCRIPTS = scripts()


def test_the_scripts_are_there_and_well_formed() -> None:
    names = [script.name for script in SCRIPTS]

    assert len(names) >= 20
    assert len(set(names)) == len(names)
    assert all(turn.keys() == {"say", "expect"} for script in SCRIPTS for turn in script.turns)
    assert all(turn["expect"].keys() <= EXPECTED for script in SCRIPTS for turn in script.turns)
    assert all("outcome" in turn["expect"] or "text" in turn["expect"] for script in SCRIPTS for turn in script.turns)


@pytest.mark.parametrize("script", SCRIPTS, ids=[script.name for script in SCRIPTS])
def test_a_conversation_goes_as_it_is_written(app: App, script: Script) -> None:
    conversation = Conversation()
    for number, line in enumerate(script.turns, start=1):
        turn = app.desk.respond(conversation, line["say"], as_of=DAY)
        conversation = conversation.then(turn)
        reply = reply_of(turn, script.name, dict(app.library.main.benefits))

        found = seen(line["expect"], turn, reply)

        assert found == line["expect"], f"turn {number}: {line['say']}\n{turn.text}"
        assert turn.guarded == ()


def seen(expect: dict[str, Any], turn: Turn, reply: AskReply) -> dict[str, Any]:
    """What the reply holds of that which is expected, in the form of the script."""
    amounts = {calculation.benefit: calculation.amount for calculation in reply.calculations}
    found: dict[str, Any] = {"outcome": reply.outcome, "pending": turn.state.pending}
    found["amounts"] = {name: amounts.get(name, "not computed") for name in expect.get("amounts", {})}
    measures = {citation.measure for citation in reply.citations} - {None}
    found["measure"] = expect.get("measure") if expect.get("measure") in measures else sorted(m for m in measures if m)
    headings = [citation.heading for citation in reply.citations]
    found["section"] = expect.get("section") if any(str(expect.get("section")) in h for h in headings) else headings
    found["text"] = expect.get("text") if str(expect.get("text")) in turn.text else turn.text
    return {key: found[key] for key in expect}
