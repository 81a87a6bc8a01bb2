"""`luce faq build`: the FAQ of the policy as files."""

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import click

from bot.app import App
from bot.cli.context import now, open_desk, today
from bot.cli.errors import NoSuchName
from bot.cli.wording import phrase
from bot.faq.asked_questions import Asked, asked_by_many
from bot.faq.building import Choice, audience_named, build
from bot.faq.entry import Faq
from bot.faq.formats import FORMATS
from bot.records.exporting import NotExported, written_whole
from bot.records.record_reader import open_reader
from bot.records.schema import FILE

EVERYBODY = phrase("faq_everybody")
_NAME = "faq"
_PUBLIC = 0o644  # it is there to be published


def write_faq(
    out: Path, forms: Sequence[str], audiences: Sequence[str], most: int | None, as_of: date | None, *, force: bool
) -> None:
    """Build the FAQ and write a file for each form into a folder, which is made if need be.

    Raises:
        NoSuchName: there is no such audience.
        NotExported: a file exists or cannot be written.
        RecordsUnavailable: there are records of earlier questions, and they cannot be read.
    """
    with open_desk() as app:
        wanted = _audiences(app, audiences)
        paths = {form: out / f"{_NAME}.{form}" for form in forms}
        _check_free(out, paths.values(), force=force)
        faq = build(app.desk, app.version, as_of or today(), asked=_asked(app), choice=Choice(wanted, most))
        for form, path in paths.items():
            with written_whole(path, replace=force) as file:
                file.write(FORMATS[form](faq))
            path.chmod(_PUBLIC)
            click.echo(path)
        _tell(app, faq)


def _audiences(app: App, names: Sequence[str]) -> tuple[str, ...]:
    """The audiences that the names mean; none means everybody."""
    if EVERYBODY in names:
        return ()
    dossier = app.library.main
    found = {name: audience_named(dossier, name) for name in names}
    if unknown := [name for name, audience in found.items() if audience is None]:
        known = ", ".join((*dossier.lexicon.audiences, EVERYBODY))
        raise NoSuchName(f"there is no audience {', '.join(unknown)}; use one of {known}")
    return tuple(dict.fromkeys(audience for audience in found.values() if audience))


def _check_free(out: Path, paths: Iterable[Path], *, force: bool) -> None:
    """See that the files can be written before time is spent on making them.

    Raises:
        NotExported: one is there already, or the folder cannot be made.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotExported(f"{out} cannot be made a folder: {error.strerror or error}") from error
    there = [str(path) for path in paths if path.exists()]
    if there and not force:
        raise NotExported(f"{', '.join(there)} exists; choose another folder, or replace it by --force")


def _asked(app: App) -> tuple[Asked, ...]:
    """What people asked, where any records are kept."""
    if not (app.settings.data / FILE).is_file():
        return ()
    with open_reader(app.settings.data, now().tzinfo) as reader:
        return asked_by_many(reader.between(None, None), app.desk.reader)


def _tell(app: App, faq: Faq) -> None:
    """Say how much there is, and which parts of the policy nothing speaks of."""
    quoted = {quotation.clause for entry in faq.entries for quotation in entry.quotations}
    dossier = app.library.main
    measures = [m for m in dossier.policy.measures.values() if any(clause.id in quoted for clause in m.clauses)]
    benefits = [b for b in dossier.benefits.values() if quoted & set(b.clauses)]
    counts = {"entries": len(faq.entries), "measures": len(measures), "benefits": len(benefits)}
    whole = {"all_measures": len(dossier.policy.measures), "all_benefits": len(dossier.benefits)}
    click.echo(phrase("faq_built", **counts, **whole), err=True)
