"""`luce ask`: one question for a person, or JSON lines for a program."""

import sys
from datetime import date

import click

from bot.app import open_rewriter
from bot.cli.context import open_desk, today
from bot.cli.display import show_note, show_turn
from bot.cli.jsonl import serve
from bot.dialog.state import State
from bot.nlg.turn import Conversation
from bot.service.contract import AskReply, AskRequest, reply_of
from bot.service.explained_reply import explained
from bot.service.explanation import explain_turn, rows_of, text_of_rows
from bot.service.rewriter import rewriting
from bot.service.sessions import Sessions

_LONGEST_QUESTION = 2**20  # bytes; the desk reads the beginning alone


def answer_one(text: str | None, as_of: date | None, *, as_json: bool, explains: bool = False) -> None:
    """Print the reply to one question, and how it was read if wanted; None reads it from standard input."""
    question = _piped() if text is None else as_typed(text)
    with open_desk(asks_model=True) as app:
        turn = app.desk.respond(Conversation(), question, as_of=as_of or today())
        turn = rewriting(open_rewriter(app.settings))(turn)
        explanation = explain_turn(app.desk, State(), question, as_of or today()) if explains else None
        if as_json:
            reply = reply_of(turn, "", dict(app.library.main.benefits))
            click.echo((explained(reply, explanation) if explanation else reply).model_dump_json(indent=2))
            return
        show_turn(turn)
        if explanation:
            show_note("\n" + text_of_rows(rows_of(explanation, app.library.main)))


def answer_lines(as_of: date | None) -> None:
    """Answer JSON lines from standard input until it ends."""
    with open_desk(asks_model=True) as app:
        sessions, word = Sessions(app.desk), rewriting(open_rewriter(app.settings))

        def answer(request: AskRequest) -> AskReply:
            turn = sessions.ask(request.session, request.text, as_of=request.as_of or as_of or today())
            return reply_of(word(turn), request.session, dict(app.library.main.benefits))

        serve(sys.stdin.buffer, sys.stdout.buffer, answer)


def as_typed(argument: str) -> str:
    """An argument as UTF-8 text; under a locale such as C, Python hands over its bytes in disguise."""
    try:
        return argument.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    except UnicodeEncodeError:
        return argument


def _piped() -> str:
    return sys.stdin.buffer.read(_LONGEST_QUESTION).decode("utf-8", "replace")
