"""What every command that answers needs: the settings, the parts of the desk, the day and the news of a slow start."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta, timezone

import click

from bot.app import App, build_app, open_reader
from bot.cli.boundary import keep_log
from bot.cli.wording import phrase
from bot.settings import Settings

PATIENCE = 1.0  # seconds that building the index may take unannounced
_CHINA = timezone(timedelta(hours=8))


def now() -> datetime:
    """The time in China: the only clock of the command line."""
    return datetime.now(_CHINA)


def today() -> date:
    """The day in China."""
    return now().date()


@contextmanager
def open_desk(*, asks_model: bool = False) -> Iterator[App]:
    """The parts of the desk as the environment sets them up; a slow building of the index shows on standard error.

    `asks_model`: a language model that is configured for it is asked where the rules are at a loss.

    Raises:
        PolicyBotError: a policy folder, a rule or a setting is wrong.
    """
    settings = Settings.from_env()
    keep_log(settings.cache)
    news = BuildingNews()
    try:
        reader = open_reader(settings) if asks_model else None
        yield build_app(settings, progress=news.tell, reader=reader)
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


class _Bar:
    def __init__(self, total: int) -> None:
        from rich.console import Console  # noqa: PLC0415 (most runs never show a bar)
        from rich.progress import Progress  # noqa: PLC0415

        self._progress = Progress(console=Console(stderr=True), transient=True)
        self._task = self._progress.add_task(phrase("building"), total=total)
        self._progress.start()

    def show(self, done: int) -> None:
        self._progress.update(self._task, completed=done)

    def remove(self) -> None:
        self._progress.stop()
