"""`luce check`: the mistakes in policy folders, the answers of staff and wording files, one a line."""

from collections.abc import Iterable
from pathlib import Path

import click

import bot.wording
import calculators
from bot.checks import folder_problems, load_answers, load_each, wording_problems
from bot.cli import wording
from bot.cli.desk import today
from bot.settings import Settings
from knowledge.curated import CuratedAnswer
from knowledge.library import Dossier, Library

WORDING_FILES = (bot.wording.WORDING, Path(calculators.__path__[0]) / "wording.yaml", wording.WORDING)


def check(folders: Iterable[Path]) -> int:
    """Print the problems and return 1, or a summary and 0.

    The answers of staff are those of the desk, so they are checked with its own policies and with no others.
    """
    settings, folders = Settings.from_env(), tuple(folders)
    dossiers, problems = load_each(folders or (settings.policies,), settings.issued)
    answers: tuple[CuratedAnswer, ...] = ()
    if not (folders or problems):
        answers, problems = load_answers(settings.curated_file, Library(dossiers))
    problems += [problem for dossier in dossiers for problem in folder_problems(dossier)]
    problems += wording_problems(WORDING_FILES)
    if problems:
        click.echo("\n".join(" ".join(problem.split()) for problem in problems))
        return 1
    for answer in answers:
        if not answer.holds_on(today()):
            click.echo(
                f"note: {answer.path.name}:{answer.line}: {answer.question!r} was valid until {answer.valid_until}"
            )
    click.echo(_summary(dossiers, answers))
    return 0


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
