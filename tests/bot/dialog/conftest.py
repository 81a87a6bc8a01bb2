from collections.abc import Callable
from datetime import date

import pytest

from bot.app import App
from bot.dialog.manager import Manager
from bot.dialog.turn import Conversation, Turn
from bot.dialog.understanding import Understander
from bot.dialog.vocabulary import Vocabulary, load_vocabulary
from knowledge.library import Dossier

DAY = date(2026, 11, 23)
Talk = Callable[..., tuple[Turn, ...]]


@pytest.fixture(scope="session")
def dossier(app: App) -> Dossier:
    return app.library.main


@pytest.fixture(scope="session")
def manager(app: App) -> Manager:
    return app.manager


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    return load_vocabulary()


@pytest.fixture(scope="session")
def understander(manager: Manager) -> Understander:
    return manager.understander


@pytest.fixture(scope="session")
def talk(manager: Manager) -> Talk:
    """Plays messages as one conversation and gives its turns."""

    def play(*messages: str, as_of: date = DAY, by: Manager | None = None) -> tuple[Turn, ...]:
        conversation = Conversation()
        for message in messages:
            conversation = conversation.then((by or manager).respond(conversation, message, as_of=as_of))
        return conversation.turns

    return play
