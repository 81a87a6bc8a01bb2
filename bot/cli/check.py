"""`luce check`: the mistakes in policy folders and wording files, one a line."""

from collections.abc import Iterable
from pathlib import Path

import click

import bot.wording
import calculators
from bot.checks import folder_problems, load_each, wording_problems
from bot.cli import wording
from bot.settings import Settings

WORDING_FILES = (bot.wording.WORDING, Path(calculators.__path__[0]) / "wording.yaml", wording.WORDING)


def check(folders: Iterable[Path]) -> int:
    """Print the problems and return 1, or a summary and 0."""
    settings = Settings.from_env()
    dossiers, problems = load_each(tuple(folders) or (settings.policies,), settings.issued)
    problems += [problem for dossier in dossiers for problem in folder_problems(dossier)]
    problems += wording_problems(WORDING_FILES)
    if problems:
        click.echo("\n".join(" ".join(problem.split()) for problem in problems))
        return 1
    benefits = sum(len(dossier.benefits) for dossier in dossiers)
    clauses = sum(len(dossier.policy.sentences) for dossier in dossiers)
    measures = sum(len(dossier.policy.measures) for dossier in dossiers)
    examples = sum(len(benefit.examples) for dossier in dossiers for benefit in dossier.benefits.values())
    noun = "policy" if len(dossiers) == 1 else "policies"
    click.echo(
        f"ok: {len(dossiers)} {noun}, {measures} measures, {clauses} clauses, {benefits} benefits, "
        f"{examples} worked examples"
    )
    return 0
