"""`luce eval`: question files scored against the desk itself."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from bot.cli.context import open_desk, today
from bot.cli.display import make_console
from bot.evaluation.scoring import Score, last_line, percent, question_files, read_rows, score_file


def evaluate(folder: Path, as_of: date | None, *, show: bool, floor: float | None) -> int:
    """Print the scores of all question files of a folder; return 1 if fewer than `floor` percent are right, else 0.

    Raises:
        MalformedQuestions: a row cannot be used; then nothing was asked.
    """
    paths = question_files(folder)
    for path in paths:
        read_rows(path)
    scores: list[Score] = []
    with open_desk() as app:
        for path in paths:
            score = score_file(path, app.desk, app.library.main, as_of or today())
            scores.append(score)
            if show:
                _show_failures(score)
    _show_table(scores)
    click.echo(last_line(scores))
    return 1 if floor is not None and percent(scores) < floor else 0


def _show_failures(score: Score) -> None:
    for failure in score.failures:
        click.echo(f"[{score.name}] {failure.row}: {' '.join(failure.question.split())}")
        click.echo(f"   -> {failure.outcome}: {' '.join(failure.text.split())[:160]}")
        click.echo(f"   !! {'; '.join(failure.reasons)}")


def _show_table(scores: Sequence[Score]) -> None:
    from rich import box  # noqa: PLC0415 (the questions are scored before a table is needed)
    from rich.table import Table  # noqa: PLC0415

    table = Table("questions", box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("right", "asked", "%"):
        table.add_column(heading, justify="right")
    for score in scores:
        table.add_row(score.name, str(score.right), str(score.asked), f"{percent([score]):.1f}")
    make_console().print(table)
