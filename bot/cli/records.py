"""`luce records`: the account of answers, as a list or as a file."""

import sys
import time
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import click

from bot.cli.context import now
from bot.cli.wording import phrase
from bot.records.exporting import Format, write, written_whole
from bot.records.journal import Record
from bot.records.record_reader import open_reader
from bot.settings import Settings

_PATIENCE, _EVERY = 1.0, 0.2  # seconds until it is told how far an export is, and between two such lines
_LONGEST_MESSAGE = 60


def show(day: date | None, most: int) -> None:
    """Print the latest records, newest first.

    Raises:
        RecordsUnavailable: the records cannot be read.
    """
    with open_reader(Settings.from_env().data, now().tzinfo) as reader:
        records = reader.latest(day, most)
    if not records:
        click.echo(phrase("records_none"), err=True)
    for record in records:
        entry = record.entry
        message = " ".join(entry.said.message.split())
        short = message if len(message) <= _LONGEST_MESSAGE else f"{message[:_LONGEST_MESSAGE]}..."
        about = {"at": f"{entry.at:%Y-%m-%d %H:%M:%S}", "channel": entry.channel, "outcome": entry.reply.outcome}
        click.echo(phrase("records_line", record=record.id, message=short, **about))


def export(form: Format, path: Path, since: date | None, until: date | None, *, force: bool) -> None:
    """Write the records from one day to another into a file.

    Raises:
        RecordsUnavailable: the records cannot be read.
        NotExported: the file exists, or cannot be written.
    """
    header = phrase("records_columns").split(",")
    with open_reader(Settings.from_env().data, now().tzinfo) as reader:
        count = reader.count(since, until)
        with written_whole(path, replace=force) as file:
            write(_told(reader.between(since, until), count), file, form, header)
    click.echo(phrase("records_exported", count=count, path=path), err=True)


def _told(records: Iterable[Record], total: int) -> Iterator[Record]:
    """The records, while a terminal shows how many are done once that takes long."""
    begun = told = time.monotonic()
    shown = False
    for done, record in enumerate(records):
        yield record
        at = time.monotonic()
        if sys.stderr.isatty() and at - begun > _PATIENCE and at - told > _EVERY:
            click.echo(f"\r{phrase('records_progress', done=done, total=total)}", nl=False, err=True)
            told, shown = at, True
    if shown:
        click.echo("\r\033[K", nl=False, err=True)
