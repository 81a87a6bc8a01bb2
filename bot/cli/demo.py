"""`luce demo`: five questions that show what the desk does."""

from datetime import date

import click

from bot.cli.context import open_desk, today
from bot.cli.display import show_note, show_turn
from bot.cli.wording import phrase
from bot.service.sessions import Sessions

QUESTIONS = ("demo_sum", "demo_follow_up", "demo_inverse", "demo_fact", "demo_refusal")


def demo(as_of: date | None) -> None:
    """Print the questions with their answers, as one conversation."""
    with open_desk() as app:
        sessions = Sessions(app.desk)
        for number, key in enumerate(QUESTIONS, start=1):
            question = phrase(key)
            show_note(phrase("demo_asks", number=number, question=question))
            click.echo()
            show_turn(sessions.ask("demo", question, as_of=as_of or today()))
            click.echo()
