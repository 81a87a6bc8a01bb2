"""`luce chat`: a conversation on a terminal, or with whatever comes on standard input."""

import contextlib
import sys
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date

import click

from bot.app import App, open_rewriter
from bot.cli import measures
from bot.cli.context import open_desk, today
from bot.cli.display import show_note, show_text, show_turn
from bot.cli.error_handling import record, writable
from bot.cli.wording import phrase
from bot.dialog.state import State
from bot.nlg.rendering import cited
from bot.service.explanation import explain_turn, rows_of, text_of_rows
from bot.service.rewriter import rewriting
from bot.service.sessions import Sessions
from knowledge.errors import PolicyBotError

_SESSION = "chat"
_LONGEST_LINE = 2**20  # bytes; the desk reads the beginning alone


def chat(as_of: date | None) -> None:
    """Talk until the input ends or the person leaves."""
    with open_desk(asks_model=True) as app:
        talk = Chat(app, as_of)
        on_terminal = sys.stdin.isatty()
        if on_terminal:
            show_note(phrase("welcome", title=app.library.main.facts.title))
        for line in _typed_lines(app) if on_terminal else _piped_lines():
            if not talk.hear(line):
                break
            click.echo()
        if on_terminal:
            show_note(phrase("goodbye"))


class Chat:
    """One conversation. No turn that fails ends it."""

    def __init__(self, app: App, as_of: date | None) -> None:
        """Start without a word said."""
        self._app = app
        self._as_of = as_of
        self._sessions = Sessions(app.desk)
        self._word = rewriting(open_rewriter(app.settings))
        self._commands: dict[str, Callable[[str], None]] = {
            "/help": lambda _: show_note(phrase("help")),
            "/why": lambda _: self._why(),
            "/explain": lambda _: self._explain(),
            "/reset": lambda _: self._reset(),
            "/measures": self._measures,
            "/contact": lambda _: self._contact(),
            "/faq": lambda _: self._menu(),
        }

    def hear(self, line: str) -> bool:
        """Answer one line; False where the person wants to leave."""
        command, _, rest = unicodedata.normalize("NFKC", line[:_LONGEST_LINE]).strip().partition(" ")
        if command in ("/quit", "/exit"):
            return False
        try:
            if command in self._commands:
                self._commands[command](rest.strip())
            elif command.startswith("/"):
                show_note(phrase("unknown_command", command=command))
            else:
                self._answer(line)
        except KeyboardInterrupt:
            show_note(phrase("stopped"))
        except BrokenPipeError:
            raise
        except PolicyBotError as error:
            show_note(phrase("chat_failed", problem=error))
        except Exception as error:  # noqa: BLE001 (one turn failed; the conversation goes on)
            show_note(phrase("chat_failed", problem=phrase("chat_failed_log", path=record(error))))
        return True

    def _answer(self, words: str) -> None:
        show_turn(self._word(self._sessions.ask(_SESSION, words, as_of=self._as_of or today())))

    def _why(self) -> None:
        """Show the steps of the last sum, with the clauses that they rest on."""
        if not self._sessions.conversation(_SESSION).state.outcomes:
            show_note(phrase("no_sum_yet"))
            return
        self._answer(phrase("why_question"))

    def _explain(self) -> None:
        """Show how the last message was read, in the light of what went before it."""
        turns = self._sessions.conversation(_SESSION).turns
        if not turns:
            show_note(phrase("no_turn_yet"))
            return
        before = turns[-2].state if len(turns) > 1 else State()
        explanation = explain_turn(self._app.desk, before, turns[-1].message, self._as_of or today())
        show_note(text_of_rows(rows_of(explanation, self._app.library.main)))

    def _reset(self) -> None:
        self._sessions.forget(_SESSION)
        show_note(phrase("forgotten"))

    def _menu(self) -> None:
        """Show the questions that most people ask."""
        self._answer(phrase("menu_question"))

    def _measures(self, number: str) -> None:
        policy = self._app.library.main.policy
        if not number:
            show_text(measures.text_of(policy, None))
        elif number.isdecimal() and len(number) < 9 and int(number) in policy.measures:
            show_text(measures.text_of(policy, int(number)))
        else:
            show_note(phrase("no_such_measure", number=number, most=max(policy.measures)))

    def _contact(self) -> None:
        dossier = self._app.library.main
        contact = dossier.facts.contact
        places = dict.fromkeys((contact.office.clause, contact.telephone.clause))
        citations = tuple(dossier.cite(place) for place in places)
        show_text(cited(citations), [citation.label for citation in citations])


def _piped_lines() -> Iterator[str]:
    while line := sys.stdin.buffer.readline(_LONGEST_LINE):
        yield line.decode("utf-8", "replace").rstrip("\r\n")


def _typed_lines(app: App) -> Iterator[str]:
    """What a person types, with line editing; the history stays in the cache folder if that can be written."""
    from prompt_toolkit import PromptSession  # noqa: PLC0415 (a fifth of a second that pipes need not wait)
    from prompt_toolkit.history import FileHistory, History, InMemoryHistory  # noqa: PLC0415

    path = writable(app.settings.cache, "history")
    history: History = InMemoryHistory()
    if path:
        path.touch(mode=0o600)
        history = FileHistory(str(path))
    session: PromptSession[str] = PromptSession(history=history)
    while True:
        with contextlib.suppress(KeyboardInterrupt):
            try:
                line = session.prompt(phrase("prompt"))
            except EOFError:
                return
            if line.strip():
                yield line
