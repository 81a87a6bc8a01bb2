"""Scores: the sets of questions and freer ones, without a model, with it, and with models that lie or break."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.app import App
from bot.evaluation.scoring import REFUSALS, Score, percent
from bot.llm.model import LanguageModel
from tests.bot.llm.ways import FREE, WAYS, Broken, Liar, by_way, desk, mediocre, sample, scored
from tests.bot.test_questions import FILES, about_sums

pytestmark = pytest.mark.slow

REFUSED = [path for path in FILES if path.stem == REFUSALS]
ONE_OF = {"understanding": 3, "both": 12}  # conversations that are asked here; the benchmark asks all
NOWHERE = ("from nowhere", "does not say")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageModel]:
    with mediocre(tmp_path_factory.mktemp("data")) as opened:
        yield opened


@pytest.fixture(scope="module")
def without(app: App) -> Score:
    """The score of the freer questions without a model."""
    return scored(FREE, app.desk, app)


def wrong(score: Score) -> dict[str, tuple[str, ...]]:
    return {failure.question: failure.reasons for failure in score.failures}


@pytest.mark.parametrize("way", WAYS[1:])
def test_no_set_is_answered_worse_with_a_model(app: App, model: LanguageModel, way: str, tmp_path: Path) -> None:
    files = [sample(path, ONE_OF[way], tmp_path) for path in FILES]
    for path in files:
        plain, read = scored(path, app.desk, app), scored(path, by_way(way, app, model), app)

        assert plain.asked > 0
        assert set(wrong(read)) <= set(wrong(plain)), path
        assert all(set(about_sums(failure)) <= set(wrong(plain)[failure.question]) for failure in read.failures)
        assert not [r for reasons in wrong(read).values() for r in reasons if any(words in r for words in NOWHERE)]


@pytest.mark.parametrize("way", WAYS[1:])
def test_freer_questions_are_answered_better_with_a_model(
    app: App, model: LanguageModel, without: Score, way: str
) -> None:
    read = scored(FREE, by_way(way, app, model), app)

    assert set(wrong(read)) <= set(wrong(without))
    assert not [r for reasons in wrong(read).values() for r in reasons if any(words in r for words in NOWHERE)]


def test_most_messages_are_never_shown_to_a_model(app: App, model: LanguageModel, without: Score) -> None:
    reader = Liar(app)
    lying = desk(app, reader)
    asked = sum(scored(path, lying, app).asked for path in REFUSED)

    assert asked > 250
    assert reader.asked < asked / 20
    free = scored(FREE, lying, app)
    assert reader.asked < (asked + free.asked) / 10


@pytest.mark.parametrize("path", REFUSED, ids=[path.parent.name for path in REFUSED])
def test_a_reader_that_lies_or_breaks_has_no_refused_question_of_the_sets_answered(app: App, path: Path) -> None:
    plain = scored(path, app.desk, app)

    assert scored(path, desk(app, Liar(app)), app) == plain
    assert scored(path, desk(app, Broken()), app) == plain


def test_a_reader_that_lies_has_no_freer_question_answered_that_should_be_refused(app: App, without: Score) -> None:
    refused = {
        f.question for f in scored(FREE, desk(app, Liar(app)), app).failures if "not not_covered" in f.reasons[0]
    }

    assert refused == set()
    assert scored(FREE, desk(app, Broken()), app) == without


def test_the_freer_questions_are_hard(without: Score) -> None:
    assert without.asked >= 60
    assert 30 < percent([without]) < 70
