"""Questions: the sets of `tests/questions`, played through the desk and judged by what each reply must be."""

from datetime import date
from pathlib import Path

import pytest

from bot.app import App
from bot.evaluation.scoring import Failure, Row, Score, percent, question_files, read_rows, score_file
from bot.nlg.turn import Turn
from bot.service.sessions import Sessions

DAY = date(2026, 11, 23)
QUESTIONS = Path(__file__).parents[1] / "questions"
SETS = sorted(path for path in QUESTIONS.iterdir() if path.is_dir())
FILES = [path for folder in SETS for path in question_files(folder)]
LEAST_PERCENT = 98
OF_SUMS = ("is not computed", " exact, not ", " at_most, not ", "where nothing is due", "total ")
OFTEN = ("citizens", "voices")  # sets that every run plays; the others are played by the slow one
PLAYED: dict[Path, Score] = {}


def kept_apart(folder: Path, path: Path) -> object:
    """A parameter that is slow unless its set is played often."""
    name = folder.name if path is folder else f"{folder.name}-{path.stem}"
    return pytest.param(path, id=name, marks=() if folder.name in OFTEN else pytest.mark.slow)


def score(app: App, path: Path) -> Score:
    """The score of a file, played once for all tests."""
    if path not in PLAYED:
        PLAYED[path] = score_file(path, app.desk, app.library.main, DAY)
    return PLAYED[path]


def about_sums(failure: Failure) -> list[str]:
    return [reason for reason in failure.reasons if any(words in reason for words in OF_SUMS)]


def test_the_sets_are_there() -> None:
    assert {folder.name for folder in SETS} >= {"citizens", "hotline", "voices"}
    assert len(FILES) == 4 * len(SETS)
    assert sum(len(read_rows(path)) for path in FILES) > 800


@pytest.mark.parametrize("folder", [kept_apart(folder, folder) for folder in SETS])
def test_a_set_is_answered_right(app: App, folder: Path) -> None:
    scores = [score(app, path) for path in question_files(folder)]
    failures = [(failure.question, failure.reasons) for each in scores for failure in each.failures]

    assert sum(each.asked for each in scores) > 250
    assert percent(scores) >= LEAST_PERCENT, failures


@pytest.mark.parametrize("path", [kept_apart(path.parent, path) for path in FILES])
def test_every_amount_is_right(app: App, path: Path) -> None:
    failures = {failure.question: about_sums(failure) for failure in score(app, path).failures}

    assert {question: reasons for question, reasons in failures.items() if reasons} == {}


@pytest.mark.parametrize("path", [kept_apart(path.parent, path) for path in FILES])
def test_no_figure_comes_from_nowhere_and_every_quotation_is_verbatim(app: App, path: Path) -> None:
    failures = {
        f.question: [r for r in f.reasons if "from nowhere" in r or "does not say" in r]
        for f in score(app, path).failures
    }

    assert {question: reasons for question, reasons in failures.items() if reasons} == {}


@pytest.mark.slow
def test_the_guard_never_has_to_step_in(app: App) -> None:
    guarded = {turn.message: turn.guarded for path in FILES for turn in turns(app, read_rows(path)) if turn.guarded}

    assert guarded == {}


def turns(app: App, rows: tuple[Row, ...]) -> list[Turn]:
    sessions = Sessions(app.desk)
    return [sessions.ask(row.session, question.q, as_of=DAY) for row in rows for question in row.turns]
