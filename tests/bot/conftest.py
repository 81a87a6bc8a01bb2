import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from bot.app import App, build_app
from bot.dialog.manager import Manager
from bot.nlg.turn import Conversation, Turn
from bot.nlu.reading import Reader
from bot.service.desk import Desk
from bot.settings import Settings
from knowledge.library import BUNDLED, Dossier

ROOT = Path(__file__).parents[2]
TINY = Path(__file__).parent / "nlu" / "tiny.yaml"
DAY = date(2026, 11, 23)
Talk = Callable[..., tuple[Turn, ...]]
Luce = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def anyio_backend() -> str:
    """The loop that coroutines of tests run in."""
    return "asyncio"


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache folder for the whole run: the index is built once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def luce_environ(cache: Path) -> dict[str, str]:
    """The environment of a fresh machine, without the variables of the developer's own."""
    return {"PATH": "/usr/bin:/bin", "HOME": str(cache), "LUCE_CACHE": str(cache), "LANG": "C"}


@pytest.fixture(scope="session")
def luce(luce_environ: dict[str, str]) -> Luce:
    """Runs `luce` as a process of its own."""

    def run(
        *args: str | bytes, stdin: bytes = b"", environ: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "bot.cli", *args],
            input=stdin,
            capture_output=True,
            cwd=ROOT,
            env=luce_environ | (environ or {}),
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def tiny_policies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled policy with a few examples in place of its own: models of them are trained in a second or two."""
    policies = tmp_path_factory.mktemp("tiny")
    folder = policies / "xiamen-sti-measures"
    shutil.copytree(BUNDLED / "xiamen-sti-measures", folder, ignore=shutil.ignore_patterns("examples"))
    (folder / "examples").mkdir()
    shutil.copyfile(TINY, folder / "examples" / "tiny.yaml")
    return policies


@pytest.fixture(scope="session")
def tiny_app(cache: Path, tiny_policies: Path) -> App:
    """A desk whose models were learnt from the few examples."""
    return build_app(Settings(cache=cache, policies=tiny_policies))


@pytest.fixture(scope="session")
def app(cache: Path) -> App:
    return build_app(Settings(cache=cache))


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
