"""`luce check`: the mistakes in policy folders, the answers of staff and wording files, one a line."""

from collections.abc import Iterable
from pathlib import Path

import click

import bot.nlg.wording
import calculators
from bot.app import open_nlu_reader
from bot.cli import wording
from bot.cli.context import today, training_news
from bot.evaluation.data_checks import duplicates, folder_problems, load_answers, load_each, wording_problems
from bot.service import explanation as explaining
from bot.settings import Settings
from knowledge.curated import CuratedAnswer
from knowledge.errors import PolicyFolderError
from knowledge.library import Dossier, Library

WORDING_FILES = (
    *(bot.nlg.wording.WORDING, explaining.WORDING, wording.WORDING),
    Path(calculators.__path__[0]) / "wording.yaml",
)


def check(folders: Iterable[Path], against: Path | None = None) -> int:
    """Print the problems and return 1, or a summary and 0.

    The answers of staff are those of the desk, so they are checked with its own policies and with no others. Examples
    that are nearly a question of the files `against` are problems, too: such questions would test nothing.
    """
    settings, folders = Settings.from_env(), tuple(folders)
    dossiers, problems = load_each(folders or (settings.policies,), settings.issued)
    answers: tuple[CuratedAnswer, ...] = ()
    single = dossiers[0] if not (folders or problems) else None
    problems += [problem for dossier in dossiers for problem in folder_problems(dossier)]
    if single and settings.curated_file.exists():
        answers, wrong = _answers(settings, single)
        problems += wrong
    near = [line for dossier in dossiers for line in duplicates(dossier, against)] if against else []
    problems += wording_problems(WORDING_FILES)
    if problems or near:
        click.echo("\n".join(" ".join(problem.split()) for problem in (*problems, *near)))
        if near:
            click.echo(f"{len(near)} examples are nearly a question of {against}")
        return 1
    for answer in answers:
        if not answer.holds_on(today()):
            click.echo(
                f"note: {answer.path.name}:{answer.line}: {answer.question!r} was valid until {answer.valid_until}"
            )
    click.echo(_summary(dossiers, answers))
    return 0


def _answers(settings: Settings, dossier: Dossier) -> tuple[tuple[CuratedAnswer, ...], list[str]]:
    """The answers of staff with their mistakes; none where examples cannot be used, and so nothing can be read."""
    with training_news() as tell:
        try:
            reader = open_nlu_reader(dossier, settings, tell=tell)
        except PolicyFolderError:
            return (), []
    return load_answers(settings.curated_file, Library([dossier]), reader)


def _summary(dossiers: list[Dossier], answers: tuple[CuratedAnswer, ...]) -> str:
    benefits = sum(len(dossier.benefits) for dossier in dossiers)
    clauses = sum(len(dossier.policy.sentences) for dossier in dossiers)
    measures = sum(len(dossier.policy.measures) for dossier in dossiers)
    examples = sum(len(benefit.examples) for dossier in dossiers for benefit in dossier.benefits.values())
    noun = "policy" if len(dossiers) == 1 else "policies"
    return (
        f"ok: {len(dossiers)} {noun}, {measures} measures, {clauses} clauses, {benefits} benefits, "
        f"{examples} worked examples" + (f", {len(answers)} curated answers" if answers else "")
    )
