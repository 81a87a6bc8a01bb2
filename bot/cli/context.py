"""What commands that answer share: settings, the desk, the day, progress of a slow start."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta, timezone

import click

from bot.app import App, build_app, open_llm_reader
from bot.cli.error_handling import keep_log
from bot.cli.wording import phrase
from bot.nlu.models import Tell
from bot.settings import Settings

PATIENCE = 1.0  # seconds that building the index may take unannounced
_STAGES = {
    **{"waiting": "training_waiting", "vectors": "training_vectors", "message": "training_message"},
    **{"topic": "training_topic", "role": "training_role"},
}
_CHINA = timezone(timedelta(hours=8))


def now() -> datetime:
    """The time in China: the only clock of the command line."""
    return datetime.now(_CHINA)


def today() -> date:
    """The day in China."""
    return now().date()


@contextmanager
def open_desk(*, asks_model: bool = False) -> Iterator[App]:
    """The parts of the desk as the environment sets them up; slow building and training show on standard error.

    `asks_model`: a language model that is configured for it is asked where the rules are at a loss.

    Raises:
        PolicyBotError: a policy folder, a rule or a setting is wrong.
    """
    settings = Settings.from_env()
    keep_log(settings.cache)
    news = BuildingNews()
    try:
        llm = open_llm_reader(settings) if asks_model else None
        with training_news() as tell:
            app = build_app(settings, progress=news.tell, llm=llm, tell=tell)
        yield app
    finally:
        news.close()


@contextmanager
def training_news() -> Iterator[Tell]:
    """What hears how far the training of models is, and says so on standard error."""
    news = TrainingNews()
    try:
        yield news.tell
    finally:
        news.close()


class BuildingNews:
    """Says on standard error how far the index is once building takes over a second: on a terminal by a bar."""

    def __init__(self) -> None:
        """Say nothing yet."""
        self._since: float | None = None
        self._bar: _Bar | None = None
        self._told = False

    def tell(self, done: int, total: int) -> None:
        """Take note that so many of all clauses are in the index."""
        now = time.monotonic()
        self._since = now if self._since is None else self._since
        if not self._told and now - self._since >= PATIENCE:
            self._told = True
            if sys.stderr.isatty():
                self._bar = _Bar(total)
            else:
                click.echo(phrase("building"), err=True)
        if self._bar:
            self._bar.show(done)
        if done >= total:
            self.close()

    def close(self) -> None:
        """Take the bar away."""
        if self._bar:
            self._bar.remove()
        self._bar, self._since = None, None


class TrainingNews:
    """Says on standard error how far training is once it takes over a second: a bar a stage, or a line where it begins.

    Stages may run at the same time, and tell from threads of their own.
    """

    def __init__(self) -> None:
        """Say nothing yet."""
        self._lock = threading.Lock()
        self._since: float | None = None
        self._bars: dict[str, _Bar] = {}
        self._told: set[str] = set()

    def tell(self, stage: str, done: int, total: int) -> None:
        """Take note that so much of a stage is done; `waiting` for another process is told at once."""
        with self._lock:
            now = time.monotonic()
            self._since = now if self._since is None else self._since
            if stage != "waiting" and now - self._since < PATIENCE:
                return
            if sys.stderr.isatty():
                self._bars.setdefault(stage, _Bar(total, _STAGES[stage])).show(done)
                if done >= total:
                    self._bars.pop(stage).remove()
            elif stage not in self._told:
                click.echo(phrase(_STAGES[stage]), err=True)
            self._told.add(stage)

    def close(self) -> None:
        """Take the bars away."""
        with self._lock:
            for bar in self._bars.values():
                bar.remove()
            self._bars.clear()


class _Bar:
    def __init__(self, total: int, key: str = "building") -> None:
        from rich.console import Console  # noqa: PLC0415 (most runs never show a bar)
        from rich.progress import Progress  # noqa: PLC0415

        self._progress = Progress(console=Console(stderr=True), transient=True)
        self._task = self._progress.add_task(phrase(key), total=total)
        self._progress.start()

    def show(self, done: int) -> None:
        self._progress.update(self._task, completed=done)

    def remove(self) -> None:
        self._progress.stop()
