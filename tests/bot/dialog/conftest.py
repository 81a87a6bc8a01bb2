from collections.abc import Callable
from datetime import date

import pytest

from bot.app import App
from bot.dialog.manager import Manager
from bot.nlg.turn import Conversation, Turn
from bot.nlu.reading import Reader
from bot.service.desk import Desk
from knowledge.library import Dossier

DAY = date(2026, 11, 23)
Talk = Callable[..., tuple[Turn, ...]]


@pytest.fixture(scope="session")
def dossier(app: App) -> Dossier:
    return app.library.main


@pytest.fixture(scope="session")
def manager(app: App) -> Manager:
    return app.desk.manager


@pytest.fixture(scope="session")
def reader(app: App) -> Reader:
    return app.desk.reader


@pytest.fixture(scope="session")
def talk(app: App) -> Talk:
    """Plays messages as one conversation and gives its turns."""

    def play(*messages: str, as_of: date = DAY, by: Desk | None = None) -> tuple[Turn, ...]:
        conversation = Conversation()
        for message in messages:
            conversation = conversation.then((by or app.desk).respond(conversation, message, as_of=as_of))
        return conversation.turns

    return play
