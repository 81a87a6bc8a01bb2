"""Scores with and without a language model, as a Markdown table. It measures and never asserts.

python benchmarks/models.py [--real] [--cache FOLDER] [FOLDER ...]

Every question of `tests/questions`, of the freer ones and of the folders given is put to the desk without a model, with
one that helps to understand, and with one that also words the answers. The model is the scripted one of the tests,
which guesses by the likeness of characters; with `--real` it is the one that the settings name (LUCE_LLM_URL and so
on). Last come two readers that no desk should have: one that lies as well as it can, and one that breaks.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bot.app import App, build_app  # noqa: E402 (the path above lets the benchmark run without being installed)
from bot.evaluation.scoring import Score, percent, question_files  # noqa: E402
from bot.llm.model import LanguageModel, open_model  # noqa: E402
from bot.records.masking import Masking  # noqa: E402
from bot.service.sessions import Responder  # noqa: E402
from bot.settings import Settings  # noqa: E402
from tests.bot.llm.ways import FREE, WAYS, Broken, Liar, by_way, desk, mediocre, scored  # noqa: E402
from tests.bot.test_questions import SETS, about_sums  # noqa: E402

NOWHERE = "from nowhere"


def main() -> None:
    """Print the table and what became of the calls."""
    parser = argparse.ArgumentParser(description="Scores with and without a language model.")
    parser.add_argument("folders", nargs="*", type=Path, help="more folders with YAML files of questions")
    parser.add_argument("--real", action="store_true", help="ask the model that the settings name")
    parser.add_argument("--cache", type=Path, help="where the index is kept, for a second run")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        app = build_app(Settings(cache=options.cache or Path(folder)))
        with real() if options.real else mediocre(Path(folder)) as model:
            show(app, model, [*SETS, FREE, *options.folders])


def real() -> AbstractContextManager[LanguageModel]:
    """The model of the settings, until the end."""
    settings = Settings.from_env()
    model = open_model(settings, Masking.for_policies(settings.policies))
    if model is None:
        raise SystemExit("no model: set LUCE_LLM_URL and LUCE_LLM_MODEL, and LUCE_OFFLINE=0")
    return nullcontext(model)


def show(app: App, model: LanguageModel, sets: Sequence[Path]) -> None:
    """Print one row for each set: right answers of all, wrong sums and figures from nowhere of all ways."""
    liar = Liar(app)
    responders: dict[str, Responder] = {way: by_way(way, app, model) for way in WAYS}
    responders |= {"a liar": desk(app, liar), "a broken one": desk(app, Broken())}
    print(f"| questions | asked | {' | '.join(responders)} | wrong sums | figures from nowhere |")
    print(f"|---|{'---:|' * (len(responders) + 3)}")
    for folder in sets:
        scores = [
            [scored(path, responder, app) for path in question_files(folder)] for responder in responders.values()
        ]
        every = [score for each in scores for score in each]
        cells = [f"{sum(each.right for each in row)} ({percent(row):.1f} %)" for row in scores]
        asked = sum(each.asked for each in scores[0])
        sums, figures = count(every, about_sums_of), count(every, figures_of)
        print(f"| {folder.stem} | {asked} | {' | '.join(cells)} | {sums} | {figures} |", flush=True)
    print(f"\nThe liar was asked {liar.asked} times. Calls of the model: {dict(model.events)}.")


def about_sums_of(score: Score) -> list[str]:
    """What is wrong with sums."""
    return [reason for failure in score.failures for reason in about_sums(failure)]


def figures_of(score: Score) -> list[str]:
    """Figures that come from nowhere."""
    return [reason for failure in score.failures for reason in failure.reasons if NOWHERE in reason]


def count(scores: Sequence[Score], wrong: Callable[[Score], Sequence[str]]) -> int:
    """How many things of one kind are wrong."""
    return sum(len(wrong(score)) for score in scores)


if __name__ == "__main__":
    main()
